import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { watchDrift } from '../../src/measurement/drift.ts';
import { jsonb } from '../../src/store/columns.ts';
import { did, journey } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addRun } from './rows.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.drop());

const now = AT.getTime() + 200 * DAY;
let people = 0;

/** So many whose time was over this many weeks ago. */
async function week(ago: number, of: number, converted: number): Promise<void> {
  const enteredAt = new Date(now - 14 * DAY - ago * 7 * DAY - DAY);
  for (let index = 0; index < of; index += 1) {
    people += 1;
    const row = { journey: 'shop', person: `p${people}`, version: 'v1', enteredAt } as const;
    await addRun(database.db, { ...row, status: index < converted ? 'converted' : 'timed-out' });
  }
}

test('a conversion that fell is told, by those whose time is over; those under way do not count', async () => {
  const body = journey([], { key: 'shop', goal: did('Order Completed'), exit: { after: 14 * DAY, when: null } });
  await database.db
    .insertInto('journey_versions')
    .values({ hash: 'v1', key: 'shop', body: jsonb(body), first_published_at: AT })
    .execute();
  for (let ago = 1; ago <= 8; ago += 1) await week(ago, 40, 20 + (ago % 2));
  await week(0, 40, 21);
  await week(-1, 40, 0);
  const before = await watchDrift(database.db, [], now);
  expect(before).toMatchObject([{ what: 'conversion', key: 'shop', value: 21 / 40, drifts: false }]);
  const [after] = await watchDrift(database.db, [], now + 7 * DAY);
  expect(after).toMatchObject({ value: 0, drifts: true });
  expect(after?.expected?.value).toBeCloseTo(0.51, 1);
});

test('an audience that lost most of its members in a day is told', async () => {
  const { db } = database;
  const common = { audience: 'keen', cause: 'event', because: null, recorded_at: AT } as const;
  const change = (profile_id: number, entered: boolean, at: number) => ({
    ...common,
    profile_id,
    entered,
    at: new Date(at),
  });
  const entries = Array.from({ length: 200 }, (_, index) =>
    change(index, true, now - 20 * DAY + (index % 20) * 0.9 * DAY),
  );
  await db.insertInto('audience_changes').values(entries).execute();
  const states = entries.map(({ profile_id, at }) => ({
    ...{ profile_id, audience: 'keen', member: true, since: at, due_at: null },
  }));
  await db.insertInto('audience_states').values(states).execute();
  expect(await watchDrift(db, ['keen'], now)).toMatchObject([
    { what: 'audience', key: 'keen', value: 200, drifts: false },
  ]);
  const leaving = entries.slice(0, 150).map(({ profile_id }) => change(profile_id, false, now + DAY / 2));
  await db.insertInto('audience_changes').values(leaving).execute();
  await db.updateTable('audience_states').set({ member: false }).where('profile_id', '<', 150).execute();
  expect(await watchDrift(db, ['keen'], now + DAY)).toMatchObject([{ value: 50, drifts: true }]);
});

test('what has no history is watched without a word', async () => {
  expect(await watchDrift(database.db, ['keen'], now)).toEqual([
    { what: 'audience', key: 'keen', value: 0, expected: null, drifts: false },
  ]);
});
