/**
 * Instants as a person's wall clock shows them: the next Tuesday at ten, three days before a date of theirs.
 *
 * Where clocks are put back, a time of day that comes twice means the first of the two. Where they are put forward, one
 * that does not come means as long after the gap as it lies in it: 2:30 becomes 3:30.
 * @module
 */
import { DateTime } from 'luxon';
import type { Expression, Json, JsonObject } from './condition.ts';
import { opensAt, type Weekday } from './hours.ts';
import { instantOf } from './test-value.ts';
import type { Instant } from './time.ts';

export type LocalMoment = Moment | UsualHour;

/** The hour that begins when the clock shows what `of` is, from 0 to below 24; where that is no hour, `otherwise`. */
export interface UsualHour {
  readonly by: 'hour';
  readonly of: Expression;
  /** In minutes after midnight. Absent: there is then nothing to wait for. */
  readonly otherwise?: number;
}

export type Moment =
  /** The next time the clock shows this; on that weekday, where one is named. */
  | { readonly by: 'clock'; readonly minute: number; readonly day?: Weekday }
  /** The day that a trait of the person names, or so many days later; at that time of day, where one is named. */
  | { readonly by: 'date'; readonly trait: string; readonly minute?: number; readonly days?: number };

const MINUTES_AN_HOUR = 60;
const MINUTES_A_DAY = 1_440;

/** The moment after `after` in that zone; null: the person has no such date. A date may lie before `after`. */
export function momentAfter(moment: Moment, traits: JsonObject, zone: string, after: Instant): Instant | null {
  if (moment.by === 'date') return onDate(moment, traits, zone);
  const today = DateTime.fromMillis(after, { zone }).startOf('day');
  for (let days = 0; ; days += 1) {
    const day = today.plus({ days });
    if (moment.day !== undefined && day.weekday !== moment.day) continue;
    const at = atTime(day, moment.minute);
    if (at > after) return at;
  }
}

/**
 * The first instant from `from` on within the hour that begins at what `shown` says: at once within that hour, and not on a
 * day on which the clock does not show it. Null: it is no hour, and there is no other.
 */
export function withinHour(
  shown: Json | undefined,
  { otherwise }: UsualHour,
  zone: string,
  from: Instant,
): Instant | null {
  const isHour = typeof shown === 'number' && shown >= 0 && shown < 24;
  const begins = isHour ? Math.floor(shown * MINUTES_AN_HOUR) : otherwise;
  if (begins === undefined) return null;
  const hour = { from: begins, to: (begins + MINUTES_AN_HOUR) % MINUTES_A_DAY };
  return opensAt({ within: [hour], outside: [] }, zone, from);
}

function onDate(
  { trait, minute, days = 0 }: Extract<Moment, { by: 'date' }>,
  traits: JsonObject,
  zone: string,
): Instant | null {
  const value = traits[trait];
  const instant = instantOf(value);
  if (instant === undefined) return null;
  // A day without a time of day is a day of the person's, not of UTC.
  const isDay = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const date = isDay ? DateTime.fromISO(value, { zone }) : DateTime.fromMillis(instant, { zone });
  const day = date.plus({ days });
  return minute === undefined ? first(day) : atTime(day.startOf('day'), minute);
}

function atTime(day: DateTime, minute: number): Instant {
  return first(day.set({ hour: Math.floor(minute / 60), minute: minute % 60 }));
}

/** Of the instants at which the clock shows this. */
function first(shown: DateTime): Instant {
  return Math.min(...shown.getPossibleOffsets().map((one) => one.toMillis()));
}
