/**
 * Is this condition true of this profile now, until when could time alone change that, and because of what?
 * @module
 */
import type { Condition, EventFilter, Json } from './condition.ts';
import { computeValue, matchingEvents } from './expression.ts';
import type { Facts } from './facts.ts';
import { test } from './test-value.ts';
import { earlier, type Instant, type Milliseconds } from './time.ts';

export interface Verdict {
  readonly holds: boolean;
  /**
   * No instant before this one gives another answer as long as no event arrives and no trait or audience changes; null:
   * no instant ever does. It may be early (nothing changes then), never late.
   */
  readonly until: Instant | null;
  readonly because: Because;
}

/** One clause with its answer and what was found; clauses of `all`, `any` and `not` carry their parts. */
export interface Because {
  readonly clause: Condition;
  readonly holds: boolean;
  readonly until: Instant | null;
  /** The value tested, or how many events matched and when the last of them was. */
  readonly found?: Json;
  readonly of?: readonly Because[];
}

/**
 * @param facts events later than `now` are taken as not having happened yet
 * @param now the instant asked about
 */
export function evaluate(condition: Condition, facts: Facts, now: Instant): Verdict {
  const because = judge(condition, facts, now);
  return { holds: because.holds, until: because.until, because };
}

function judge(clause: Condition, facts: Facts, now: Instant): Because {
  switch (clause.kind) {
    case 'all':
    case 'any':
      return judgeGroup(clause, facts, now);
    case 'not': {
      const inner = judge(clause.of, facts, now);
      return { clause, holds: !inner.holds, until: inner.until, of: [inner] };
    }
    case 'value': {
      const { value, until } = computeValue(clause.of, facts, now);
      const tested = test(value, clause.test, now);
      return { clause, holds: tested.holds, until: earlier(until, tested.until), found: value ?? null };
    }
    case 'events':
      return judgeEvents(clause, facts, now);
    case 'audience':
      return { clause, holds: facts.audiences.has(clause.key), until: null };
  }
}

function judgeGroup(clause: Extract<Condition, { kind: 'all' | 'any' }>, facts: Facts, now: Instant): Because {
  const of = clause.of.map((part) => judge(part, facts, now));
  const holds = clause.kind === 'all' ? of.every((part) => part.holds) : of.some((part) => part.holds);
  // While an `all` is false it stays so until every false part has had a chance to turn; likewise an `any` that is true.
  const keepers = of.filter((part) => part.holds === (clause.kind === 'any'));
  const decided = clause.kind === 'all' ? !holds : holds;
  const until = decided
    ? latestOf(keepers)
    : of.reduce<Instant | null>((soonest, part) => earlier(soonest, part.until), null);
  return { clause, holds, until, of };
}

/** The instant before which at least one of the parts keeps its answer: never, if one of them never changes. */
function latestOf(parts: readonly Because[]): Instant | null {
  let latest: Instant | null = null;
  for (const { until } of parts) {
    if (until === null) return null;
    latest = latest === null ? until : Math.max(latest, until);
  }
  return latest;
}

function judgeEvents(clause: Extract<Condition, { kind: 'events' }>, facts: Facts, now: Instant): Because {
  const { matched, nextArrival } = matchingEvents(clause.events, facts, now);
  const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = clause.times;
  const count = matched.length;
  const holds = count >= atLeast && count <= atMost;
  const last = matched[count - 1];
  const found: Json = last === undefined ? { times: 0 } : { times: count, last: new Date(last.at).toISOString() };
  return {
    clause,
    holds,
    found,
    until: earlier(nextArrival, nextTurnByExpiry(matched, clause.events, atLeast, atMost)),
  };
}

/** Matches only grow older: the count falls by one as each leaves the window, and the answer turns at a known one. */
function nextTurnByExpiry(
  matched: readonly { at: Instant }[],
  { within }: EventFilter,
  atLeast: number,
  atMost: number,
): Instant | null {
  if (within === undefined) return null;
  const count = matched.length;
  const leavingTurns = (left: number): Instant | null => expiry(matched[left - 1], within);
  if (count > atMost) return leavingTurns(count - atMost);
  if (count >= atLeast && atLeast > 0) return leavingTurns(count - atLeast + 1);
  return null;
}

function expiry(event: { at: Instant } | undefined, within: Milliseconds): Instant | null {
  return event === undefined ? null : event.at + within;
}
