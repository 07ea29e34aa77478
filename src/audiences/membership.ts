/**
 * Membership by event and by clock, exactly: what changes for one profile when something happens at an instant.
 * Pure; the rows it reads and the changes it makes are `states.ts`'s.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { type Because, evaluate } from '../core/evaluate.ts';
import type { EventFact, Facts, Related } from '../core/facts.ts';
import { earlier, type Instant } from '../core/time.ts';
import type { AudienceIndex } from './audience-index.ts';

export interface Membership {
  member: boolean;
  /** When it last changed. */
  since: Instant;
  /** When time alone could change it next. */
  dueAt: Instant | null;
}

/** The part of a profile that membership is about. Changed in place. */
export interface Subject {
  traits: JsonObject;
  /** In order of time; those later than the instant in question do not count. */
  events: EventFact[];
  /** Only where the profile is a member or the clock has to look again. */
  readonly memberships: Map<string, Membership>;
  /** Absent where nobody asks, or where there are none. */
  related?: Related;
  /** Keys of `memberships` that changed and have to be stored. */
  readonly dirty: Set<string>;
}

export type Cause = 'event' | 'clock' | 'definition' | 'audience' | 'merge';

export interface Change {
  readonly audience: string;
  readonly entered: boolean;
  readonly at: Instant;
  readonly cause: Cause;
  readonly because: Because;
  /** The subject's at that instant. */
  readonly traits?: JsonObject;
  /** Only those whom a publisher asks in enter journeys by it, or nobody; absent: everybody does. */
  readonly entering?: 'asked' | 'nobody';
}

/** Evaluates the audiences and, where one changes, those that refer to it; returns the changes in order of rank. */
export function reevaluate(
  index: AudienceIndex,
  subject: Subject,
  keys: Iterable<string>,
  at: Instant,
  cause: Cause,
): Change[] {
  const changes: Change[] = [];
  const pending = new Set(keys);
  if (pending.size === 0) return changes;
  const audiences = new Set([...subject.memberships].filter(([, { member }]) => member).map(([key]) => key));
  const indirect = new Set<string>();

  for (const audience of index.all) {
    if (!pending.has(audience.key)) continue;
    const before = subject.memberships.get(audience.key);
    const { holds, until, because } = evaluate(
      audience.condition,
      { traits: subject.traits, events: subject.events, related: subject.related, audiences },
      at,
    );
    const changed = holds !== (before?.member ?? false);
    const dueAt = changed ? until : lookAgainAt(before?.dueAt ?? null, until, at);
    if (changed || (before?.dueAt ?? null) !== dueAt) {
      subject.memberships.set(audience.key, { member: holds, since: changed ? at : (before?.since ?? at), dueAt });
      subject.dirty.add(audience.key);
    }
    if (!changed) continue;
    if (holds) audiences.add(audience.key);
    else audiences.delete(audience.key);
    changes.push({
      audience: audience.key,
      entered: holds,
      at,
      cause: indirect.has(audience.key) ? 'audience' : cause,
      because,
      traits: subject.traits,
    });
    for (const dependent of index.dependentsOf(audience.key)) {
      if (!pending.has(dependent)) indirect.add(dependent);
      pending.add(dependent);
    }
  }
  return changes;
}

/**
 * When the clock has to look again, where it was to look at `known`: then, if that is no later than needed. To look too early
 * finds nothing and says when to look next; to store every instant that a new event puts off would cost far more.
 */
function lookAgainAt(known: Instant | null, until: Instant | null, at: Instant): Instant | null {
  return known !== null && until !== null && known > at && known < until ? known : until;
}

/** When the clock has to look at this profile next. */
export function nextDue(subject: Subject): Instant | null {
  let due: Instant | null = null;
  for (const { dueAt } of subject.memberships.values()) due = earlier(due, dueAt);
  return due;
}

/** Audiences whose instant has come. */
export function dueAt(subject: Subject, at: Instant): string[] {
  return [...subject.memberships].filter(([, { dueAt: due }]) => due !== null && due <= at).map(([key]) => key);
}

/** Puts an event in its place among the others: by time, and after those of the same time. */
export function addEvent(subject: Subject, event: EventFact): void {
  let place = subject.events.length;
  while (place > 0 && (subject.events[place - 1]?.at ?? 0) > event.at) place -= 1;
  subject.events.splice(place, 0, event);
}

/** What conditions may ask of the subject. */
export function factsOf({ traits, events, related, memberships }: Subject): Facts {
  return { traits, events, related, audiences: audiencesOf({ memberships }) };
}

/** Keys of the audiences a subject is in. */
export function audiencesOf(subject: Pick<Subject, 'memberships'>): ReadonlySet<string> {
  return new Set([...subject.memberships].filter(([, { member }]) => member).map(([key]) => key));
}
