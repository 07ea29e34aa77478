/**
 * Values computed from the events of a profile.
 * @module
 */
import { DateTime } from 'luxon';
import { zoneOf } from './calendar.ts';
import type { Expression, Habit, Json } from './condition.ts';
import type { Valued } from './expression.ts';
import type { EventFact, Facts } from './facts.ts';
import { leavesAt, matchingEvents, readPath } from './matching.ts';
import { same } from './test-value.ts';
import { earlier, type Instant } from './time.ts';

export function aggregate(
  { fn, events, property, habit }: Extract<Expression, { kind: 'aggregate' }>,
  facts: Facts,
  now: Instant,
): Valued {
  const { matched, outOfWindow, nextArrival } = matchingEvents(events, facts, now);
  const [oldest] = matched;
  const latest = fn === 'people' ? latestByPerson(matched) : null;
  // One person less is seen only when the last thing that person did is out of the window.
  const counts = latest === null ? oldest?.at : leastOf(latest.values());
  const until = earlier(nextArrival, counts === undefined ? null : leavesAt(counts, events, facts));
  const valuesOf = (those: readonly EventFact[]) => (property === undefined ? [] : valuesAt(property, those));
  const values = valuesOf(matched);
  return { until, value: compute() };

  function compute(): Json | undefined {
    switch (fn) {
      case 'count':
        return matched.length;
      case 'people':
        return latest?.size;
      case 'usualHour':
        return habit && usualHour(matched, habit, zoneOf(facts.traits, habit.zone));
      case 'first':
        return values[0];
      case 'last':
        return values.at(-1);
      case 'firstAt':
        return timeOf(oldest);
      case 'lastAt':
        return timeOf(matched.at(-1));
      case 'uniqueCount':
        return unique(values).length;
      case 'uniqueList':
        return unique(values);
      case 'newCount':
        return without(unique(values), valuesOf(outOfWindow)).length;
      case 'newList':
        return without(unique(values), valuesOf(outOfWindow));
      case 'sum':
      case 'average':
      case 'min':
      case 'max':
        return overNumbers(fn, values);
    }
  }
}

function overNumbers(fn: 'sum' | 'average' | 'min' | 'max', values: readonly Json[]): number | undefined {
  const numbers = values.filter((value): value is number => typeof value === 'number');
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (fn === 'sum') return finite(sum);
  if (numbers.length === 0) return undefined;
  if (fn === 'average') return finite(sum / numbers.length);
  return numbers.reduce((a, b) => (fn === 'min' ? Math.min(a, b) : Math.max(a, b)));
}

/** Absent where the result is too great for a number. */
export function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** When each person did the last of these. */
function latestByPerson(events: readonly EventFact[]): ReadonlyMap<number, Instant> {
  const latest = new Map<number, Instant>();
  for (const { person, at } of events) if (person !== undefined) latest.set(person, at);
  return latest;
}

function usualHour(events: readonly EventFact[], { atLeast }: Habit, zone: string): number | undefined {
  if (events.length < Math.max(1, atLeast)) return undefined;
  const counts = new Array<number>(24).fill(0);
  for (const { at } of events) {
    const { hour } = DateTime.fromMillis(at, { zone });
    counts[hour] = (counts[hour] ?? 0) + 1;
  }
  return counts.indexOf(Math.max(...counts));
}

function leastOf(instants: Iterable<Instant>): Instant | undefined {
  let least: Instant | undefined;
  for (const one of instants) if (least === undefined || one < least) least = one;
  return least;
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

function timeOf(event: EventFact | undefined): string | undefined {
  return event === undefined ? undefined : new Date(event.at).toISOString();
}

function unique(values: readonly Json[]): readonly Json[] {
  return values.filter((value, index) => values.findIndex((other) => same(other, value)) === index);
}

function without(values: readonly Json[], others: readonly Json[]): readonly Json[] {
  return values.filter((value) => !others.some((other) => same(other, value)));
}
