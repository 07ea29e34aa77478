/**
 * Who is in an audience, worked out the slow and simple way: everything a person ever did, looked at afresh for each
 * instant. Written without the engine's own evaluation, and sharing nothing with it but the form of a condition, so that
 * the two can be held against each other.
 * @module
 */
import type { Condition, Expression, Json, JsonObject, Test } from '../core/condition.ts';

const A_DAY = 86_400_000;

/** A person as known at one instant: what has happened until now, oldest first. */
export interface Known {
  readonly traits: JsonObject;
  readonly did: readonly { readonly name: string; readonly at: number; readonly properties: JsonObject }[];
}

type Audiences = Readonly<Record<string, Condition>>;
type Filter = Extract<Condition, { kind: 'events' }>['events'];

export function isTrue(condition: Condition, known: Known, now: number, audiences: Audiences): boolean {
  const holds = (part: Condition) => isTrue(part, known, now, audiences);
  switch (condition.kind) {
    case 'all':
      return condition.of.every(holds);
    case 'any':
      return condition.of.some(holds);
    case 'not':
      return !holds(condition.of);
    case 'value':
      return passes(valueFor(condition.of, known, now), condition.test, now);
    case 'audience': {
      const other = audiences[condition.key];
      return other !== undefined && holds(other);
    }
    case 'events': {
      const count = found(condition.events, known, now).length;
      return count >= (condition.times.atLeast ?? 0) && count <= (condition.times.atMost ?? count);
    }
    default:
      throw new Error(`The proof does not know conditions by ${condition.kind}`);
  }
}

/** How long after an event, or after an instant in a trait, the answer can change by time alone. */
export function delaysIn(conditions: readonly Condition[], longest: number): Set<number> {
  const delays = new Set<number>();
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const { within, op, value, kind } = part as Record<string, unknown>;
    if (typeof within === 'number') delays.add(within);
    if ((op === 'olderThan' || op === 'newerThan') && typeof value === 'number') delays.add(value);
    if (kind === 'daysSince') for (let days = A_DAY; days <= longest; days += A_DAY) delays.add(days);
    for (const inner of Object.values(part)) look(inner);
  };
  look(conditions);
  return delays;
}

function found({ names, where, within, since }: Filter, { did }: Known, now: number) {
  if (since !== undefined) return [];
  return did.filter(
    (event) =>
      (names.includes(event.name) || names.includes('*')) &&
      (within === undefined || now < event.at + within) &&
      where.every(({ path, test }) => passes(at(path, event.properties), test, event.at)),
  );
}

function valueFor(expression: Expression, known: Known, now: number): Json | undefined {
  if (expression.kind === 'trait') return at(expression.path, known.traits);
  if (expression.kind === 'arithmetic' && expression.op === '/') {
    const [of, to] = [valueFor(expression.left, known, now), valueFor(expression.right, known, now)];
    return typeof of === 'number' && typeof to === 'number' && to !== 0 ? of / to : undefined;
  }
  if (expression.kind === 'daysSince') {
    const since = timeIn(valueFor(expression.of, known, now));
    return Number.isNaN(since) ? undefined : Math.floor((now - since) / A_DAY);
  }
  if (expression.kind !== 'aggregate') throw new Error(`The proof does not know values by ${expression.kind}`);
  const { fn, property } = expression;
  const events = found(expression.events, known, now);
  if (fn === 'count') return events.length;
  const values = events
    .map(({ properties }) => (property === undefined ? undefined : at(property, properties)))
    .filter((value) => value !== undefined && value !== null);
  const numbers = values.filter((value) => typeof value === 'number');
  const sum = numbers.reduce((total, value) => total + value, 0);
  const unique = values.filter((value, place) => values.findIndex((other) => equal(other, value)) === place);
  if (fn === 'first') return values[0];
  if (fn === 'last') return values[values.length - 1];
  if (fn === 'uniqueCount') return unique.length;
  if (fn === 'uniqueList') return unique;
  if (fn === 'sum') return sum;
  if (numbers.length === 0) return undefined;
  if (fn === 'average') return sum / numbers.length;
  return fn === 'min' ? Math.min(...numbers) : Math.max(...numbers);
}

function passes(value: Json | undefined, test: Test, now: number): boolean {
  switch (test.op) {
    case 'is':
      return value !== undefined && equal(value, test.value);
    case 'isNot':
      return value === undefined || !equal(value, test.value);
    case 'in':
      return value !== undefined && test.value.some((one) => equal(value, one));
    case 'notIn':
      return value === undefined || !test.value.some((one) => equal(value, one));
    case 'exists':
      return (value !== undefined && value !== null) === test.value;
    case 'contains':
      return contains(value, test.value);
    case 'notContains':
      return value !== undefined && !contains(value, test.value);
    case 'olderThan':
      return timeIn(value) + test.value <= now;
    case 'newerThan':
      return timeIn(value) + test.value > now;
    case 'atLeast':
      return alike(value, test.value) && value >= test.value;
    case 'atMost':
      return alike(value, test.value) && value <= test.value;
    case 'above':
      return alike(value, test.value) && value > test.value;
    case 'below':
      return alike(value, test.value) && value < test.value;
  }
}

function contains(value: Json | undefined, part: Json): boolean {
  if (typeof value === 'string') return typeof part === 'string' && value.includes(part);
  return Array.isArray(value) && value.some((one) => equal(one, part));
}

function alike(value: Json | undefined, bound: number | string): value is number | string {
  return typeof value === typeof bound;
}

function at(path: string, object: JsonObject): Json | undefined {
  if (path in object) return object[path];
  let inside: Json | undefined = object;
  for (const key of path.split('.')) inside = (inside as JsonObject | undefined | null)?.[key];
  return inside;
}

function timeIn(value: Json | undefined): number {
  return typeof value === 'string' || typeof value === 'number' ? new Date(value).getTime() : Number.NaN;
}

function equal(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
