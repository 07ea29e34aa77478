import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOverlap } from '../../src/audiences/overlap.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const since = new Date(0);
  const members = { payers: [1, 2, 3, 4], regulars: [3, 4, 5], loners: [9] };
  const rows = Object.entries(members).flatMap(([audience, ids]) =>
    ids.map((profile_id) => ({ profile_id, audience, member: true, since, due_at: null })),
  );
  // Somebody whom the clock will look at again is no member.
  rows.push({ profile_id: 5, audience: 'payers', member: false, since, due_at: null });
  await database.db.insertInto('audience_states').values(rows).execute();
});
afterAll(() => database.drop());

test('audiences are held against each other, pair by pair, the most alike first', async () => {
  expect(await readOverlap(database.db, ['payers', 'regulars', 'loners', 'nobody'])).toEqual({
    audiences: [
      { key: 'payers', size: 4 },
      { key: 'regulars', size: 3 },
      { key: 'loners', size: 1 },
      { key: 'nobody', size: 0 },
    ],
    pairs: [
      { a: 'payers', b: 'regulars', both: 2, ofA: 0.5, ofB: 2 / 3, jaccard: 2 / 5 },
      { a: 'payers', b: 'loners', both: 0, ofA: 0, ofB: 0, jaccard: 0 },
      { a: 'payers', b: 'nobody', both: 0, ofA: 0, ofB: 0, jaccard: 0 },
      { a: 'regulars', b: 'loners', both: 0, ofA: 0, ofB: 0, jaccard: 0 },
      { a: 'regulars', b: 'nobody', both: 0, ofA: 0, ofB: 0, jaccard: 0 },
      { a: 'loners', b: 'nobody', both: 0, ofA: 0, ofB: 0, jaccard: 0 },
    ],
  });
});

test('only what was asked for, in the order asked for', async () => {
  const { audiences, pairs } = await readOverlap(database.db, ['regulars', 'payers']);
  expect(audiences.map(({ key }) => key)).toEqual(['regulars', 'payers']);
  expect(pairs).toMatchObject([{ a: 'regulars', b: 'payers', both: 2, ofA: 2 / 3, ofB: 0.5 }]);
});
