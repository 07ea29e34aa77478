import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { putInInbox } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { type Processing, workLanes } from '../../src/process/process-lane.ts';
import { T0 } from '../core/build.ts';
import { inAppFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';

const PEOPLE = 600;
const DAYS = 2;
const LIMIT = 70;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test('on each day so many enter and not one more, however many lanes are worked on side by side', async () => {
  const { db } = database;
  const workspace = await workspaceOf({
    'settings.yaml': 'settings: test\ntimezone: America/New_York\nsender: Shop <shop@example.test>\n',
    'a.yaml': `journey: few\nenter: { event: Wanted, limit: ${LIMIT} per day, again: always }\nsteps: [{ in-app: note }]\n---\njourney: all\nenter: { event: Wanted }\nsteps: [{ in-app: note }]\n`,
    'note.yaml': inAppFile('note', 'note'),
  });
  await publish(db, workspace, new Date(T0));
  const clock = { now: () => T0 + 9 * DAY, wall: () => T0 + 9 * DAY, speed: 1 };
  // Half of them at 23:00 in New York, the others an hour later, which is another day there and the same in UTC.
  const at = (index: number) => new Date(T0 + DAY + 4 * HOUR + (index % DAYS) * HOUR).toISOString();
  await putInInbox(
    db,
    Array.from({ length: PEOPLE }, (_, index) => ({
      ...{ type: 'track' as const, name: 'Wanted', messageId: `m${index}`, userId: `u${index}` },
      ...{ properties: {}, context: {}, occurredAt: at(index), receivedAt: at(index) },
    })),
  );
  const work = async (lanes: readonly number[]) => {
    const processing: Processing = { db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
    while ((await workLanes(lanes, processing)) > 0);
  };
  await Promise.all([0, 1, 2, 3].map((first) => work([0, 4, 8, 12].map((step) => first + step))));

  const { rows: entered } = await sql<{ journey: string; day: string; count: number }>`
    select journey, (entered_at at time zone 'America/New_York')::date::text as day, count(*)::int as count
    from runs group by 1, 2 order by 1, 2
  `.execute(db);
  expect(entered).toEqual([
    { journey: 'all', day: '2024-01-01', count: PEOPLE / 2 },
    { journey: 'all', day: '2024-01-02', count: PEOPLE / 2 },
    { journey: 'few', day: '2024-01-01', count: LIMIT },
    { journey: 'few', day: '2024-01-02', count: LIMIT },
  ]);
  const { rows: refused } = await sql<{ reason: string; count: number }>`
    select reason, count(*)::int as count from entry_refusals group by 1
  `.execute(db);
  expect(refused).toEqual([{ reason: `${LIMIT} entered on that day, and more may not`, count: PEOPLE - 2 * LIMIT }]);
  const { rows: aside } = await sql`select from held_events`.execute(db);
  expect(aside).toEqual([]);
}, 60_000);
