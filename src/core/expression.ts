/**
 * Values of a profile: stored traits, and what is computed from events on the fly.
 * @module
 */
import type { EventFilter, Expression, Json, JsonObject } from './condition.ts';
import type { EventFact, Facts } from './facts.ts';
import { instantOf, same, test } from './test-value.ts';
import { DAY, earlier, type Instant } from './time.ts';

export interface Valued {
  /** Undefined where the profile has no such value. */
  readonly value: Json | undefined;
  /** The value stays as it is before this instant if nothing but time goes on; null: for ever. */
  readonly until: Instant | null;
}

export function computeValue(expression: Expression, facts: Facts, now: Instant): Valued {
  switch (expression.kind) {
    case 'trait':
      return { value: readPath(facts.traits, expression.path), until: null };
    case 'aggregate':
      return aggregate(expression, facts, now);
    case 'ratio': {
      const of = computeValue(expression.of, facts, now);
      const to = computeValue(expression.to, facts, now);
      const divisible = typeof of.value === 'number' && typeof to.value === 'number' && to.value !== 0;
      return { value: divisible ? Number(of.value) / Number(to.value) : undefined, until: earlier(of.until, to.until) };
    }
    case 'daysSince': {
      const { value, until } = computeValue(expression.of, facts, now);
      const at = instantOf(value);
      if (at === undefined) return { value: undefined, until };
      const days = Math.floor((now - at) / DAY);
      return { value: days, until: earlier(until, at + (days + 1) * DAY) };
    }
  }
}

/** The value at `path`: a key as it stands, or keys joined by dots that lead into nested objects. */
export function readPath(object: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(object, path)) return object[path];
  let value: Json | undefined = object;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

/** Does the event pass the filter, its time aside? */
export function isMeant({ names, where }: EventFilter, event: EventFact): boolean {
  if (!names.includes(event.name) && !(names.includes('*') && event.byEngine !== true)) return false;
  return where.every(({ path, test: wanted }) => test(readPath(event.properties, path), wanted, event.at).holds);
}

export interface MatchingEvents {
  /** Those that count at `now`, oldest first. */
  readonly matched: readonly EventFact[];
  /** When the next known event, still ahead of `now`, will count. */
  readonly nextArrival: Instant | null;
}

export function matchingEvents(filter: EventFilter, facts: Facts, now: Instant): MatchingEvents {
  const matched: EventFact[] = [];
  if (filter.since === 'entry' && facts.enteredAt === undefined) return { matched, nextArrival: null };
  const after = Math.max(
    filter.within === undefined ? Number.NEGATIVE_INFINITY : now - filter.within,
    filter.since === 'entry' ? (facts.enteredAt ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY,
  );
  for (const event of facts.events) {
    if (event.at <= after || !isMeant(filter, event)) continue;
    if (event.at > now) return { matched, nextArrival: event.at };
    matched.push(event);
  }
  return { matched, nextArrival: null };
}

function aggregate(
  { fn, events, property }: Extract<Expression, { kind: 'aggregate' }>,
  facts: Facts,
  now: Instant,
): Valued {
  const { matched, nextArrival } = matchingEvents(events, facts, now);
  const oldest = matched[0];
  const until = earlier(
    nextArrival,
    events.within === undefined || oldest === undefined ? null : oldest.at + events.within,
  );
  const values = property === undefined ? [] : valuesAt(property, matched);
  const numbers = values.filter((value): value is number => typeof value === 'number');
  const sum = numbers.reduce((total, value) => total + value, 0);
  switch (fn) {
    case 'count':
      return { value: matched.length, until };
    case 'sum':
      return { value: sum, until };
    case 'average':
      return { value: numbers.length === 0 ? undefined : sum / numbers.length, until };
    case 'min':
      return { value: numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.min(a, b)), until };
    case 'max':
      return { value: numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b)), until };
    case 'first':
      return { value: values[0], until };
    case 'last':
      return { value: values.at(-1), until };
    case 'uniqueCount':
      return { value: unique(values).length, until };
    case 'uniqueList':
      return { value: unique(values), until };
  }
}

/** What the events have at `path`, in their order; null is as good as absent, and a list is one value. */
function valuesAt(path: string, events: readonly EventFact[]): Json[] {
  const values: Json[] = [];
  for (const { properties } of events) {
    const value = readPath(properties, path);
    if (value !== undefined && value !== null) values.push(value);
  }
  return values;
}

function unique(values: readonly Json[]): readonly Json[] {
  return values.filter((value, index) => values.findIndex((other) => same(other, value)) === index);
}
