/**
 * Is this condition true of this profile now, until when could time alone change that, and because of what?
 * @module
 */
import type { Condition, EventFilter, Expression, Json } from './condition.ts';
import { computeValue, judgeAt, type Valued } from './expression.ts';
import type { EventFact, Facts } from './facts.ts';
import { leavesAt, matchingEvents } from './matching.ts';
import { type Scored, scoreOf } from './score.ts';
import { judgeSequence } from './sequence.ts';
import { same, test } from './test-value.ts';
import { earlier, type Instant } from './time.ts';

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

/** A value with when it changes. */
export function evaluateExpression(expression: Expression, facts: Facts, now: Instant): Valued {
  return computeValue(expression, facts, now, judge);
}

/** A score with what each of its signals gives. */
export function explainScore({ signals }: Extract<Expression, { kind: 'score' }>, facts: Facts, now: Instant): Scored {
  return scoreOf(signals, facts, now, judgeAt(judge, facts, now));
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
      const { value, until } = evaluateExpression(clause.of, facts, now);
      const tested = test(value, clause.test, now);
      return { clause, holds: tested.holds, until: earlier(until, tested.until), found: value ?? null };
    }
    case 'events':
      return judgeEvents(clause, facts, now);
    case 'compare': {
      const left = evaluateExpression(clause.left, facts, now);
      const right = evaluateExpression(clause.right, facts, now);
      const found: Json = [left.value ?? null, right.value ?? null];
      return {
        clause,
        holds: compare(clause.op, left.value, right.value),
        until: earlier(left.until, right.until),
        found,
      };
    }
    case 'sequence':
      return { clause, ...judgeSequence(clause, facts, now) };
    case 'audience':
      return { clause, holds: facts.audiences.has(clause.key), until: null };
    case 'related': {
      const total = facts.related?.total ?? 0;
      const count = facts.related?.inAudience.get(clause.audience) ?? 0;
      const { times } = clause;
      const holds =
        times === 'all'
          ? total > 0 && count === total
          : count >= (times.atLeast ?? 0) && count <= (times.atMost ?? Infinity);
      return { clause, holds, until: null, found: { count, of: total } };
    }
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
  const { atLeast = 0, atMost = Infinity } = clause.times;
  const count = matched.length;
  const holds = count >= atLeast && count <= atMost;
  const last = matched[count - 1];
  const found: Json = last === undefined ? { times: 0 } : { times: count, last: new Date(last.at).toISOString() };
  const turns = turnsByExpiry(count, atLeast, atMost);
  return { clause, holds, found, until: earlier(nextArrival, leaves(matched[turns - 1], clause.events, facts)) };
}

/** Matches only grow older, and the count falls by one as each leaves the window: with which of them the answer turns. */
function turnsByExpiry(count: number, atLeast: number, atMost: number): number {
  if (count > atMost) return count - atMost;
  return count >= atLeast && atLeast > 0 ? count - atLeast + 1 : 0;
}

function leaves(event: EventFact | undefined, filter: EventFilter, facts: Facts): Instant | null {
  return event === undefined ? null : leavesAt(event.at, filter, facts);
}

function compare(
  op: Extract<Condition, { kind: 'compare' }>['op'],
  left: Json | undefined,
  right: Json | undefined,
): boolean {
  if (op === 'isNot') return !compare('is', left, right);
  if (left === undefined || right === undefined) return false;
  if (op === 'is') return same(left, right);
  return (typeof right === 'number' || typeof right === 'string') && test(left, { op, value: right }, 0).holds;
}
