import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putInInbox } from '../../src/ingest/inbox.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { begin, callOf, compare, memberships, quiesce } from './run-world.ts';
import { membershipsAt } from './world-oracle.ts';
import { workspaceFor, world } from './worlds.ts';

const RUNS = Number(process.env.WORLDS ?? 40);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

describe('audiences of people and of accounts that ask for each other', () => {
  it('are what brute force says once everything that waits is done, at random instants of random worlds', async () => {
    const found = { asked: 0, members: { person: 0, account: 0 }, told: 0 };
    await fc.assert(
      fc.asyncProperty(world, async (of) => {
        const processing = await begin(database.db, workspaceFor(of));
        const steps = [...of.steps];
        let messages = 0;
        for (const now of of.instants) {
          const due = steps.splice(0, steps.filter(({ at }) => at <= now).length);
          await putInInbox(
            database.db,
            due.map((step) => callOf(step, String(messages++))),
          );
          found.told += await quiesce(processing, now);
          compare(await memberships(database.db), membershipsAt(of, now), now, found);
        }
      }),
      { numRuns: RUNS, endOnFailure: true, seed: Number(process.env.SEED ?? 20_240_701) },
    );
    const { asked, members } = found;
    expect((members.person + members.account) / asked).toBeGreaterThan(0.1);
    expect((members.person + members.account) / asked).toBeLessThan(0.9);
    expect(Math.min(members.person, members.account)).toBeGreaterThan(RUNS);
    expect(found.told).toBeGreaterThan(RUNS);
  }, 600_000);
});
