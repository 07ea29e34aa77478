/**
 * What an event, or the passing of time, does to one person: memberships first, then runs under way, then entries.
 * Everything happens in event time: before an event is applied, the instants that fell due before it are.
 * Pure but for the person, who is changed in place.
 * @module
 */

import { addEvent, type Change, dueAt, factsOf, reevaluate } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import { inOrderOfPriority, type Qualified } from '../core/entry.ts';
import type { EventFact } from '../core/facts.ts';
import { concerns, type Touch } from '../core/interest.ts';
import { deadlineOf } from '../core/interpret.ts';
import { isMeant } from '../core/matching.ts';
import type { Instant } from '../core/time.ts';
import type { CurrentAccount } from '../profiles/accounts.ts';
import { type EntryAsked, enter } from '../runs/enter.ts';
import type { PublishedJourney } from '../runs/journey-index.ts';
import type { VersionShelf } from '../runs/version-shelf.ts';
import { watch, watchUntil } from '../runs/watch.ts';
import { audiencesFor, type Catalog } from './catalog.ts';
import { nextInstant, type Person, setTraits, stickyName } from './person.ts';

export interface Applying {
  readonly catalog: Catalog;
  readonly versions: VersionShelf;
}

/** Something that happened to a person, as far as conditions care. */
export interface Happening {
  readonly at: Instant;
  /** Absent for calls that only tell about the person. */
  readonly event?: EventFact & { readonly messageId: string };
  /** The person's own traits afterwards, with the keys that changed. */
  readonly traits?: { readonly after: JsonObject; readonly changed: readonly string[] };
  /** The person's account afterwards, where it is another one or has other traits. */
  readonly account?: CurrentAccount;
  /** What happened to those that the profile is related to. */
  readonly heard?: Pick<Touch, 'event' | 'traits' | 'related'>;
  /** Of an account: what else was done in it up to then, and has not been looked at. */
  readonly alsoDone?: readonly NonNullable<Touch['event']>[];
  /** Every audience is to be looked at. */
  readonly everything?: boolean;
  /** Who enters journeys by it. Absent: everybody. */
  readonly entering?: Entering;
  /** It is history that was imported, and was received then: no journey is entered by it, or by the clock up to here. */
  readonly silentUntil?: Instant;
}

/**
 * Applies one happening. One that comes late, after later instants have been applied, counts from those on: what was
 * acted on is not rewritten.
 */
export function applyHappening(person: Person, happening: Happening, applying: Applying): void {
  const isNew = person.filledTo === 0;
  const isSilent = happening.silentUntil !== undefined;
  if (isSilent) person.quietUntil = Math.max(person.quietUntil ?? 0, happening.silentUntil);
  bringUpToDate(person, happening.at, applying);
  if (!isCrowded(person)) applyDue(person, happening.at, applying, 'before');
  const at = Math.max(happening.at, person.appliedAt);

  const changedTraits = [
    ...(happening.traits?.changed ?? []),
    ...(happening.account === undefined ? [] : ['account']),
    ...(happening.heard?.traits ?? []),
  ];
  if (happening.traits !== undefined || happening.account !== undefined) {
    setTraits(person, happening.traits?.after ?? person.ownTraits, happening.account ?? person.account);
  }
  for (const trait of changedTraits) person.changedTraits?.add(trait);
  if (happening.event !== undefined) addEvent(person, happening.event);
  person.appliedAt = at;

  const audiences = audiencesFor(applying.catalog, person);
  const { event, heard } = happening;
  const touch: Touch = {
    traits: changedTraits,
    related: heard?.related ?? [],
    event: event === undefined ? heard?.event : { name: event.name, byEngine: event.byEngine === true },
  };
  const touched = new Set(
    isNew || happening.everything ? audiences.all.map(({ key }) => key) : audiences.touchedBy(touch),
  );
  for (const done of happening.alsoDone ?? []) for (const key of audiences.touchedBy({ event: done })) touched.add(key);
  if (isCrowded(person)) for (const key of dueAt(person, at)) touched.add(key);
  const entering = isSilent ? 'nobody' : happening.entering;
  const changes = reevaluate(audiences, person, touched, at, 'event');
  follow(person, changes, touch, at, applying, entering, isSilent ? undefined : event);
}

/** Looked at event by event, an account with more events than this would hold up its lane. */
const CROWD = 10_000;

/**
 * An account of very many events. It is looked at once for all that happened in it, or fell due, since it was looked at
 * last: its audiences are right as of then, and what was true for a moment in between is passed over.
 */
export function isCrowded({ kind, events }: Pick<Person, 'kind' | 'events'>): boolean {
  return kind === 'account' && events.length > CROWD;
}

/** Applies the instants up to `limit` (or strictly before it), one after the other. */
export function applyDue(person: Person, limit: Instant, applying: Applying, bound: 'before' | 'upTo'): void {
  for (;;) {
    const due = nextInstant(person);
    if (due === null || due > limit || (bound === 'before' && due === limit)) return;
    const at = isCrowded(person) ? Math.max(due, person.appliedAt, bound === 'before' ? limit - 1 : limit) : due;
    person.appliedAt = Math.max(person.appliedAt, at);
    const changes = reevaluate(audiencesFor(applying.catalog, person), person, dueAt(person, at), at, 'clock');
    follow(person, changes, {}, at, applying, at > (person.quietUntil ?? 0) ? 'everybody' : 'nobody');
  }
}

/**
 * Evaluates the audiences that were published since this person was last looked at, as of their publication and in
 * silence: only whoever the publisher wants to enters a journey by it.
 */
export function bringUpToDate(person: Person, before: Instant, applying: Applying): void {
  const { catalog } = applying;
  if (person.filledTo >= catalog.publicationId) return;
  const audiences = audiencesFor(catalog, person);
  const isNew = person.filledTo === 0;
  const stale = audiences.all.filter(({ changedIn }) => changedIn > person.filledTo).map(({ key }) => key);
  person.filledTo = catalog.publicationId;
  for (const key of person.memberships.keys()) {
    if (audiences.get(key) !== undefined) continue;
    person.memberships.delete(key);
    person.dirty.add(key);
  }
  if (isNew || stale.length === 0) return;

  applyDue(person, Math.min(before, catalog.publishedAt), applying, 'before');
  const at = Math.max(person.appliedAt, catalog.publishedAt);
  const changes = reevaluate(audiences, person, stale, at, 'definition');
  person.appliedAt = at;
  follow(person, changes, {}, at, applying, 'asked');
}

/** Who enters journeys: everybody, whoever the publisher wants to, or nobody. */
export type Entering = 'everybody' | 'asked' | 'nobody';

/** What changes of audiences, and an event, entail: runs end or wake, journeys are entered. */
export function follow(
  person: Person,
  changes: readonly Change[],
  touch: Touch,
  at: Instant,
  applying: Applying,
  entering: Entering = 'everybody',
  event?: Happening['event'],
): void {
  person.changes.push(...changes.map((change) => (entering === 'everybody' ? change : { ...change, entering })));
  if (person.kind === 'account') return;
  watchRuns(person, touch, changes, at, applying);
  const { catalog } = applying;
  const wanted = (change: Change) =>
    entering === 'everybody' || (entering === 'asked' && change.entered && catalog.enterExisting.has(change.audience));
  const qualified = [
    ...changes.filter(wanted).flatMap((change) => qualifiedByAudience(change, catalog)),
    ...(event === undefined ? [] : qualifiedByEvent(event, catalog)),
  ];
  for (const { published, entry } of inOrderOfPriority(qualified)) tryEntry(person, published, at, entry, applying);
}

function watchRuns(
  person: Person,
  touch: Touch,
  changes: readonly Change[],
  at: Instant,
  { versions }: Applying,
): void {
  for (const run of person.runs.values()) {
    if (run.status !== 'active') continue;
    const { journey, watched } = versions.get(run.version);
    const due = (run.dueAt !== null && run.dueAt <= at) || at > deadlineOf(journey, run.enteredAt);
    if (
      !due &&
      !concerns(
        watched,
        touch,
        changes.map(({ audience }) => audience),
      )
    )
      continue;
    const told = watch(run, journey, factsOf(person), at);
    person.runChanges.watched.add(run);
    if (told?.kind === 'end') person.runChanges.ended.push({ run, log: told.log });
    if (told?.kind === 'wake') person.runChanges.woken.push(run);
  }
}

function qualifiedByAudience({ audience, entered }: Change, { journeys }: Catalog): Qualified<PublishedJourney>[] {
  const by = entered ? 'audience' : 'leaving';
  return journeys.enteredByAudience(audience, entered).map((published) => ({ published, entry: { by, audience } }));
}

function qualifiedByEvent(
  event: NonNullable<Happening['event']>,
  { journeys }: Catalog,
): Qualified<PublishedJourney>[] {
  const { name, messageId, properties } = event;
  return journeys
    .enteredByEvent(name, event.byEngine === true)
    .filter(({ journey: { enter: entry } }) => entry.by === 'event' && isMeant(entry.events, event))
    .map((published) => ({ published, entry: { by: 'event', event: name, messageId, properties } }));
}

function tryEntry(
  person: Person,
  published: PublishedJourney,
  at: Instant,
  entry: JsonObject,
  { versions }: Applying,
): void {
  const { journey } = published;
  const facts = factsOf(person);
  const last = person.runs.get(journey.key);
  const asked: EntryAsked = {
    profileId: person.id,
    // A person is on the same side at every entry, whatever else it was called at the first.
    person: last?.person ?? stickyName(person),
    last,
    facts,
    at,
    entry,
  };
  const outcome = enter(published, asked);
  if ('refused' in outcome) {
    person.runChanges.refused.push({ profileId: person.id, journey: journey.key, at, reason: outcome.refused });
    return;
  }
  const { run, log } = outcome;
  run.dueAt = watchUntil(run, versions.get(published.hash).journey, { ...facts, enteredAt: at }, at);
  person.runs.set(journey.key, run);
  person.runChanges.entered.push({ profileId: person.id, run, log });
}
