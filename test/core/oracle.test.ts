import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Json } from '../../src/core/condition.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Facts } from '../../src/core/facts.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { anyInstant, condition, history, SPAN, WINDOWS } from './arbitrary.ts';
import { T0 } from './build.ts';
import { oracle } from './oracle.ts';

const RUNS = { numRuns: 1_000, seed: 20_240_101 };
const END = T0 + SPAN + 5 * DAY;

/** Every instant at which an answer may turn, with the milliseconds beside it: event, entry or date plus a window or days. */
function edgesOf(facts: Facts): Instant[] {
  const edges = new Set<Instant>();
  const starts = [
    ...facts.events.map(({ at }) => at),
    ...datesIn([facts.traits, ...facts.events.map((one) => one.properties)]),
  ];
  if (facts.enteredAt !== undefined) starts.push(facts.enteredAt);
  for (const start of starts) {
    for (const after of [0, ...WINDOWS, ...Array.from({ length: 12 }, (_, day) => (day - 6) * DAY)]) {
      for (const off of [-1, 0, 1]) edges.add(start + after + off);
    }
  }
  return [...edges].sort((a, b) => a - b);
}

function datesIn(value: Json): Instant[] {
  if (typeof value === 'number') return Math.abs(value - T0) < 30 * DAY ? [value] : [];
  if (typeof value === 'string') return value.startsWith('20') ? [Date.parse(value)] : [];
  return value === null || typeof value === 'boolean' ? [] : Object.values(value).flatMap(datesIn);
}

function upTo(facts: Facts, now: Instant): Facts {
  return { ...facts, events: facts.events.filter(({ at }) => at <= now) };
}

describe('evaluate, against an oracle that filters the whole history at each instant', () => {
  it('gives the same answer at random instants and at every edge, 1,000 conditions and histories', () => {
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(condition, history, fc.array(anyInstant, { maxLength: 10 }), (asked: Condition, facts, random) => {
        for (const now of [...edgesOf(facts), ...random]) {
          const wanted = oracle(asked, facts, now);
          answers[`${wanted}`] += 1;
          if (evaluate(asked, facts, now).holds !== wanted)
            throw new Error(`${new Date(now).toISOString()}: not ${!wanted}`);
        }
      }),
      RUNS,
    );
    // A generator whose conditions are nearly all true, or nearly all false, would prove little.
    expect(Math.min(answers.true, answers.false) / (answers.true + answers.false)).toBeGreaterThan(0.2);
  });

  it('never says that an answer stays longer than it does, with what is known up to now', () => {
    let turning = 0;
    fc.assert(
      fc.property(condition, history, fc.array(anyInstant, { minLength: 2, maxLength: 4 }), (asked, facts, random) => {
        const edges = edgesOf(facts);
        for (const now of [...random, ...facts.events.slice(-3).map(({ at }) => at)])
          turning += checkUntil(asked, upTo(facts, now), now, edges);
      }),
      RUNS,
    );
    expect(turning).toBeGreaterThan(1_000);
  });

  it('nor with a history that is known further than now', () => {
    fc.assert(
      fc.property(condition, history, anyInstant, (asked, facts, now) => {
        checkUntil(asked, facts, now, edgesOf(facts));
      }),
      RUNS,
    );
  });

  it('by following `until` alone, and each event as it comes, never misses a change', () => {
    fc.assert(
      fc.property(condition, history, (asked, facts) => {
        const looks = lookedAt(asked, facts);
        for (const now of edgesOf(facts)) {
          if (now < T0 - DAY || now > END) continue;
          const last = looks.findLast(({ at }) => at <= now);
          if (last?.holds !== oracle(asked, upTo(facts, now), now))
            throw new Error(`${new Date(now).toISOString()}: still taken as ${last?.holds}`);
        }
      }),
      { ...RUNS, numRuns: 300 },
    );
  });
});

/** @returns 1 if there is an instant at which the answer may turn, else 0 */
function checkUntil(asked: Condition, known: Facts, now: Instant, edges: readonly Instant[]): number {
  const { holds, until } = evaluate(asked, known, now);
  if (until !== null && until <= now) throw new Error(`${until} is not after ${now}: the clock would stand still`);
  const ahead = [
    now + 1,
    ...edges.filter((at) => at > now),
    (until ?? END) - 1,
    ...(until === null ? [END, END + 400 * DAY] : []),
  ];
  for (const at of ahead) {
    if (at <= now || (until !== null && at >= until)) continue;
    if (oracle(asked, known, at) !== holds)
      throw new Error(
        `${holds} at ${new Date(now).toISOString()} does not stay until ${until}: not at ${new Date(at).toISOString()}`,
      );
  }
  return until === null ? 0 : 1;
}

/** A membership as an engine keeps it: looked at when an event comes and when it said it may turn, and at no other time. */
function lookedAt(asked: Condition, facts: Facts): { at: Instant; holds: boolean }[] {
  const looks: { at: Instant; holds: boolean }[] = [];
  const arrivals = [...new Set(facts.events.map(({ at }) => at))];
  let now = T0 - DAY;
  for (;;) {
    const { holds, until } = evaluate(asked, upTo(facts, now), now);
    if (until !== null && until <= now) throw new Error(`${until} is not after ${now}: the clock would stand still`);
    looks.push({ at: now, holds });
    const next = Math.min(until ?? END + 1, arrivals.find((at) => at > now) ?? END + 1);
    if (next > END) return looks;
    now = next;
  }
}
