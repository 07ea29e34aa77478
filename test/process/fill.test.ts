import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Condition } from '../../src/core/condition.ts';
import { DAY } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { AudienceDefinition, Workspace } from '../../src/definitions/workspace-types.ts';
import { putInInbox } from '../../src/ingest/inbox.ts';
import { fill } from '../../src/process/fill.ts';
import type { Processing } from '../../src/process/process-lane.ts';
import { all, did, member, not, T0 } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { begin, callOf, compare, memberships, quiesce } from './run-world.ts';
import { membershipsAt } from './world-oracle.ts';
import { asksForChanges, type World, workspaceFor, world } from './worlds.ts';

const RUNS = 60;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

/** Until there is nothing left to fill. */
async function fillAll(processing: Processing): Promise<number> {
  let parts = 0;
  while ((await fill(processing)) > 0) parts += 1;
  return parts;
}

/** Told of members' changes only from when an audience asks for them; worlds that do are left out. */
const plainWorld = world.filter((of) => !asksForChanges(of));

/** The same audiences but for `people-0`, with conditions of their own. */
function before({ audiences }: World, others: World): Workspace {
  const changed = audiences.map((audience, index) => ({
    ...audience,
    condition: others.audiences[index]?.condition ?? audience.condition,
    hash: `${audience.hash} before`,
  }));
  return {
    ...workspaceFor({ audiences: changed.map((one, index) => (index === 0 ? (audiences[0] ?? one) : one)) }),
    hash: 'before',
  };
}

test('audiences that changed and that are new are what brute force says, now and later, whatever happens meanwhile', async () => {
  const found = { asked: 0, members: { person: 0, account: 0 } };
  const looked = { at: 0, of: 0 };
  await fc.assert(
    fc.asyncProperty(plainWorld, plainWorld, fc.boolean(), fc.boolean(), async (of, others, isNew, meanwhile) => {
      const { db } = database;
      const old = before(of, others);
      const processing = await begin(db, isNew ? { ...old, audiences: {} } : old);
      await fillAll(processing);
      const steps = [...of.steps];
      let messages = 0;
      const happenUpTo = async (now: number) => {
        const due = steps.splice(0, steps.filter(({ at }) => at <= now).length);
        await putInInbox(
          db,
          due.map((step) => callOf(step, String(messages++))),
        );
      };
      const [published = 0, ...later] = of.instants;
      await happenUpTo(published);
      await quiesce(processing, published);
      await publish(db, workspaceFor(of), new Date(published));
      if (meanwhile) {
        await fill(processing);
        await happenUpTo(later[0] ?? published);
        await quiesce(processing, published);
      }
      await fillAll(processing);
      if (!meanwhile) {
        const { rows } = await sql<{ at: number; of: number }>`
          select count(*) filter (where filled_to = 2) as at, count(*) as of from profiles
        `.execute(db);
        looked.at += rows[0]?.at ?? 0;
        looked.of += rows[0]?.of ?? 0;
        await quiesce(processing, published);
        compare(await memberships(db), membershipsAt(of, published), published, found);
      }
      for (const now of later) {
        await happenUpTo(now);
        await quiesce(processing, now);
        compare(await memberships(db), membershipsAt(of, now), now, found);
      }
    }),
    { numRuns: RUNS, seed: 20_240_901 },
  );
  expect((found.members.person + found.members.account) / found.asked).toBeGreaterThan(0.1);
  // It would be right, and slow, to look at everybody.
  expect(looked.at).toBeLessThan(looked.of);
}, 300_000);

const tracked = (person: number, name: string, at: number) =>
  callOf({ at, person, call: 'track', name }, `${name} of ${person}`);

function withAudiences(hash: string, conditions: Readonly<Record<string, Condition>>): Workspace {
  const audiences = Object.entries(conditions).map(
    ([key, one]): AudienceDefinition => ({ key, of: 'person', hash: key, condition: one }),
  );
  return { ...workspaceFor({ audiences }), hash };
}

async function changesOf(audience: string) {
  const changes = database.db.selectFrom('audience_changes').select(['profile_id', 'entered', 'cause', 'at']);
  const rows = await changes.where('audience', '=', audience).orderBy('id').execute();
  return rows.map(({ profile_id, at, ...rest }) => ({ ...rest, profile: profile_id, at: at.getTime() }));
}

test('whoever comes to hold by time alone does so on the instant; nobody else is looked at', async () => {
  const { db } = database;
  const processing = await begin(db, withAudiences('before', {}));
  await putInInbox(db, [tracked(0, 'Exported', T0), tracked(1, 'Looked', T0)]);
  await quiesce(processing, T0);
  await fillAll(processing);
  const quiet = all(did('Exported'), not(did('Exported', { within: 10 * DAY })));
  await publish(db, withAudiences('after', { quiet }), new Date(T0 + 2 * DAY));
  await fillAll(processing);
  const profiles = await db.selectFrom('profiles').select(['user_id', 'filled_to']).orderBy('user_id').execute();
  expect(profiles).toEqual([
    { user_id: 'p0', filled_to: 2 },
    { user_id: 'p1', filled_to: 1 },
  ]);

  await quiesce(processing, T0 + 10 * DAY - 1);
  expect(await changesOf('quiet')).toEqual([]);
  await quiesce(processing, T0 + 10 * DAY);
  expect(await changesOf('quiet')).toMatchObject([{ entered: true, cause: 'clock', at: T0 + 10 * DAY }]);
  // The other one is up to date all the same: what happens next is an event's doing.
  await putInInbox(db, [tracked(1, 'Exported', T0 + DAY)]);
  await quiesce(processing, T0 + 11 * DAY);
  expect((await changesOf('quiet')).slice(1)).toMatchObject([{ entered: true, cause: 'clock', at: T0 + 11 * DAY }]);
});

test('an audience that asks for another one finds it as time has left it, though nobody had looked yet', async () => {
  const { db } = database;
  const recent = did('Exported', { within: DAY });
  const processing = await begin(db, withAudiences('before', { recent }));
  await putInInbox(db, [tracked(0, 'Exported', T0)]);
  await quiesce(processing, T0);
  await fillAll(processing);
  const lapsed = not(member('recent'));
  await publish(db, withAudiences('after', { recent, lapsed }), new Date(T0 + 2 * DAY));
  await fillAll(processing);
  expect([...(await memberships(db))]).toEqual([['p0', new Set(['lapsed'])]]);
});

test('a second publication before the first one is filled fills for both', async () => {
  const { db } = database;
  const processing = await begin(db, withAudiences('before', {}));
  await putInInbox(db, [tracked(0, 'Exported', T0), tracked(1, 'Looked', T0)]);
  await quiesce(processing, T0);
  await fillAll(processing);
  await publish(db, withAudiences('first', { exported: did('Exported') }), new Date(T0 + DAY));
  await fill(processing);
  const second = { exported: did('Exported'), looked: did('Looked') };
  await publish(db, withAudiences('second', second), new Date(T0 + 2 * DAY));
  await fillAll(processing);
  const found = await memberships(db);
  expect([found.get('p0'), found.get('p1')]).toEqual([new Set(['exported']), new Set(['looked'])]);
});
