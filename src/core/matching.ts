/**
 * Which events of a profile a filter means at an instant, and when that changes.
 * @module
 */
import { midnightAfter, zoneOf } from './calendar.ts';
import type { Anchor, EventFilter, EventPattern, Json, JsonObject } from './condition.ts';
import type { EventFact, Facts } from './facts.ts';
import { same, test } from './test-value.ts';
import { earlier, type Instant } from './time.ts';

/**
 * The value at `path`: a key as it stands, or keys joined by dots that lead into nested objects; through a list, what
 * its elements have there, those without left out.
 */
export function readPath(object: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(object, path)) return object[path];
  return readKeys(object, path.split('.'));
}

function readKeys(value: Json, keys: readonly string[]): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const found = value.map((one: Json) => readKeys(one, keys)).filter((one) => one !== undefined);
    return found.length === 0 ? undefined : found;
  }
  const object = value as JsonObject;
  return Object.hasOwn(object, key) ? readKeys(object[key] ?? null, rest) : undefined;
}

/**
 * Is it such an event, its time aside?
 * @param entryProperties of what the run was entered by, where there is one
 */
export function isMeant(
  { names, where, sameAsEntry = [] }: EventPattern,
  event: EventFact,
  entryProperties: JsonObject = {},
): boolean {
  if (!names.includes(event.name) && !(names.includes('*') && event.byEngine !== true)) return false;
  return (
    where.every(({ path, test: wanted }) => test(readPath(event.properties, path), wanted, event.at).holds) &&
    sameAsEntry.every((path) => isSame(readPath(event.properties, path), readPath(entryProperties, path)))
  );
}

/** Ids are written as numbers here and as texts there. */
function isSame(value: Json | undefined, entry: Json | undefined): boolean {
  if (value === undefined || entry === undefined || value === null || entry === null) return false;
  const [one, other] = [value, entry].map((side) => (typeof side === 'number' ? String(side) : side));
  return one !== undefined && other !== undefined && same(one, other);
}

export interface MatchingEvents {
  /** Those that count at `now`, oldest first. */
  readonly matched: readonly EventFact[];
  /** Those that counted once and are out of the window now, oldest first. */
  readonly outOfWindow: readonly EventFact[];
  /** When the next known event, still ahead of `now`, may change which ones count. */
  readonly nextArrival: Instant | null;
}

export function matchingEvents(filter: EventFilter, facts: Facts, now: Instant): MatchingEvents {
  const matched: EventFact[] = [];
  const outOfWindow: EventFact[] = [];
  const { after, before, nextAnchor } = boundsOf(filter, facts, now);
  if (filter.since === 'entry' && facts.enteredAt === undefined) return { matched, outOfWindow, nextArrival: null };
  const opens = opensAt(filter, facts, now);
  for (const event of facts.events) {
    if (event.at > now) {
      if (!isMeant(filter, event, facts.entryProperties)) continue;
      return { matched, outOfWindow, nextArrival: earlier(event.at, nextAnchor) };
    }
    if (event.at <= after || event.at >= before || !isMeant(filter, event, facts.entryProperties)) continue;
    if (event.at < opens) outOfWindow.push(event);
    else matched.push(event);
  }
  return { matched, outOfWindow, nextArrival: nextAnchor };
}

/** The first instant whose events are in the filter's window at `now`. */
function opensAt({ within, days }: EventFilter, { traits }: Facts, now: Instant): Instant {
  return Math.max(
    within === undefined ? -Infinity : now - within + 1,
    days === undefined ? -Infinity : midnightAfter(now, 1 - days.count, zoneOf(traits, days.zone)),
  );
}

/** When an event that happened at `at` leaves the filter's window; null: never. */
export function leavesAt(at: Instant, { within, days }: EventFilter, facts: Facts): Instant | null {
  return earlier(
    within === undefined ? null : at + within,
    days === undefined ? null : midnightAfter(at, days.count, zoneOf(facts.traits, days.zone)),
  );
}

interface Bounds {
  /** Only events strictly after this instant, */
  readonly after: Instant;
  /** and strictly before that one. */
  readonly before: Instant;
  readonly nextAnchor: Instant | null;
}

function boundsOf({ since, upTo }: EventFilter, facts: Facts, now: Instant): Bounds {
  const always: Bounds = { after: -Infinity, before: Infinity, nextAnchor: null };
  if (since === undefined) return always;
  if (since === 'entry') return { ...always, after: facts.enteredAt ?? Infinity };
  const anchor = anchorAt(since, facts, now);
  const nextAnchor =
    facts.events.find((event) => event.at > now && isMeant(since, event, facts.entryProperties))?.at ?? null;
  if (anchor === undefined) return { ...always, after: Infinity, nextAnchor };
  return { after: anchor.at, before: upTo === undefined ? Infinity : anchor.at + upTo, nextAnchor };
}

function anchorAt(anchor: Anchor, { events, entryProperties }: Facts, now: Instant): EventFact | undefined {
  const isIt = (event: EventFact) => event.at <= now && isMeant(anchor, event, entryProperties);
  return anchor.which === 'first' ? events.find(isIt) : events.findLast(isIt);
}
