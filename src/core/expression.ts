/**
 * Values of a profile: stored traits, and what is computed from events and other values on the fly.
 * @module
 */
import { aggregate, finite } from './aggregate.ts';
import { daysBetween, midnightAfter, zoneOf } from './calendar.ts';
import type { Expression, Json } from './condition.ts';
import type { Facts } from './facts.ts';
import { readPath } from './matching.ts';
import { type Judge, scoreOf } from './score.ts';
import { instantOf } from './test-value.ts';
import { DAY, earlier, type Instant } from './time.ts';

export interface Valued {
  /** Undefined where the profile has no such value. */
  readonly value: Json | undefined;
  /** The value stays as it is before this instant if nothing but time goes on; null: for ever. */
  readonly until: Instant | null;
}

/** @param judge answers the conditions that signals of scores may ask */
export function computeValue(expression: Expression, facts: Facts, now: Instant, judge: JudgeAt): Valued {
  const compute = (part: Expression) => computeValue(part, facts, now, judge);
  switch (expression.kind) {
    case 'trait':
      return { value: readPath(facts.traits, expression.path), until: null };
    case 'constant':
      return { value: expression.value, until: null };
    case 'aggregate':
      return aggregate(expression, facts, now);
    case 'arithmetic': {
      const left = compute(expression.left);
      const right = compute(expression.right);
      return { value: calculate(expression.op, left.value, right.value), until: earlier(left.until, right.until) };
    }
    case 'orElse': {
      const of = compute(expression.of);
      const otherwise = compute(expression.otherwise);
      return { value: of.value ?? otherwise.value, until: earlier(of.until, otherwise.until) };
    }
    case 'daysSince':
      return daysSince(compute(expression.of), expression.zone, facts, now);
    case 'ago': {
      const { value, until } = computeValue(expression.of, facts, now - expression.by, judge);
      return { value, until: until === null ? null : until + expression.by };
    }
    case 'related': {
      const { audience } = expression;
      const count = audience === null ? facts.related?.total : facts.related?.inAudience.get(audience);
      return { value: count ?? 0, until: null };
    }
    case 'score': {
      const { value, until } = scoreOf(expression.signals, facts, now, judgeAt(judge, facts, now));
      return { value, until };
    }
    case 'band': {
      const { value, until } = compute(expression.of);
      const band = typeof value === 'number' ? expression.bands.find(({ from }) => value >= from) : undefined;
      return { value: band?.name, until };
    }
  }
}

/** Answers a condition of these facts at an instant. */
export type JudgeAt = (condition: Parameters<Judge>[0], facts: Facts, now: Instant) => ReturnType<Judge>;

export function judgeAt(judge: JudgeAt, facts: Facts, now: Instant): Judge {
  return (condition) => judge(condition, facts, now);
}

function calculate(
  op: Extract<Expression, { kind: 'arithmetic' }>['op'],
  left: Json | undefined,
  right: Json | undefined,
): number | undefined {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  switch (op) {
    case '+':
      return finite(left + right);
    case '-':
      return finite(left - right);
    case '*':
      return finite(left * right);
    case '/':
      return finite(left / right);
    case 'min':
      return Math.min(left, right);
    case 'max':
      return Math.max(left, right);
  }
}

function daysSince({ value, until }: Valued, zone: string | undefined, { traits }: Facts, now: Instant): Valued {
  const at = instantOf(value);
  if (at === undefined) return { value: undefined, until };
  if (zone !== undefined) {
    const own = zoneOf(traits, zone);
    return { value: daysBetween(at, now, own), until: earlier(until, midnightAfter(now, 1, own)) };
  }
  const days = Math.floor((now - at) / DAY);
  return { value: days, until: earlier(until, at + (days + 1) * DAY) };
}
