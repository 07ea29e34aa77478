import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/store/database.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

let ours: TestDatabase;
let others: TestDatabase;

beforeAll(async () => {
  [ours, others] = await Promise.all([testDatabase(), testDatabase()]);
});
afterAll(async () => {
  await others?.drop();
  await ours?.drop();
});

test('migrating looks at our own tables only, so that others may drop theirs meanwhile', async () => {
  const tables = await ours.db.introspection.getTables();
  expect(tables.map(({ name }) => name)).toContain('runs');
  expect([...new Set(tables.map(({ schema }) => schema))]).toEqual([ours.schema]);
  expect(await ours.db.introspection.getSchemas()).toEqual([{ name: ours.schema }]);
});

test('a database that is up to date is left as it is', async () => {
  const applied = () => sql<{ name: string }>`select name, timestamp from kysely_migration`.execute(ours.db);
  const before = await applied();
  await migrate(ours.db, ours.schema);
  expect((await applied()).rows).toEqual(before.rows);
  expect(before.rows).not.toHaveLength(0);
});
