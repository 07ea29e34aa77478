/**
 * The oracle's part about single values: where they are, and what tests say of them.
 * @module
 */
import type { Json, Test } from '../../src/core/condition.ts';

export function passes(value: Json | undefined, test: Test, now: number): boolean {
  const present = value !== undefined;
  switch (test.op) {
    case 'exists':
      return test.value ? present && value !== null : !present || value === null;
    case 'is':
      return present && canonical(value) === canonical(test.value);
    case 'isNot':
      return !passes(value, { op: 'is', value: test.value }, now);
    case 'in':
      return present && test.value.map(canonical).includes(canonical(value));
    case 'notIn':
      return !passes(value, { op: 'in', value: test.value }, now);
    case 'contains':
      if (typeof value === 'string' && typeof test.value === 'string') return value.indexOf(test.value) !== -1;
      return Array.isArray(value) && value.map(canonical).includes(canonical(test.value));
    case 'notContains':
      return present && !passes(value, { op: 'contains', value: test.value }, now);
    case 'olderThan': {
      const then = dateOf(value);
      return then !== null && then + test.value <= now;
    }
    case 'newerThan': {
      const then = dateOf(value);
      return then !== null && then + test.value > now;
    }
    default: {
      if (typeof value !== typeof test.value || (typeof value !== 'number' && typeof value !== 'string')) return false;
      if (test.op === 'atLeast') return value >= test.value;
      if (test.op === 'atMost') return value <= test.value;
      return test.op === 'above' ? value > test.value : value < test.value;
    }
  }
}

/** What stands at the path: the whole of it may be a key of the outermost object, and lists are gone through. */
export function at(object: Json, path: string): Json | undefined {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return undefined;
  const entries = new Map(Object.entries(object));
  if (entries.has(path)) return entries.get(path);
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const inner = entries.get(path.slice(0, dot));
  return inner === undefined ? undefined : plainAt(inner, path.slice(dot + 1).split('.'));
}

/** Beneath the first part, a dot only ever leads inwards. */
function plainAt(value: Json, path: readonly string[]): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(value)) {
    const inside: (Json | undefined)[] = value.map((one: Json) => plainAt(one, path));
    const found = inside.filter((one): one is Json => one !== undefined);
    return found.length > 0 ? found : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const found = Object.entries(value).find(([name]) => name === key);
  return found === undefined ? undefined : plainAt(found[1], rest);
}

/** The histories below write dates as ISO texts in UTC or as epoch milliseconds. */
export function dateOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return Math.abs(value) < 1e14 ? Math.floor(value) : null;
  return typeof value === 'string' && /^\d{4}-/.test(value) ? new Date(value).getTime() : null;
}

export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonical(one)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one as Json)}`);
  return `{${parts.sort().join()}}`;
}
