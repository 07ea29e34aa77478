import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asked, candidatesQuery, membersQuery, type Unstored } from '../../src/audiences/compile-sql.ts';
import type { Condition } from '../../src/core/condition.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Facts } from '../../src/core/facts.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { anyInstant, condition, history } from '../core/arbitrary.ts';
import { oracle } from '../core/oracle.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { type Stored, storeHistories } from './stored-histories.ts';

const BATCHES = 200;
const PROFILES = 20;
/** For each batch; with the batches, 5,000. */
const CONDITIONS = 25;

/** They take some twenty seconds; a machine that does much else is slower. */
const PATIENCE = 300_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.drop());

async function idsOf(query: string): Promise<Set<number>> {
  const { rows } = await sql.raw<{ id: number }>(query).execute(database.db);
  return new Set(rows.map(({ id }) => id));
}

interface Batch {
  readonly of: 'person' | 'account';
  readonly stored: readonly Stored[];
  readonly questions: readonly (readonly [Condition, Instant])[];
}

async function forEachBatch(seed: number, batches: number, look: (batch: Batch) => Promise<void>): Promise<void> {
  const sizes = { minLength: PROFILES, maxLength: PROFILES };
  const histories = fc.sample(fc.array(history, sizes), { numRuns: batches, seed });
  const questions = fc.sample(fc.tuple(condition, anyInstant), { numRuns: batches * CONDITIONS, seed });
  for (const [index, facts] of histories.entries()) {
    const of = index % 2 === 0 ? 'person' : 'account';
    const stored = await storeHistories(database.db, of, facts);
    await look({ of, stored, questions: questions.slice(index * CONDITIONS, (index + 1) * CONDITIONS) });
  }
}

function fail(what: string, asked: Condition, now: Instant, { facts }: Stored): never {
  const plain = (_: string, value: unknown) => (value instanceof Map || value instanceof Set ? [...value] : value);
  throw new Error(
    `${what}\nat ${new Date(now).toISOString()}\n${JSON.stringify(asked)}\n${JSON.stringify(facts, plain)}`,
  );
}

test(
  'the database names exactly those for whom brute force says that a condition holds, 5,000 conditions and instants',
  async () => {
    const answers = { true: 0, false: 0 };
    await forEachBatch(1, BATCHES, async ({ of, stored, questions }) => {
      const half = stored.filter((_, index) => index % 2 === 0);
      for (const [index, [asked, now]] of questions.entries()) {
        const among = index % 5 === 0 ? half : stored;
        const ids = index % 5 === 0 ? { ids: half.map(({ id }) => id) } : {};
        const members = await idsOf(membersQuery(asked, { of, now, ...ids }));
        for (const one of among) {
          const wanted = oracle(asked, one.facts, now);
          answers[`${wanted}`] += 1;
          if (members.delete(one.id) !== wanted) fail(`brute force says ${wanted}`, asked, now, one);
        }
        expect(members.size).toBe(0);
      }
    });
    expect(Math.min(answers.true, answers.false) / (answers.true + answers.false)).toBeGreaterThan(0.2);
  },
  PATIENCE,
);

test(
  'whoever is no candidate does not come to hold by time alone',
  async () => {
    const counts = { candidates: 0, others: 0 };
    await forEachBatch(2, BATCHES / 2, async ({ of, stored, questions }) => {
      for (const [asked, now] of questions) {
        const candidates = await idsOf(candidatesQuery(asked, { of, now }));
        for (const one of stored) {
          counts[candidates.has(one.id) ? 'candidates' : 'others'] += 1;
          if (candidates.has(one.id)) continue;
          const known = { ...one.facts, events: one.facts.events.filter(({ at }) => at <= now) };
          for (const at of instantsAhead(asked, known, now))
            if (oracle(asked, known, at)) fail(`it holds at ${new Date(at).toISOString()}`, asked, now, one);
        }
      }
    });
    // Naming everybody would be safe, and useless.
    expect(counts.others).toBeGreaterThan(counts.candidates * 0.5);
  },
  PATIENCE,
);

/** Now, when the answer may turn, and in between; that it turns at no other instant is tested in test/core. */
function instantsAhead(asked: Condition, known: Facts, now: Instant): Instant[] {
  const instants = [now];
  for (let at = now; instants.length < 40; ) {
    const { until } = evaluate(asked, known, at);
    if (until === null) break;
    instants.push(until);
    at = until;
  }
  return [...instants, now + DAY, now + 30 * DAY, now + 3_000 * DAY];
}

test(
  'an audience whose members are not stored is worked out from its condition',
  async () => {
    await forEachBatch(3, BATCHES / 4, async ({ of, stored, questions }) => {
      const [vip] = questions.map(([asked]) => asked).filter((asked) => !JSON.stringify(asked).includes('"audience"'));
      if (vip === undefined) return;
      const unstored = new Map<string, Unstored>([['vip', { of, condition: vip }]]);
      for (const [other, now] of questions.slice(0, 4)) {
        const asked: Condition = { kind: 'any', of: [{ kind: 'not', of: { kind: 'audience', key: 'vip' } }, other] };
        const members = await idsOf(membersQuery(asked, { of, now, unstored } satisfies Asked));
        for (const one of stored) {
          const without = [...one.facts.audiences].filter((key) => key !== 'vip');
          const audiences = new Set(oracle(vip, one.facts, now) ? [...without, 'vip'] : without);
          if (members.has(one.id) !== oracle(asked, { ...one.facts, audiences }, now))
            fail('vip is not as brute force says', asked, now, one);
        }
      }
    });
  },
  PATIENCE,
);
