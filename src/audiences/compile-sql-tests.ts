/**
 * Values and their tests in SQL, as `core/test-value.ts` has them.
 * @module
 */
import type { Comparison, Json, PropertyTest, Test } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import {
  allOf,
  anyOf,
  type Clause,
  definite,
  float,
  json,
  likely,
  NO,
  not,
  number,
  type Sql,
  text,
  YES,
} from './compile-sql-tables.ts';

/** A value of a profile or an event; null in SQL where there is none. */
export interface Value {
  readonly type: 'json' | 'number';
  readonly sql: Sql;
  /** The same as text without quotes, where that can be had at once. */
  readonly text?: Sql;
}

export const NOTHING: Value = { type: 'json', sql: 'null::jsonb' };

export function asJson({ type, sql }: Value): Sql {
  return type === 'json' ? sql : `to_jsonb(${sql})`;
}

/** A text as it is; what else there is as JSON. */
function asText(value: Value): Sql {
  return value.text ?? `(${asJson(value)} #>> '{}')`;
}

/** As float8; null where it is no number. */
export function asNumber({ type, sql }: Value): Sql {
  return type === 'number' ? sql : `json_number(${sql})`;
}

/** The value at a path of an object, as `readPath` finds it. */
export function readPath(object: Sql, path: string): Value {
  const keys = path.split('.');
  const whole = `${object} -> ${text(path)}`;
  if (keys.length === 1) return { type: 'json', sql: `(${whole})`, text: `(${object} ->> ${text(path)})` };
  const steps = keys.map(
    (_, index) =>
      `${object}${keys
        .slice(0, index + 1)
        .map((key) => ` -> ${text(key)}`)
        .join('')}`,
  );
  const lists = steps.slice(0, -1).map((step) => `jsonb_typeof(${step}) = 'array'`);
  const inside = `case when ${lists.join(' or ')} then json_at(${object}, array[${keys.map(text).join()}]) else ${steps.at(-1)} end`;
  return { type: 'json', sql: `coalesce(${whole}, ${inside})` };
}

/** When ages are counted from: an instant, or SQL that gives epoch milliseconds. */
export type Since = Instant | Sql;

export function test(value: Value, wanted: Test, since: Since): Clause {
  switch (wanted.op) {
    case 'is':
      return equals(value, wanted.value);
    case 'isNot':
      return not(equals(value, wanted.value));
    case 'in':
      return isOneOf(value, wanted.value);
    case 'notIn':
      return not(isOneOf(value, wanted.value));
    case 'contains':
      return contains(value, wanted.value);
    case 'notContains':
      return allOf([definite(`${value.sql} is not null`), not(contains(value, wanted.value))]);
    case 'exists':
      return wanted.value ? exists(value) : not(exists(value));
    case 'atLeast':
    case 'atMost':
    case 'above':
    case 'below':
      return inOrder(value, wanted.op, wanted.value);
    case 'olderThan':
    case 'newerThan':
      return age(value, wanted.op, wanted.value, since);
  }
}

/** All of an event's property tests. */
export function testsOfEvent(where: readonly PropertyTest[]): Clause[] {
  return where.map((one) => test(readPath('e.properties', one.path), one.test, 'epoch_ms(e.occurred_at)'));
}

/** Two values with each other, as `compare` of `core/evaluate.ts` does. */
export function comparison(op: Comparison, left: Value, right: Value): Clause {
  if (op === 'isNot') return not(comparison('is', left, right));
  if (left.type === 'number' && right.type === 'number') return likely(`${left.sql} ${SIGNS[op]} ${right.sql}`);
  const [a, b] = [asJson(left), asJson(right)];
  if (op === 'is') return likely(`${a} = ${b}`);
  const texts = `in_code_units(${a} #>> '{}') collate "C" ${SIGNS[op]} in_code_units(${b} #>> '{}') collate "C"`;
  return likely(
    `case when jsonb_typeof(${a}) = jsonb_typeof(${b}) then
      case jsonb_typeof(${a}) when 'number' then ${a} ${SIGNS[op]} ${b} when 'string' then ${texts} end end`,
  );
}

const SIGNS = { is: '=', atLeast: '>=', atMost: '<=', above: '>', below: '<' } as const;

/**
 * Postgres knows nothing of what stands in documents, and takes it that hardly any is equal to something: it would go through
 * those few one by one. Written like this it takes it for half of them.
 */
function notRare(sql: Sql): Clause {
  return likely(`case when ${sql} then true end`);
}

function equals(value: Value, wanted: Json): Clause {
  if (value.type === 'json') return notRare(`${value.sql} = ${json(wanted)}`);
  return typeof wanted === 'number' ? likely(`${value.sql} = ${float(wanted)}`) : NO;
}

function isOneOf(value: Value, wanted: readonly Json[]): Clause {
  if (value.type === 'number') return anyOf(wanted.map((one) => equals(value, one)));
  return wanted.length === 0 ? NO : notRare(`${value.sql} in (${wanted.map(json).join(', ')})`);
}

function contains(value: Value, part: Json): Clause {
  if (value.type === 'number') return NO;
  const inList = `exists (select from jsonb_array_elements(${value.sql}) as elements (one) where one = ${json(part)})`;
  const inText = typeof part === 'string' ? ` when 'string' then strpos(${asText(value)}, ${text(part)}) > 0` : '';
  return likely(`case jsonb_typeof(${value.sql}) when 'array' then ${inList}${inText} end`);
}

function exists({ type, sql }: Value): Clause {
  return type === 'number' ? definite(`${sql} is not null`) : likely(`${sql} <> 'null'`);
}

function inOrder(value: Value, op: 'atLeast' | 'atMost' | 'above' | 'below', bound: number | string): Clause {
  if (typeof bound === 'number') {
    if (value.type === 'number') return likely(`${value.sql} ${SIGNS[op]} ${float(bound)}`);
    return notRare(`jsonb_typeof(${value.sql}) = 'number' and ${value.sql} ${SIGNS[op]} ${json(bound)}`);
  }
  if (value.type === 'number') return NO;
  // Only a bound with such a character can come between two orders of characters.
  const [given, wanted] = /[\uD800-\uFFFF]/.test(bound)
    ? [`in_code_units(${asText(value)})`, `in_code_units(${text(bound)})`]
    : [asText(value), text(bound)];
  return likely(`case jsonb_typeof(${value.sql}) when 'string' then ${given} collate "C" ${SIGNS[op]} ${wanted} end`);
}

/**
 * Texts of the usual form are in the order of their instants. What has its shape is of that form if there are digits
 * wherever the shape leaves room, it is a date that Postgres knows, and no second is the sixty-first.
 */
const SHAPE = '____-__-__T__:__:__.___Z';
const NOT_DIGITS = '[^0-9TZ:.-]|[TZ:.-][TZ:.-]|^.?.?[TZ:.-]|[TZ:.-].Z|:60[.]';

function isUsual(written: Sql): Sql {
  return `${written} like '${SHAPE}' and ${written} !~ '${NOT_DIGITS}' and pg_input_is_valid(${written}, 'timestamptz')`;
}

const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

function age(value: Value, op: 'olderThan' | 'newerThan', by: number, since: Since): Clause {
  const at = instantOf(value);
  const sign = op === 'olderThan' ? '<=' : '>';
  if (typeof since === 'string') return likely(`${at} ${sign} ${since} - ${number(by)}`);
  const bound = Math.floor(since - by);
  const compared = likely(`${at} ${sign} ${number(bound)}`);
  if (value.type === 'number' || bound < FIRST_INSTANT || bound > LAST_INSTANT) return compared;
  const written = asText(value);
  const compareTexts = `${written} collate "C" ${sign} ${text(new Date(bound).toISOString())}`;
  return likely(`case when ${isUsual(written)} then ${compareTexts} else ${compared.sql} end`);
}

/** Epoch milliseconds; null where the value is no instant. */
export function instantOf(value: Value): Sql {
  return `json_instant(${asJson(value)})`;
}

/** Is it so that time changes a test of this value? */
export function ages(value: Value, { op }: Test): Clause {
  return op === 'olderThan' || op === 'newerThan' ? definite(`${instantOf(value)} is not null`) : NO;
}

export function always(holds: boolean): Clause {
  return holds ? YES : NO;
}
