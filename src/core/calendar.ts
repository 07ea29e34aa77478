/**
 * Days as a wall calendar has them, in a time zone: 23 or 25 hours long where clocks change.
 * @module
 */
import { DateTime, IANAZone } from 'luxon';
import type { JsonObject } from './condition.ts';
import type { Instant } from './time.ts';

/** The time zone that the profile's trait `timezone` names, else `fallback`. */
export function zoneOf(traits: JsonObject, fallback: string): string {
  const { timezone } = traits;
  return typeof timezone === 'string' && IANAZone.isValidZone(timezone) ? timezone : fallback;
}

/** The midnight that begins the day `days` after the one `at` is in. */
export function midnightAfter(at: Instant, days: number, zone: string): Instant {
  return DateTime.fromMillis(at, { zone }).startOf('day').plus({ days }).startOf('day').toMillis();
}

/** How many midnights lie between the two; negative where `to` is earlier. */
export function daysBetween(from: Instant, to: Instant, zone: string): number {
  const [a, b] = [from, to].map((at) => DateTime.fromMillis(at, { zone }));
  return a === undefined || b === undefined ? 0 : dayNumber(b) - dayNumber(a);
}

function dayNumber({ year, month, day }: DateTime): number {
  return Date.UTC(year, month - 1, day) / 86_400_000;
}
