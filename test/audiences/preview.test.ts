import { afterAll, beforeAll, expect, test } from 'vitest';
import { previewAudience } from '../../src/audiences/preview.ts';
import type { AudienceDefinition } from '../../src/definitions/workspace-types.ts';
import { facts, is, T0, trait } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { storeHistories } from './stored-histories.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.drop());

test('names those known longest, as many as asked for, and says of how many', async () => {
  const plans = ['free', 'pro', 'free', 'free'];
  const stored = await storeHistories(
    database.db,
    'person',
    plans.map((plan) => facts({ traits: { plan } })),
  );
  const audience = { of: 'person' as const, condition: trait('plan', is('free')) };
  const { size, of, sample } = await previewAudience(database.db, audience, T0, 2);
  expect({ size, of }).toEqual({ size: 3, of: 4 });
  expect(sample).toEqual([stored[0], stored[2]].map((one) => ({ id: one?.id, userId: null })));
  expect((await previewAudience(database.db, audience, T0, 0)).sample).toEqual([]);
});

test('of accounts by their people, with a condition of its own that nobody has published', async () => {
  const { db } = database;
  const related = { total: 1, inAudience: new Map<string, number>() };
  await storeHistories(db, 'person', [
    facts({ traits: { role: 'admin' }, related }),
    facts({ traits: { role: 'user' }, related }),
    facts({ traits: { role: 'admin' } }),
  ]);
  const admins: AudienceDefinition = {
    key: 'admins',
    of: 'person',
    hidden: true,
    condition: trait('role', is('admin')),
    hash: 'admins',
  };
  const condition = { kind: 'related', audience: 'admins', times: { atLeast: 1 } } as const;
  const { size, of } = await previewAudience(db, { of: 'account', condition, hidden: { admins } }, T0);
  expect({ size, of }).toEqual({ size: 1, of: 2 });
});
