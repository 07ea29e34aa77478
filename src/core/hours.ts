/**
 * Hours of the week by a person's own clock: when messages may go, and when they may not.
 *
 * An instant lies within hours if the clock on the person's wall says so. Where clocks are put back, an hour comes twice
 * and counts twice; where they are put forward, hours that do not come are not waited for.
 * @module
 */
import { IANAZone } from 'luxon';
import { DAY, type Instant, MINUTE, type Milliseconds } from './time.ts';

/** Monday is 1, Sunday 7. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Minutes after midnight. Where `to` is the earlier one, hours go on past midnight and belong to the day they began. */
export interface Hours {
  /** Absent: every day. */
  readonly days?: readonly Weekday[];
  readonly from: number;
  /** Excluded; 1440 is the end of the day. */
  readonly to: number;
}

export interface OpeningHours {
  /** Messages go within all of these. */
  readonly within: readonly Hours[];
  /** And outside of all of these. */
  readonly outside: readonly Hours[];
}

const MINUTES_A_DAY = 1_440;
/** Whatever opens once a week opens within this time, holidays of the clock included. */
const LOOKED_AHEAD = 15 * DAY;

/** The first instant from `from` on at which the hours are open in that zone; null: they never are. */
export function opensAt(hours: OpeningHours, zone: string, from: Instant): Instant | null {
  const all = [...hours.within, ...hours.outside];
  if (all.length === 0) return from;
  const offsetAt = offsets(zone);
  const marks = [...new Set([...all.flatMap((one) => [one.from, one.to]), MINUTES_A_DAY])].sort((a, b) => a - b);
  for (let at = from; at <= from + LOOKED_AHEAD; ) {
    const offset = offsetAt(at);
    if (isOpen(hours, at + offset)) return at;
    const sinceMidnight = modulo(at + offset, DAY);
    const mark = marks.find((minute) => minute * MINUTE > sinceMidnight) ?? MINUTES_A_DAY;
    const next = at + mark * MINUTE - sinceMidnight;
    at = offsetAt(next) === offset ? next : clocksChange(offsetAt, at, next);
  }
  return null;
}

/** @param local what the wall clock shows, as milliseconds since 1970 on it */
function isOpen({ within, outside }: OpeningHours, local: number): boolean {
  const minute = Math.floor(modulo(local, DAY) / MINUTE);
  // 1 January 1970 was a Thursday.
  const day = (modulo(Math.floor(local / DAY) + 3, 7) + 1) as Weekday;
  const holds = (hours: Hours) => contains(hours, day, minute);
  return within.every(holds) && !outside.some(holds);
}

function contains({ days, from, to }: Hours, day: Weekday, minute: number): boolean {
  const isOn = (one: Weekday) => days === undefined || days.includes(one);
  if (from < to) return isOn(day) && minute >= from && minute < to;
  return (isOn(day) && minute >= from) || (isOn(day === 1 ? 7 : ((day - 1) as Weekday)) && minute < to);
}

function offsets(zone: string): (at: Instant) => Milliseconds {
  const known = IANAZone.create(zone);
  return (at) => Math.round(known.offset(at) * MINUTE);
}

/** The first instant after `before` at which the offset is another; it is one at `after`. */
function clocksChange(offsetAt: (at: Instant) => Milliseconds, before: Instant, after: Instant): Instant {
  const offset = offsetAt(before);
  let [still, changed] = [before, after];
  while (changed - still > 1) {
    const middle = Math.floor((still + changed) / 2);
    if (offsetAt(middle) === offset) still = middle;
    else changed = middle;
  }
  return changed;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
