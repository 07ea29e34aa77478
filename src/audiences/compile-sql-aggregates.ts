/**
 * Values computed from events, in SQL: as `core/aggregate.ts` and `core/score.ts` have them.
 * @module
 */
import type { Decay, EventFilter, Expression, Habit } from '../core/condition.ts';
import { HALF_LIVES } from '../core/score.ts';
import { DAY, type Instant } from '../core/time.ts';
import { countOf, inWindow, type Matching, matching, youngerThan, zoneOf } from './compile-sql-events.ts';
import { type Asking, float, instant, type Sql, subjectOf } from './compile-sql-tables.ts';
import { NOTHING, readPath, type Value } from './compile-sql-tests.ts';

type AggregateExpression = Extract<Expression, { kind: 'aggregate' }>;

/** Oldest first, as the core goes through them. */
const IN_ORDER = 'order by e.occurred_at, e.id';
const LATEST_FIRST = 'order by e.occurred_at desc, e.id desc';

export function aggregate({ fn, events, property, habit }: AggregateExpression, asking: Asking): Value {
  const matched = matching(events, asking);
  if (matched === null) return valueOfNone(fn);
  const value = property === undefined ? 'null::jsonb' : readPath('e.properties', property).sql;
  const had = `nullif(${value}, 'null')`;
  const number = `json_number(${value})`;
  const perProfile = (column: Sql) => asking.tables.join(perProfileQuery(column, matched, asking));
  switch (fn) {
    case 'count':
      return { type: 'number', sql: `${countOf(matched, asking).orNone}::float8` };
    case 'people': {
      if (asking.of === 'person') return valueOfNone(fn);
      return orZero(perProfile('count(distinct nullif(e.profile_id, e.account_id))::float8'));
    }
    case 'usualHour':
      return habit === undefined ? NOTHING : numberOf(asking.tables.join(usualHourQuery(habit, matched, asking)));
    case 'first':
    case 'last': {
      const order = fn === 'first' ? IN_ORDER : LATEST_FIRST;
      return jsonOf(perProfile(`(array_agg(${had} ${order}) filter (where ${had} is not null))[1]`));
    }
    case 'firstAt':
    case 'lastAt': {
      const at = `${fn === 'firstAt' ? 'min' : 'max'}(e.occurred_at) at time zone 'UTC'`;
      return jsonOf(perProfile(`to_jsonb(to_char(${at}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`));
    }
    case 'uniqueCount':
      return orZero(perProfile(`count(distinct ${had})::float8`));
    case 'uniqueList':
      return orEmpty(perProfile(uniqueList(had)));
    case 'newCount':
      return orZero(asking.tables.join(newQuery('count(*)::float8', had, matched, asking)));
    case 'newList':
      return orEmpty(asking.tables.join(newQuery('jsonb_agg(one order by place)', had, matched, asking)));
    case 'sum': {
      const table = perProfile(`float_sum(${number} ${IN_ORDER})`);
      return { type: 'number', sql: `case when ${table}.subject is null then 0 else ${table}.value end` };
    }
    case 'average':
      return numberOf(perProfile(`float_divide(float_sum(${number} ${IN_ORDER}), count(${number})::float8)`));
    case 'min':
    case 'max':
      return numberOf(perProfile(`${fn}(${number})`));
  }
}

function perProfileQuery(column: Sql, matched: Matching, { of }: Asking): Sql {
  return `select ${subjectOf(of)} as subject, ${column} as value ${inWindow(matched)} group by ${subjectOf(of)}`;
}

/** Of as many in several hours, the first hour. */
function usualHourQuery({ zone, atLeast }: Habit, matched: Matching, { of }: Asking): Sql {
  const own = zoneOf('hours_of.traits', zone);
  const hourly = `
    select subject, extract(hour from occurred_at at time zone ${own}) as hour, count(*) as times
    from (select ${subjectOf(of)} as subject, e.occurred_at ${inWindow(matched)}) as one
    join profiles as hours_of on hours_of.id = subject
    group by subject, hour`;
  return `
    select subject, (array_agg(hour order by times desc, hour))[1]::float8 as value from (${hourly}) as hourly
    group by subject having sum(times) >= ${float(atLeast)}`;
}

function uniqueList(had: Sql): Sql {
  return `json_unique(array_agg(${had} ${IN_ORDER}) filter (where ${had} is not null))`;
}

/** Values of events in the window that no event before the window had. */
function newQuery(column: Sql, had: Sql, { from, meant, window = 'true' }: Matching, { of }: Asking): Sql {
  const numbered = `
    select ${subjectOf(of)} as subject, ${had} as one, ${window} as counts,
      row_number() over (${IN_ORDER}) as place
    from ${from} where ${meant}`;
  const fresh = `
    select subject, one, min(place) as place from (${numbered}) as numbered where one is not null
    group by subject, one having bool_and(counts)`;
  return `select subject, ${column} as value from (${fresh}) as fresh group by subject`;
}

function jsonOf(table: string): Value {
  return { type: 'json', sql: `${table}.value` };
}

function numberOf(table: string): Value {
  return { type: 'number', sql: `${table}.value` };
}

function orZero(table: string): Value {
  return { type: 'number', sql: `coalesce(${table}.value, 0)` };
}

function orEmpty(table: string): Value {
  return { type: 'json', sql: `coalesce(${table}.value, '[]')` };
}

function valueOfNone(fn: AggregateExpression['fn']): Value {
  switch (fn) {
    case 'count':
    case 'sum':
    case 'uniqueCount':
    case 'newCount':
    case 'people':
      return { type: 'number', sql: '0::float8' };
    case 'uniqueList':
    case 'newList':
      return { type: 'json', sql: "'[]'::jsonb" };
    default:
      return NOTHING;
  }
}

/** What the events give together, each its share by its age; 0 of none. */
export function sharesOf(events: EventFilter, decay: Decay | null, asking: Asking): Sql {
  const matched = matching(events, asking);
  if (matched === null) return '0::float8';
  if (decay === null) return `${countOf(matched, asking).orNone}::float8`;
  const { share, end } = shareOf(decay, asking.now);
  const young = { ...matched, meant: `${matched.meant} and ${youngerThan(end, asking.now)}` };
  const table = asking.tables.join(perProfileQuery(`float_sum(${share} ${IN_ORDER})`, young, asking));
  return `coalesce(${table}.value, 0)`;
}

function shareOf(decay: Decay, now: Instant): { readonly share: Sql; readonly end: number } {
  if ('steps' in decay) {
    const cases = decay.steps.map(({ until, share }) => ` when ${youngerThan(until, now)} then ${float(share)}`);
    return { share: `case${cases.join('')} else 0 end`, end: Math.max(0, ...decay.steps.map(({ until }) => until)) };
  }
  const end = HALF_LIVES * decay.halfLife;
  // Worked out here, because powers may differ in their last digit between the two.
  const shares = Array.from({ length: Math.ceil(end / DAY) + 1 }, (_, days) => 2 ** -((days * DAY) / decay.halfLife));
  const days = `extract(epoch from ${instant(now)} - e.occurred_at) * 1000 / ${DAY}`;
  return { share: `('{${shares.join()}}'::float8[])[floor(${days})::int + 1]`, end };
}
