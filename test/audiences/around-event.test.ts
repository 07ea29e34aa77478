import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AroundEvent, readAroundEvent } from '../../src/audiences/around-event.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { addEvents, addPerson } from './people.ts';

const START = Date.parse('2026-03-01T00:00:00Z');
const LIMIT = START + 10 * DAY;
const PERIOD = { event: 'Limit Reached', since: START, until: START + 30 * DAY, within: 30 * MINUTE };

let database: TestDatabase;
let found: AroundEvent;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  for (const userId of ['ada', 'eve']) {
    const id = await addPerson(db, userId);
    await addEvents(db, id, [
      { name: 'Export Started', at: LIMIT - 10 * MINUTE },
      { name: 'Export Started', at: LIMIT - 5 * MINUTE },
      { name: 'Limit Reached', at: LIMIT },
      { name: 'Page Viewed', type: 'page', properties: { name: 'Pricing' }, at: LIMIT + 29 * MINUTE },
      { name: 'Page Viewed', type: 'page', properties: { name: 'Late' }, at: LIMIT + 31 * MINUTE },
      { name: 'Email Opened', byEngine: true, at: LIMIT + MINUTE },
      { name: 'identify', type: 'identify', at: LIMIT + MINUTE },
      // A second time counts for nothing, and keeps its surroundings from being taken for other moments.
      { name: 'Limit Reached', at: LIMIT + 5 * DAY },
      { name: 'Only At The Second', at: LIMIT + 5 * DAY + MINUTE },
      // Other moments: a session on each of two days, in one of which there is an export after half a minute.
      { name: 'Signed In', at: LIMIT - 2 * DAY },
      { name: 'Signed In', at: LIMIT - 3 * DAY },
      ...(userId === 'ada' ? [{ name: 'Export Started', at: LIMIT - 2 * DAY - 20 * MINUTE }] : []),
    ]);
  }
  const quiet = await addPerson(db, 'quiet');
  await addEvents(db, quiet, [{ name: 'Limit Reached', at: LIMIT + HOUR }]);
  const never = await addPerson(db, 'never');
  await addEvents(db, never, [{ name: 'Export Started', at: LIMIT }]);
  found = await readAroundEvent(db, PERIOD);
});
afterAll(() => database.drop());

const of = (event: string) => found.events.find((one) => one.event === event);

test('everybody who did the event counts once, by the first time', () => {
  expect(found).toMatchObject({ people: 3, comparable: 2 });
  expect(of('Export Started')?.before).toMatchObject({ people: 2, share: 2 / 3 });
  expect(of('Export Started')?.after).toMatchObject({ people: 0, share: 0 });
  expect(of('Page Viewed: Pricing')?.after).toMatchObject({ people: 2 });
});

test('what lies outside of the window, what the engine reports and what only tells of the person do not count', () => {
  expect(found.events.map(({ event }) => event)).toEqual(['Page Viewed: Pricing', 'Export Started']);
});

test('against the same people’s other moments', () => {
  // Ada’s others: two sign-ins and an export; one of them has an export before it. Eve’s: two sign-ins, none.
  expect(of('Export Started')?.before.usually).toBeCloseTo((1 / 3 + 0) / 2, 10);
  expect(of('Page Viewed: Pricing')?.after.usually).toBe(0);
});

test('nobody did it: there is nothing to tell', async () => {
  expect(await readAroundEvent(database.db, { ...PERIOD, event: 'Never' })).toEqual({
    people: 0,
    comparable: 0,
    events: [],
  });
});
