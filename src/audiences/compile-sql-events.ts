/**
 * Which events a filter means, in SQL: as `core/matching.ts` has it, for everybody at once.
 * @module
 */
import type { Anchor, CalendarDays, EventFilter, EventPattern } from '../core/condition.ts';
import { DAY, type Instant } from '../core/time.ts';
import {
  type Asking,
  allOf,
  anyOf,
  type Clause,
  definite,
  instant,
  likely,
  NO,
  number,
  onlyAsked,
  type Sql,
  subjectOf,
  text,
  texts,
} from './compile-sql-tables.ts';
import { testsOfEvent } from './compile-sql-tests.ts';

/** Events that match, before they are counted: `select … from ${from} where ${where}`. */
export interface Matching {
  readonly from: Sql;
  /** The kind of event, and every bound but the window. */
  readonly meant: Sql;
  /** The window; absent: there is none, and what counted once counts for ever. */
  readonly window?: Sql;
}

/** What the person did, which leaves out what the engine reports. */
export const OWN: Clause = definite("(e.type in ('track', 'page', 'screen') and not e.by_engine)");

/** Is `e` such an event? */
export function isMeant({ names, where }: EventPattern): Clause {
  const named = names.filter((name) => name !== '*');
  const kinds = [
    ...(named.length > 0 ? [definite(`e.name ${texts(named)}`)] : []),
    ...(names.includes('*') ? [OWN] : []),
  ];
  return allOf([anyOf(kinds), ...testsOfEvent(where)]);
}

/** `e` is of somebody who is asked about, and has happened. */
export function hasHappened(asking: Asking, by: Instant = asking.now): Clause {
  const subject = subjectOf(asking.of);
  const known = asking.of === 'person' ? '' : `${subject} is not null and `;
  return likely(`${known}e.occurred_at <= ${instant(by)}${onlyAsked(subject, asking)}`);
}

/** Null: there are none, whoever it is. */
export function matching(filter: EventFilter, asking: Asking): Matching | null {
  const { since, upTo, within, days } = filter;
  if (since === 'entry') return null;
  const subject = subjectOf(asking.of);
  const meant = [isMeant(filter), hasHappened(asking)];
  let from = 'events e';
  if (since !== undefined) {
    from += ` join ${asking.tables.define(anchorQuery(since, asking))} a on a.subject = ${subject}`;
    meant.push(definite('e.occurred_at > a.at'));
    if (upTo !== undefined) meant.push(definite(`e.occurred_at < a.at + ${span(upTo)}`));
  }
  const windows: Clause[] = within === undefined ? [] : [definite(youngerThan(within, asking.now))];
  if (days !== undefined) {
    from += ` join profiles w on w.id = ${subject}`;
    windows.push(definite(withinDays(days, asking.now)));
  }
  const window = windows.length === 0 ? {} : { window: allOf(windows).sql };
  return { from, meant: allOf(meant).sql, ...window };
}

/** The events that count now. */
export function inWindow({ from, meant, window }: Matching): Sql {
  return `from ${from} where ${meant}${window === undefined ? '' : ` and ${window}`}`;
}

/** Everybody with such an event has a row. */
export function whoDid(matched: Matching, { of }: Asking): Sql {
  return `select distinct ${subjectOf(of)} as subject ${inWindow(matched)}`;
}

/**
 * Has `p` at least one?
 * @param atTop the clause stands alone or among others that must all hold, where Postgres can join it either way
 */
export function hasOne(filter: EventFilter, asking: Asking, atTop: boolean): Clause {
  const matched = matching(filter, asking);
  if (matched === null) return NO;
  if (atTop && filter.since === undefined && filter.days === undefined)
    return definite(`exists (select ${inWindow(matched)} and ${subjectOf(asking.of)} = p.id)`);
  return definite(`${asking.tables.join(whoDid(matched, asking))}.subject is not null`);
}

/** How many count; 0 of none. */
export function countOf(matched: Matching, asking: Asking): { readonly counted: Sql; readonly orNone: Sql } {
  const subject = subjectOf(asking.of);
  const table = asking.tables.join(
    `select ${subject} as subject, count(*) as n ${inWindow(matched)} group by ${subject}`,
  );
  return { counted: `${table}.n`, orNone: `coalesce(${table}.n, 0)` };
}

/** Has `p` such an event at any time up to the present, bounds aside? Nothing else can come to count by time alone. */
export function everDid(filter: EventPattern, asking: Asking): Clause {
  const subject = subjectOf(asking.of);
  const { sql } = allOf([isMeant(filter), hasHappened(asking, asking.present)]);
  const table = asking.tables.join(`select distinct ${subject} as subject from events e where ${sql}`);
  return definite(`${table}.subject is not null`);
}

export function hasWindow({ within, days }: EventFilter): boolean {
  return within !== undefined || days !== undefined;
}

export function youngerThan(age: number, now: Instant): Sql {
  return `e.occurred_at > ${instant(now - age)}`;
}

/** For `at + span`. */
export function span(milliseconds: number): Sql {
  return `${number(milliseconds)} * interval '1 millisecond'`;
}

/** The date that a calendar on the wall shows. */
export function dateAt(at: Sql, zone: Sql): Sql {
  return `(${at} at time zone ${zone})::date`;
}

/** The time zone of a profile. */
export function zoneOf(traits: Sql, otherwise: string): Sql {
  return `zone_of(${traits}, ${text(otherwise)})`;
}

function withinDays({ count, zone }: CalendarDays, now: Instant): Sql {
  const own = zoneOf('w.traits', zone);
  // Days are at most an hour or two longer than 24: what is older need not be looked at.
  return `${youngerThan((count + 1) * DAY, now)} and ${dateAt('e.occurred_at', own)} > ${dateAt(instant(now), own)} - ${number(count)}`;
}

function anchorQuery(anchor: Anchor, asking: Asking): Sql {
  const subject = subjectOf(asking.of);
  const { sql } = allOf([isMeant(anchor), hasHappened(asking)]);
  const extreme = anchor.which === 'first' ? 'min' : 'max';
  return `select ${subject} as subject, ${extreme}(e.occurred_at) as at from events e where ${sql} group by ${subject}`;
}

/** A count within bounds. */
export function isWithin(
  count: Sql,
  { atLeast, atMost }: { readonly atLeast?: number; readonly atMost?: number },
): Clause {
  return allOf([
    ...(atLeast === undefined ? [] : [likely(`${count} >= ${number(atLeast)}`)]),
    ...(atMost === undefined ? [] : [likely(`${count} <= ${number(atMost)}`)]),
  ]);
}
