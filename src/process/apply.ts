/**
 * What an event, or the passing of time, does to one profile: memberships first, then runs under way, then entries.
 * Everything happens in event time: before an event is applied, the instants that fell due before it are.
 * Pure but for the profile, which is changed in place.
 * @module
 */

import { addEvent, type Change, dueAt, factsOf, reevaluate } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import { deadlineOf } from '../core/ending.ts';
import type { EventFact } from '../core/facts.ts';
import { concerns, type Touch } from '../core/interest.ts';
import type { Instant } from '../core/time.ts';
import type { CurrentAccount } from '../profiles/accounts.ts';
import type { Places } from '../runs/entry-places.ts';
import type { VersionShelf } from '../runs/version-shelf.ts';
import { watch } from '../runs/watch.ts';
import { audiencesFor, type Catalog, journeysFor } from './catalog.ts';
import {
  type Entry,
  type EntryRequest,
  enterJourneys,
  qualifiedByAudience,
  qualifiedByEvent,
  qualifiedByRequest,
} from './entries.ts';
import { nextInstant, type Profile, setTraits } from './profile.ts';

export interface Applying {
  readonly catalog: Catalog;
  readonly versions: VersionShelf;
  /** Where it is counted how many enter on a day. Absent: nowhere, and limits of journeys do not hold. */
  readonly places?: Pick<Places, 'take'>;
}

export type EntryEvent = EventFact & { readonly messageId: string };

/** Something that happened to a profile, as far as conditions care. */
export interface Happening {
  readonly at: Instant;
  /** Somebody asked the person in. */
  readonly request?: EntryRequest;
  /** Absent for calls that only tell about the profile. */
  readonly event?: EntryEvent;
  /** The profile's own traits afterwards, with the keys that changed. */
  readonly traits?: { readonly after: JsonObject; readonly changed: readonly string[] };
  /** Of a person: its account afterwards, where it is another one or has other traits. */
  readonly account?: CurrentAccount;
  /** What happened to those that the profile is related to; of an account, `entered` is the event if journeys start by it. */
  readonly heard?: Pick<Touch, 'event' | 'traits' | 'related'> & { readonly entered?: EntryEvent | undefined };
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
export function applyHappening(profile: Profile, happening: Happening, applying: Applying): void {
  const isNew = profile.filledTo === 0;
  const isSilent = happening.silentUntil !== undefined;
  if (isSilent) profile.quietUntil = Math.max(profile.quietUntil ?? 0, happening.silentUntil);
  bringUpToDate(profile, happening.at, applying);
  if (!isCrowded(profile)) applyDue(profile, happening.at, applying, 'before');
  const at = Math.max(happening.at, profile.appliedAt);

  const changedTraits = [
    ...(happening.traits?.changed ?? []),
    ...(happening.account === undefined ? [] : ['account']),
    ...(happening.heard?.traits ?? []),
  ];
  if (happening.traits !== undefined || happening.account !== undefined) {
    setTraits(profile, happening.traits?.after ?? profile.ownTraits, happening.account ?? profile.account);
  }
  for (const trait of changedTraits) profile.changedTraits?.add(trait);
  if (happening.event !== undefined) addEvent(profile, happening.event);
  profile.appliedAt = at;

  const audiences = audiencesFor(applying.catalog, profile);
  const { event, heard } = happening;
  const touch: Touch = {
    traits: changedTraits,
    related: heard?.related ?? [],
    event: event === undefined ? heard?.event : { name: event.name, byEngine: event.byEngine === true },
    anything: happening.everything === true || (happening.alsoDone ?? []).length > 0,
  };
  const touched = new Set(
    isNew || happening.everything ? audiences.all.map(({ key }) => key) : audiences.touchedBy(touch),
  );
  for (const done of happening.alsoDone ?? []) for (const key of audiences.touchedBy({ event: done })) touched.add(key);
  if (isCrowded(profile)) for (const key of dueAt(profile, at)) touched.add(key);
  const entering = isSilent ? 'nobody' : happening.entering;
  const changes = reevaluate(audiences, profile, touched, at, 'event');
  const journeys = journeysFor(applying.catalog, profile);
  const { request } = happening;
  const cause = event ?? heard?.entered;
  const asked = isSilent
    ? []
    : [
        ...(cause === undefined ? [] : qualifiedByEvent(cause, journeys)),
        ...(request === undefined ? [] : qualifiedByRequest(request, journeys)),
      ];
  follow(profile, changes, touch, at, applying, entering, asked);
}

/** Looked at event by event, an account with more events than this would hold up its lane. */
const CROWD = 10_000;

/**
 * An account of very many events. It is looked at once for all that happened in it, or fell due, since it was looked at
 * last: its audiences are right as of then, and what was true for a moment in between is passed over.
 */
export function isCrowded({ kind, events }: Pick<Profile, 'kind' | 'events'>): boolean {
  return kind === 'account' && events.length > CROWD;
}

/** Applies the instants up to `limit` (or strictly before it), one after the other. */
export function applyDue(profile: Profile, limit: Instant, applying: Applying, bound: 'before' | 'upTo'): void {
  for (;;) {
    const due = nextInstant(profile);
    if (due === null || due > limit || (bound === 'before' && due === limit)) return;
    const at = isCrowded(profile) ? Math.max(due, profile.appliedAt, bound === 'before' ? limit - 1 : limit) : due;
    profile.appliedAt = Math.max(profile.appliedAt, at);
    const changes = reevaluate(audiencesFor(applying.catalog, profile), profile, dueAt(profile, at), at, 'clock');
    follow(profile, changes, {}, at, applying, at > (profile.quietUntil ?? 0) ? 'everybody' : 'nobody');
  }
}

/**
 * Evaluates the audiences that were published since this profile was last looked at, as of their publication and in
 * silence: only whoever the publisher wants to enters a journey by it.
 */
export function bringUpToDate(profile: Profile, before: Instant, applying: Applying): void {
  const { catalog } = applying;
  if (profile.filledTo >= catalog.publicationId) return;
  const audiences = audiencesFor(catalog, profile);
  const isNew = profile.filledTo === 0;
  const stale = audiences.all.filter(({ changedIn }) => changedIn > profile.filledTo).map(({ key }) => key);
  profile.filledTo = catalog.publicationId;
  for (const key of profile.memberships.keys()) {
    if (audiences.get(key) !== undefined) continue;
    profile.memberships.delete(key);
    profile.dirty.add(key);
  }
  if (isNew || stale.length === 0) return;

  applyDue(profile, Math.min(before, catalog.publishedAt), applying, 'before');
  const at = Math.max(profile.appliedAt, catalog.publishedAt);
  const changes = reevaluate(audiences, profile, stale, at, 'definition');
  profile.appliedAt = at;
  follow(profile, changes, {}, at, applying, 'asked');
}

/** Who enters journeys: everybody, whoever the publisher wants to, or nobody. */
export type Entering = 'everybody' | 'asked' | 'nobody';

/**
 * What changes of audiences entail: runs end or wake, journeys are entered.
 * @param asked what is entered beside that, by an event or a request
 */
export function follow(
  profile: Profile,
  changes: readonly Change[],
  touch: Touch,
  at: Instant,
  applying: Applying,
  entering: Entering = 'everybody',
  asked: readonly Entry[] = [],
): void {
  profile.changes.push(...changes.map((change) => (entering === 'everybody' ? change : { ...change, entering })));
  watchRuns(profile, touch, changes, at, applying);
  const { catalog } = applying;
  const journeys = journeysFor(catalog, profile);
  const wanted = (change: Change) =>
    entering === 'everybody' || (entering === 'asked' && change.entered && catalog.enterExisting.has(change.audience));
  const qualified = [...changes.filter(wanted).flatMap((change) => qualifiedByAudience(change, journeys)), ...asked];
  if (qualified.length > 0 || (profile.waiting !== undefined && entering === 'everybody'))
    enterJourneys(profile, qualified, at, applying);
}

function watchRuns(
  profile: Profile,
  touch: Touch,
  changes: readonly Change[],
  at: Instant,
  { versions }: Applying,
): void {
  for (const run of profile.runs.values()) {
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
    const told = watch(run, journey, factsOf(profile), at);
    profile.runChanges.watched.add(run);
    if (told?.kind === 'end') profile.runChanges.ended.push({ run, log: told.log });
    if (told?.kind === 'wake') profile.runChanges.woken.push(run);
  }
}
