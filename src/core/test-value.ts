/**
 * The tests of a single value: equality, order, lists, text, presence and age.
 * @module
 */
import type { Json, Test } from './condition.ts';
import type { Instant } from './time.ts';

export interface Tested {
  readonly holds: boolean;
  /** When time alone changes the answer; only ages do that. */
  readonly until: Instant | null;
}

export function test(value: Json | undefined, wanted: Test, now: Instant): Tested {
  switch (wanted.op) {
    case 'is':
      return timeless(value !== undefined && same(value, wanted.value));
    case 'isNot':
      return timeless(value === undefined || !same(value, wanted.value));
    case 'in':
      return timeless(value !== undefined && wanted.value.some((one) => same(value, one)));
    case 'notIn':
      return timeless(value === undefined || !wanted.value.some((one) => same(value, one)));
    case 'contains':
      return timeless(contains(value, wanted.value));
    case 'notContains':
      return timeless(value !== undefined && !contains(value, wanted.value));
    case 'exists':
      return timeless((value !== undefined && value !== null) === wanted.value);
    case 'atLeast':
      return timeless(inOrder(value, wanted.value, (sign) => sign >= 0));
    case 'atMost':
      return timeless(inOrder(value, wanted.value, (sign) => sign <= 0));
    case 'above':
      return timeless(inOrder(value, wanted.value, (sign) => sign > 0));
    case 'below':
      return timeless(inOrder(value, wanted.value, (sign) => sign < 0));
    case 'olderThan':
    case 'newerThan':
      return testAge(value, wanted, now);
  }
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:(Z)|([+-]\d{2}):?(\d{2}))?)?$/i;
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * `2024-01-04T10:00:00Z`, `2024-01-04` or epoch milliseconds; undefined for anything else, and outside the years 0 to
 * 9999. UTC where no offset is given, whatever the machine's time zone; a part of a millisecond is cut off.
 */
export function instantOf(value: Json | undefined): Instant | undefined {
  const instant =
    typeof value === 'number' ? Math.floor(value) : typeof value === 'string' ? parseIso(value) : Number.NaN;
  return instant >= FIRST_INSTANT && instant <= LAST_INSTANT ? instant : undefined;
}

function parseIso(text: string): number {
  const [, day, time = '00:00', , hours, minutes] = ISO.exec(text) ?? [];
  if (day === undefined) return Number.NaN;
  return Date.parse(`${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
}

/** Equality of JSON values; the order of keys does not matter. */
export function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, index) => same(one, b[index]))
    );
  }
  const left = Object.entries(a);
  const right = new Map<string, Json>(Object.entries(b));
  return left.length === right.size && left.every(([key, one]) => right.has(key) && same(one, right.get(key) ?? null));
}

function timeless(holds: boolean): Tested {
  return { holds, until: null };
}

function testAge(
  value: Json | undefined,
  { op, value: age }: Extract<Test, { op: 'olderThan' | 'newerThan' }>,
  now: Instant,
): Tested {
  const at = instantOf(value);
  if (at === undefined) return timeless(false);
  const turns = at + age;
  const old = now >= turns;
  return { holds: old === (op === 'olderThan'), until: old ? null : turns };
}

function contains(value: Json | undefined, part: Json): boolean {
  if (typeof value === 'string') return typeof part === 'string' && value.includes(part);
  return Array.isArray(value) && value.some((one) => same(one, part));
}

function inOrder(value: Json | undefined, bound: number | string, accept: (sign: number) => boolean): boolean {
  if (typeof value === 'number' && typeof bound === 'number') return accept(value - bound);
  if (typeof value === 'string' && typeof bound === 'string') return accept(value < bound ? -1 : value > bound ? 1 : 0);
  return false;
}
