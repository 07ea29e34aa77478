/**
 * Entries into journeys: what a person qualifies for at one instant, and what comes of it.
 * @module
 */
import { type Change, factsOf } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import { inOrderOfPriority, instanceKeyOf, type Qualified } from '../core/entry.ts';
import { areRivals, groupVerdict, lapsed } from '../core/groups.ts';
import type { Journey } from '../core/journey.ts';
import { isMeant } from '../core/matching.ts';
import type { Instant } from '../core/time.ts';
import { type Entered, enter, type Run, runKey } from '../runs/enter.ts';
import type { JourneyIndex, PublishedJourney } from '../runs/journey-index.ts';
import { endRun, factsOfRun, watchUntil } from '../runs/watch.ts';
import type { Applying, EntryEvent } from './apply.ts';
import { journeysFor } from './catalog.ts';
import { type Profile, stickyName } from './profile.ts';

export interface Entry extends Qualified<PublishedJourney> {
  /** It waited for the end of another run: that it has to wait on is no news. */
  readonly waited?: true;
}

export function qualifiedByAudience(
  { audience, entered }: Pick<Change, 'audience' | 'entered'>,
  journeys: JourneyIndex,
): Entry[] {
  const by = entered ? 'audience' : 'leaving';
  return journeys.enteredByAudience(audience, entered).map((published) => ({ published, entry: { by, audience } }));
}

export function qualifiedByEvent(event: EntryEvent, journeys: JourneyIndex): Entry[] {
  const { name, messageId, properties } = event;
  return journeys
    .enteredByEvent(name, event.byEngine === true)
    .filter(({ journey: { enter: entry } }) => entry.by === 'event' && isMeant(entry.events, event))
    .map((published) => ({ published, entry: { by: 'event', event: name, messageId, properties } }));
}

export interface EntryRequest {
  readonly journey: string;
  readonly messageId: string;
  readonly properties: JsonObject;
}

/** Nothing where the journey has gone, or is not entered like that any more. */
export function qualifiedByRequest(
  { journey: key, messageId, properties }: EntryRequest,
  journeys: JourneyIndex,
): Entry[] {
  const published = journeys.get(key);
  if (published?.journey.enter.by !== 'request') return [];
  return [{ published, entry: { by: 'request', messageId, properties } }];
}

/** Tries everything that the person qualifies for at `at`, and what waited for the end of another run and need not any more. */
export function enterJourneys(profile: Profile, qualified: readonly Entry[], at: Instant, applying: Applying): void {
  const waited = (profile.waiting ?? []).length === 0 ? [] : waitedLongEnough(profile, at, applying);
  for (const one of inOrderOfPriority([...qualified, ...waited])) tryEntry(profile, one, at, applying);
}

/** Takes those whose way is free out of what waits. Whoever does not qualify any more is refused. */
function waitedLongEnough(profile: Profile, at: Instant, applying: Applying): Entry[] {
  const journeys = journeysFor(applying.catalog, profile);
  const underWay = runsUnderWay(profile, applying);
  const audiences = factsOf(profile).audiences;
  const free: Entry[] = [];
  profile.waiting = (profile.waiting ?? []).filter(({ journey: key, instance, entry }) => {
    const published = journeys.get(key);
    if (published === undefined) return false;
    if (groupVerdict(published.journey, underWay).kind !== 'enters') return true;
    const reason = lapsed(entry, audiences);
    if (reason === null) free.push({ published, entry, waited: true });
    else profile.runChanges.refused.push({ profileId: profile.id, journey: key, instance, at, reason });
    return false;
  });
  return free;
}

function tryEntry(profile: Profile, one: Entry, at: Instant, applying: Applying): void {
  const { id: profileId, runs, runChanges } = profile;
  const { published, entry, waited } = one;
  const { journey } = published;
  const instance = instanceKeyOf(journey, entry) ?? null;
  const verdict = judgeEntry(profile, one, at, applying);
  if (verdict.kind !== 'enters') {
    if (waited !== true || verdict.kind === 'refused')
      runChanges.refused.push({ profileId, journey: journey.key, instance, at, reason: verdict.reason });
    if (verdict.kind === 'waits') wait(profile, { journey: journey.key, instance, entry, since: at });
    return;
  }
  const { run, log, first, urgency, evicts, reason } = verdict;
  for (const rival of evicts) evict(profile, rival, reason, at);
  run.dueAt = watchUntil(run, applying.versions.get(published.hash).journey, factsOfRun(factsOf(profile), run), at);
  runs.set(runKey(run), run);
  runChanges.entered.push({ profileId, run, log, first, urgency });
}

/** What comes of an entry. */
type EntryVerdict =
  /** After `evicts` have ended, for this reason. */
  | (Entered & { readonly kind: 'enters'; readonly evicts: readonly Run[]; readonly reason: string })
  /** `waits`, `yields`: because of another journey of its group. */
  | { readonly kind: 'waits' | 'yields' | 'refused'; readonly reason: string };

/** What would come of it: nothing is changed, but that a place of the journey's day is taken where it has so many only. */
function judgeEntry(profile: Profile, { published, entry }: Entry, at: Instant, applying: Applying): EntryVerdict {
  const { id: profileId, runs } = profile;
  const { journey } = published;
  const closed = applying.catalog.closed?.[journey.key];
  if (closed !== undefined) return { kind: 'refused', reason: closed };
  const keepsRate = applying.catalog.settings.emailRate !== undefined;
  const asked = { profileId, person: stickyName(profile), runs, facts: factsOf(profile), at, entry, keepsRate };
  const outcome = enter(published, asked);
  if ('refused' in outcome) return { kind: 'refused', reason: outcome.refused };
  const verdict = groupVerdict(journey, runsUnderWay(profile, applying));
  if (verdict.kind !== 'enters') return verdict;
  const { limit } = journey;
  if (limit !== undefined && applying.places?.take(journey.key, limit, at) === false)
    return { kind: 'refused', reason: `${limit.perDay} entered on that day, and more may not` };
  return { ...outcome, kind: 'enters', evicts: verdict.evicts.map(({ run }) => run), reason: verdict.reason };
}

/** The last entry of its kind is the one that waits. */
function wait(profile: Profile, entry: NonNullable<Profile['waiting']>[number]): void {
  const others = (profile.waiting ?? []).filter((one) => runKey(one) !== runKey(entry));
  profile.waiting = [...others, entry];
}

function evict(profile: Profile, run: Run, reason: string, at: Instant): void {
  const log = endRun(run, { outcome: 'exited', reason, at });
  profile.runChanges.watched.add(run);
  profile.runChanges.ended.push({ run, log });
}

interface UnderWay {
  readonly run: Run;
  /** As it is in force, where it is published still. */
  readonly journey: Journey;
}

function runsUnderWay(profile: Profile, { catalog, versions }: Applying): UnderWay[] {
  const journeys = journeysFor(catalog, profile);
  return [...profile.runs.values()]
    .filter(({ status }) => status === 'active')
    .map((run) => ({ run, journey: journeys.get(run.journey)?.journey ?? versions.get(run.version).journey }));
}

/**
 * Two people who turn out to be one may be in several journeys of a group: the highest priority goes on, of equals the one
 * that was entered first.
 */
export function keepOneOfEachGroup(profile: Profile, at: Instant, applying: Applying): void {
  const kept: UnderWay[] = [];
  const inOrder = runsUnderWay(profile, applying).sort(
    (a, b) => b.journey.priority - a.journey.priority || a.run.enteredAt - b.run.enteredAt,
  );
  for (const one of inOrder) {
    const rival = kept.find(({ journey }) => areRivals(one.journey, journey));
    if (rival === undefined) kept.push(one);
    else
      evict(
        profile,
        one.run,
        `the person was in \`${rival.journey.key}\` of the group \`${rival.journey.group?.key}\` under another name`,
        at,
      );
  }
}
