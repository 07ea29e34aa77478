/**
 * Scores: signals with weights that wear off with age, and where each point of a score comes from.
 * @module
 */
import type { Condition, Decay, EventFilter, Signal } from './condition.ts';
import type { Facts } from './facts.ts';
import { leavesAt, matchingEvents } from './matching.ts';
import { DAY, earlier, type Instant, type Milliseconds } from './time.ts';

/** What one signal gives now. */
export interface SignalPoints {
  readonly signal: string;
  readonly points: number;
  /** How many events count, or whether the condition holds. */
  readonly found: number | boolean;
  /** When time alone changes its points next; null: never. */
  readonly until: Instant | null;
}

export interface Scored {
  readonly value: number;
  readonly until: Instant | null;
  readonly signals: readonly SignalPoints[];
}

/** Does a condition hold, and until when? Given from outside, because conditions may ask about scores. */
export type Judge = (condition: Condition) => { readonly holds: boolean; readonly until: Instant | null };

/** Full to 14 days, half to 30, a quarter to 60, nothing after: the usual decay of buying signals. */
export const USUAL_DECAY: Decay = {
  steps: [
    { until: 14 * DAY, share: 1 },
    { until: 30 * DAY, share: 0.5 },
    { until: 60 * DAY, share: 0.25 },
  ],
};

/** After as many half-lives less than a thousandth is left, which is taken as nothing. */
export const HALF_LIVES = 10;

/** The sum of the signals' points, to a millionth. */
export function scoreOf(signals: readonly Signal[], facts: Facts, now: Instant, judge: Judge): Scored {
  const parts = signals.map((signal) => pointsOf(signal, facts, now, judge));
  const sum = parts.reduce((total, { points }) => total + points, 0);
  return {
    value: Math.floor(sum * 1e6 + 0.5) / 1e6,
    until: parts.reduce<Instant | null>((soonest, { until }) => earlier(soonest, until), null),
    signals: parts,
  };
}

function pointsOf(signal: Signal, facts: Facts, now: Instant, judge: Judge): SignalPoints {
  const { name, weight, most, by } = signal;
  if ('condition' in by) {
    const { holds, until } = judge(by.condition);
    return { signal: name, points: holds ? limited(weight, most) : 0, found: holds, until };
  }
  const { shares, count, until } = sharesOf(by.events, by.decay, facts, now);
  return { signal: name, points: limited(weight * shares, most), found: count, until };
}

function sharesOf(events: EventFilter, decay: Decay | null, facts: Facts, now: Instant) {
  const { matched, nextArrival } = matchingEvents(events, facts, now);
  let shares = 0;
  let count = 0;
  let until = nextArrival;
  for (const { at } of matched) {
    const { share, changesAt } = decay === null ? { share: 1, changesAt: null } : wornOff(decay, now - at);
    shares += share;
    if (share > 0) count += 1;
    until = earlier(until, changesAt === null ? null : at + changesAt);
    if (share > 0) until = earlier(until, leavesAt(at, events, facts));
  }
  return { shares, count, until };
}

/** What is left of an event at this age, and at what age that changes. */
function wornOff(decay: Decay, age: Milliseconds): { share: number; changesAt: Milliseconds | null } {
  if ('steps' in decay) {
    const step = decay.steps.find(({ until }) => age < until);
    return step === undefined ? { share: 0, changesAt: null } : { share: step.share, changesAt: step.until };
  }
  const end = HALF_LIVES * decay.halfLife;
  if (age >= end) return { share: 0, changesAt: null };
  const days = Math.floor(age / DAY);
  return { share: 2 ** -((days * DAY) / decay.halfLife), changesAt: Math.min((days + 1) * DAY, end) };
}

function limited(points: number, most: number | undefined): number {
  return most === undefined ? points : Math.max(-most, Math.min(most, points));
}
