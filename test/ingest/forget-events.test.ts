import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY, type Instant } from '../../src/core/time.ts';
import { appendEvents, ensureEventMonths } from '../../src/ingest/event-log.ts';
import { forgetEvents } from '../../src/ingest/forget-events.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

const MAY = Date.UTC(2024, 4, 15);
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await ensureEventMonths(database.db, MAY);
});
afterAll(() => database.drop());

it('months that are over and older than events are kept go, and single events of other times', async () => {
  const { db } = database;
  const times = ['2023-01-01', '2024-03-20', '2024-04-01', '2024-04-30', '2024-05-15'].map((day) => Date.parse(day));
  await appendEvents(db, times.map(eventAt));
  expect(await forgetEvents(db, Date.UTC(2024, 4, 2))).toEqual(['events_2024_04']);
  const left = await db.selectFrom('events').select('occurred_at').orderBy('occurred_at').execute();
  expect(left.map(({ occurred_at }) => occurred_at.toISOString().slice(0, 10))).toEqual(['2024-05-15']);
  expect(await forgetEvents(db, Date.UTC(2024, 4, 15) + DAY)).toEqual([]);
});

function eventAt(at: Instant) {
  const receivedAt = new Date(at).toISOString();
  return {
    profileId: 1,
    name: 'Viewed',
    type: 'track' as const,
    byEngine: false,
    at,
    receivedAt,
    messageId: receivedAt,
    properties: {},
    context: {},
  };
}
