import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Json } from '../../src/core/condition.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Facts } from '../../src/core/facts.ts';
import { DAY, HOUR, type Instant, type Milliseconds } from '../../src/core/time.ts';
import { anyInstant, condition, history, SPAN } from './arbitrary.ts';
import { T0 } from './build.ts';
import { oracle } from './oracle.ts';

const RUNS = { numRuns: 5_000, seed: 20_240_101 };
const END = T0 + SPAN + 5 * DAY;

/**
 * Instants at which an answer may turn, with the milliseconds beside them: events, the entry and dates, plus the spans that
 * the condition names, alone and in pairs, or whole days; and midnights.
 */
function edgesOf(facts: Facts, asked: Condition): Instant[] {
  const edges = new Set<Instant>();
  const starts = [
    ...facts.events.map(({ at }) => at),
    ...datesIn([facts.traits, ...facts.events.map((one) => one.properties)]),
    ...(facts.enteredAt === undefined ? [] : [facts.enteredAt]),
  ];
  const { spans, hasDays, hasCalendar } = timesIn(asked);
  if (hasDays) for (let day = -6; day < 6; day += 1) spans.add(day * DAY);
  const single = [0, ...spans];
  const pairs = single.length > 8 ? single : single.flatMap((one) => single.map((other) => one + other));
  for (const start of starts)
    for (const span of new Set(pairs)) for (const off of [-1, 0, 1]) edges.add(start + span + off);
  if (hasCalendar)
    for (let day = -1; day < 10; day += 1)
      for (const zone of MIDNIGHTS)
        for (const span of single) for (const off of [-1, 0]) edges.add(T0 + day * DAY + zone + span + off);
  return [...edges].sort((a, b) => a - b);
}

/** UTC, Asia/Kolkata, Europe/Berlin and America/New_York in January. */
const MIDNIGHTS = [0, -5.5 * HOUR, -HOUR, 5 * HOUR];

function timesIn(asked: Condition) {
  const spans = new Set<Milliseconds>();
  const found = { spans, hasDays: false, hasCalendar: false };
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const { within, upTo, by, until, op, value, kind, zone, halfLife } = part as Record<string, unknown>;
    for (const span of [within, upTo, by, until]) if (typeof span === 'number') spans.add(span);
    if ((op === 'olderThan' || op === 'newerThan') && typeof value === 'number') spans.add(value);
    if (kind === 'daysSince') found.hasDays = true;
    if (typeof zone === 'string') found.hasCalendar = true;
    if (typeof halfLife === 'number') for (let day = DAY; day <= 10 * halfLife; day += DAY) spans.add(day);
    if (typeof halfLife === 'number') spans.add(10 * halfLife);
    for (const inner of Object.values(part)) look(inner);
  };
  look(asked);
  return found;
}

/** At most so many of them, spread evenly. */
function someOf<T>(all: readonly T[], most: number): readonly T[] {
  return all.length <= most ? all : all.filter((_, index) => index % Math.ceil(all.length / most) === 0);
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
  it('gives the same answer at random instants and at edges, 5,000 conditions and histories', () => {
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(condition, history, fc.array(anyInstant, { maxLength: 10 }), (asked: Condition, facts, random) => {
        for (const now of [...someOf(edgesOf(facts, asked), 40), ...random]) {
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
        const edges = edgesOf(facts, asked);
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
        checkUntil(asked, facts, now, edgesOf(facts, asked));
      }),
      RUNS,
    );
  });

  it('by following `until` alone, and each event as it comes, never misses a change', () => {
    fc.assert(
      fc.property(condition, history, (asked, facts) => {
        const looks = lookedAt(asked, facts);
        for (const now of someOf(edgesOf(facts, asked), 200)) {
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
    ...someOf(
      edges.filter((at) => at > now && (until === null || at < until)),
      60,
    ),
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
