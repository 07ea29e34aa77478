/**
 * When a scheduled journey is entered: by the wall clock, in each person's time zone or in one for all.
 * @module
 */
import { DateTime } from 'luxon';
import { zoneOf } from './calendar.ts';
import type { JsonObject } from './condition.ts';
import type { Journey } from './journey.ts';
import { HOUR, type Instant, type Milliseconds } from './time.ts';

/** What a wall clock shows: `2026-03-01T10:00`. In order as text. */
export type LocalTime = string;

export interface Schedule {
  readonly audience: string;
  readonly when:
    | { readonly at: LocalTime }
    /** On these days of the week (Monday is 1), or on this day of the month (0: its last), at `HH:mm`. */
    | { readonly time: string; readonly weekdays: readonly number[] }
    | { readonly time: string; readonly monthDay: number };
  /** IANA. */
  readonly zone: string;
  /** By the clock of each person's trait `timezone`; where that names none, by that of `zone`. */
  readonly local: boolean;
  /** Between one person and the next, so that no more enter in a given time. Absent: all at once. */
  readonly pace?: Milliseconds;
}

const FORMAT = "yyyy-MM-dd'T'HH:mm";
/** The longest that two days of a month's schedule lie apart, and then some. */
const DAYS_AHEAD = 64;

/** The next time of the schedule that is later than `after`; null: there is none. */
export function occurrenceAfter({ when }: Pick<Schedule, 'when'>, after: LocalTime): LocalTime | null {
  if ('at' in when) return when.at > after ? when.at : null;
  const first = DateTime.fromISO(after.slice(0, 10), { zone: 'utc' });
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    const day = first.plus({ days: ahead });
    const occurrence = `${day.toISODate()}T${when.time}`;
    if (occurrence > after && isOn(when, day)) return occurrence;
  }
  return null;
}

function isOn(when: Exclude<Schedule['when'], { at: LocalTime }>, day: DateTime): boolean {
  if ('weekdays' in when) return when.weekdays.includes(day.weekday);
  return day.day === (when.monthDay === 0 ? day.daysInMonth : when.monthDay);
}

/** Is it one of the schedule's times? */
export function isOccurrence(schedule: Pick<Schedule, 'when'>, occurrence: LocalTime): boolean {
  const before = DateTime.fromISO(occurrence, { zone: 'utc' }).minus({ minutes: 1 }).toFormat(FORMAT);
  return occurrenceAfter(schedule, before) === occurrence;
}

/** When a clock in that zone shows it. Where clocks go forward past it: as much later; where it comes twice: the first time. */
export function instantIn(occurrence: LocalTime, zone: string): Instant {
  const possible = DateTime.fromISO(occurrence, { zone }).getPossibleOffsets();
  return Math.min(...possible.map((one) => one.toMillis()));
}

export function localTimeAt(at: Instant, zone: string): LocalTime {
  return DateTime.fromMillis(at, { zone }).toFormat(FORMAT);
}

/** The zone by whose clock this person enters. */
export function zoneFor({ local, zone }: Pick<Schedule, 'local' | 'zone'>, traits: JsonObject): string {
  return local ? zoneOf(traits, zone) : zone;
}

const EAST: Milliseconds = 14 * HOUR;
const WEST: Milliseconds = 12 * HOUR;

/** Every instant at which it is that time somewhere where people may be, in order. */
export function instantsOf({ local, zone }: Pick<Schedule, 'local' | 'zone'>, occurrence: LocalTime): Instant[] {
  if (!local) return [instantIn(occurrence, zone)];
  const utc = instantIn(occurrence, 'utc');
  const instants = new Set(zones().map((one) => instantIn(occurrence, one)));
  for (let offset = -WEST; offset <= EAST; offset += HOUR) instants.add(utc - offset);
  return [...instants].sort((a, b) => a - b);
}

let known: readonly string[] | undefined;
function zones(): readonly string[] {
  known ??= Intl.supportedValuesOf('timeZone');
  return known;
}

/** The schedule of a journey that has one. */
export function scheduleOf({ enter }: Pick<Journey, 'enter'>): Schedule | undefined {
  return enter.by === 'schedule' ? enter : undefined;
}

/** The first occurrence that this person has yet to come to after `after`, and when; null: there is none. */
export function nextFor(
  schedule: Schedule,
  traits: JsonObject,
  after: LocalTime,
): { readonly occurrence: LocalTime; readonly at: Instant } | null {
  const occurrence = occurrenceAfter(schedule, after);
  return occurrence === null ? null : { occurrence, at: instantIn(occurrence, zoneFor(schedule, traits)) };
}
