/**
 * What a condition means, said a second time and as plainly as it can be: filter the whole history at one instant, and
 * know nothing of indexes, order or when the answer may change. Shares nothing with `src/core` but its types.
 * @module
 */
import type { Condition, EventFilter, Expression, Json, Test } from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';

/** Is it true of this profile at this instant? */
export function oracle(condition: Condition, facts: Facts, now: number): boolean {
  if (condition.kind === 'audience') return [...facts.audiences].some((key) => key === condition.key);
  if (condition.kind === 'not') return oracle(condition.of, facts, now) === false;
  if (condition.kind === 'value') return passes(readValue(condition.of, facts, now), condition.test, now);
  if (condition.kind === 'events') {
    const { length } = counted(condition.events, facts, now);
    const tooFew = condition.times.atLeast !== undefined && length < condition.times.atLeast;
    const tooMany = condition.times.atMost !== undefined && length > condition.times.atMost;
    return !tooFew && !tooMany;
  }
  const trueOnes = condition.of.filter((part) => oracle(part, facts, now)).length;
  return condition.kind === 'all' ? trueOnes === condition.of.length : trueOnes > 0;
}

function counted(filter: EventFilter, facts: Facts, now: number): EventFact[] {
  return facts.events
    .filter((event) => event.at <= now)
    .filter((event) => filter.within === undefined || now < event.at + filter.within)
    .filter((event) => filter.since === undefined || (facts.enteredAt !== undefined && event.at > facts.enteredAt))
    .filter((event) => filter.names.some((name) => name === event.name || (name === '*' && !event.byEngine)))
    .filter((event) => !filter.where.some(({ path, test }) => !passes(at(event.properties, path), test, event.at)));
}

function readValue(expression: Expression, facts: Facts, now: number): Json | undefined {
  if (expression.kind === 'trait') return at(facts.traits, expression.path);
  if (expression.kind === 'ratio') {
    const [of, to] = [readValue(expression.of, facts, now), readValue(expression.to, facts, now)];
    return typeof of !== 'number' || typeof to !== 'number' || to === 0 ? undefined : of / to;
  }
  if (expression.kind === 'daysSince') {
    const then = dateOf(readValue(expression.of, facts, now));
    return then === null ? undefined : Math.floor((now - then) / 86_400_000);
  }
  const events = counted(expression.events, facts, now);
  const values: Json[] = [];
  for (const event of events) {
    const value = expression.property === undefined ? undefined : at(event.properties, expression.property);
    if (value !== undefined && value !== null) values.push(value);
  }
  const numbers = values.filter((value) => typeof value === 'number').map(Number);
  let sum = 0;
  for (const number of numbers) sum += number;
  const different = new Map(values.map((value) => [canonical(value), value]));
  const answers: Record<typeof expression.fn, Json | undefined> = {
    count: events.length,
    sum,
    average: numbers.length > 0 ? sum / numbers.length : undefined,
    min: [...numbers].sort((a, b) => a - b)[0],
    max: [...numbers].sort((a, b) => b - a)[0],
    first: values[0],
    last: values[values.length - 1],
    uniqueCount: different.size,
    uniqueList: [...different.values()],
  };
  return answers[expression.fn];
}

function passes(value: Json | undefined, test: Test, now: number): boolean {
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

function at(object: Json, path: string): Json | undefined {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return undefined;
  const entries = new Map(Object.entries(object));
  if (entries.has(path)) return entries.get(path);
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const inner = entries.get(path.slice(0, dot));
  return inner === undefined ? undefined : plainAt(inner, path.slice(dot + 1).split('.'));
}

/** Beneath the first part, a dot only ever leads inwards. */
function plainAt(value: Json, [key, ...rest]: readonly string[]): Json | undefined {
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const found = Object.entries(value).find(([name]) => name === key);
  return found === undefined ? undefined : plainAt(found[1], rest);
}

/** The histories below write dates as ISO texts in UTC or as epoch milliseconds. */
function dateOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return Math.abs(value) < 1e14 ? value : null;
  return typeof value === 'string' && /^\d{4}-/.test(value) ? new Date(value).getTime() : null;
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonical(one)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one as Json)}`);
  return `{${parts.sort().join()}}`;
}
