/**
 * Days, weeks and months as a wall calendar has them, in a time zone: days are 23 or 25 hours long where clocks change.
 * @module
 */
import { DateTime, IANAZone } from 'luxon';
import type { JsonObject } from './condition.ts';
import type { Instant } from './time.ts';

export type Period = 'day' | 'week' | 'month';

/** The zone a profile's calendar is read in. */
export interface OwnZone {
  readonly zone: string;
  /** What its trait `timezone` says instead, and no zone is called. */
  readonly unusable?: string;
}

/** The time zone that the profile's trait `timezone` names, else `fallback`. */
export function zoneOf(traits: JsonObject, fallback: string): string {
  return ownZone(traits, fallback).zone;
}

/** The same, and what there was instead of a zone. */
export function ownZone({ timezone }: JsonObject, fallback: string): OwnZone {
  if (timezone === undefined || timezone === null || timezone === '') return { zone: fallback };
  if (typeof timezone === 'string' && IANAZone.isValidZone(timezone)) return { zone: timezone };
  return { zone: fallback, unusable: typeof timezone === 'string' ? timezone : JSON.stringify(timezone) };
}

/** The midnight that begins the day `days` after the one `at` is in. */
export function midnightAfter(at: Instant, days: number, zone: string): Instant {
  return DateTime.fromMillis(at, { zone }).startOf('day').plus({ days }).startOf('day').toMillis();
}

/** The period that `at` is in, its end excluded. Weeks begin on Monday. */
export function periodOf(
  period: Period,
  at: Instant,
  zone: string,
): { readonly start: Instant; readonly end: Instant } {
  const start = DateTime.fromMillis(at, { zone }).startOf(period);
  return {
    start: start.toMillis(),
    end: start
      .plus({ [period]: 1 })
      .startOf(period)
      .toMillis(),
  };
}

/** How many midnights lie between the two; negative where `to` is earlier. */
export function daysBetween(from: Instant, to: Instant, zone: string): number {
  const [a, b] = [from, to].map((at) => DateTime.fromMillis(at, { zone }));
  return a === undefined || b === undefined ? 0 : dayNumber(b) - dayNumber(a);
}

function dayNumber({ year, month, day }: DateTime): number {
  return Date.UTC(year, month - 1, day) / 86_400_000;
}
