/**
 * When a wait is over.
 * @module
 */
import { ownZone, zoneOf } from './calendar.ts';
import type { JsonObject } from './condition.ts';
import { evaluateExpression } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { Step } from './journey.ts';
import { momentAfter, withinHour } from './local-time.ts';
import type { Did, Waiting } from './run.ts';
import type { Instant } from './time.ts';

type WaitStep = Extract<Step, { kind: 'wait' | 'wait-until' }>;

export interface WaitEnd {
  /** Null: it is for a date or an hour that the person does not have. */
  readonly end: Instant | null;
  /** Said where the person's own zone would decide, and is none. */
  readonly fallback?: Extract<Did, { did: 'fell-back' }>;
}

/** @param fallback the zone of people who have none */
export function endOfWait(step: WaitStep, facts: Facts, fallback: string, from: Instant): WaitEnd {
  if (step.kind === 'wait-until') return { end: from + step.timeout };
  if (step.for !== undefined) return { end: from + step.for };
  const { until } = step;
  const { zone, unusable } = ownZone(facts.traits, fallback);
  return {
    end:
      until.by === 'hour'
        ? withinHour(evaluateExpression(until.of, facts, from).value, until, zone, from)
        : momentAfter(until, facts.traits, zone, from),
    ...(unusable !== undefined && { fallback: { did: 'fell-back', unusable, zone } }),
  };
}

/** Where the date that a wait was for is a later one by now, that one; else null. */
export function dateMoved(
  step: Step,
  traits: JsonObject,
  fallback: string,
  wait: Waiting,
  now: Instant,
): Instant | null {
  if (step.kind !== 'wait' || step.for !== undefined || step.until.by !== 'date') return null;
  const date = momentAfter(step.until, traits, zoneOf(traits, fallback), wait.until);
  return date !== null && date > wait.until && date > now ? date : null;
}
