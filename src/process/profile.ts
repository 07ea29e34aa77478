/**
 * A profile in memory, of a person or an account, while what happened is applied: its traits, memberships, facts and runs,
 * read together under one lock and stored together.
 * @module
 */
import { type Change, type Membership, nextDue, type Subject } from '../audiences/membership.ts';
import { loadMemberships, logChanges, saveMemberships } from '../audiences/states.ts';
import type { JsonObject } from '../core/condition.ts';
import type { EventFact, Related } from '../core/facts.ts';
import { earlier, type Instant } from '../core/time.ts';
import { followEnrichments } from '../enrichment/follow.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { type CurrentAccount, loadCurrentAccounts } from '../profiles/accounts.ts';
import { loadRelated } from '../profiles/related.ts';
import { lockProfileRows, type ProfileRow, saveProfileRows } from '../profiles/rows.ts';
import type { RunsOfProfile } from '../runs/enter.ts';
import { type Instances, loadLastRuns, noRunChanges, type RunChanges, saveRunChanges } from '../runs/run-rows.ts';
import type { VersionShelf } from '../runs/version-shelf.ts';
import { loadWaitingEntries, saveWaitingEntries, type WaitingEntry } from '../runs/waiting-entries.ts';
import type { Queryable } from '../store/database.ts';
import type { Catalog } from './catalog.ts';
import { changesToTell, tellRelatives } from './tell-relatives.ts';
import { tellSyncs } from './tell-syncs.ts';

export interface Profile extends Subject {
  readonly id: number;
  readonly kind: 'person' | 'account';
  userId: string | null;
  /** Own traits; `traits` has those of the account beside them. */
  ownTraits: JsonObject;
  /** Of a person: the one it joined last. */
  account: CurrentAccount | undefined;
  appliedAt: Instant;
  filledTo: number;
  /** Instants up to here are imported history. Absent: none are. */
  quietUntil?: Instant | undefined;
  /** Names of traits that changed since it was read. */
  readonly changedTraits?: Set<string>;
  readonly runs: RunsOfProfile;
  /** Entries that wait for the end of another run. Absent: none, and there were none when it was read. */
  waiting?: readonly WaitingEntry[] | undefined;
  /** `waiting` as it was read. */
  readonly waitingBefore?: readonly WaitingEntry[] | undefined;
  readonly changes: Change[];
  readonly runChanges: RunChanges;
  /** `ownTraits` as they were read. */
  readonly traitsBefore?: JsonObject;
  /** `filledTo` as it was read. */
  readonly filledBefore?: number;
}

export interface Loading {
  /** What to do about profiles that another transaction holds. Default: wait for it. `look`: lock none, to change none. */
  readonly whenBusy?: 'wait' | 'skip' | 'look';
  /** Those that may be entered. */
  readonly instances?: Instances;
}

/** Locks and reads the profiles. `earliest` is the first instant that will be asked about, those that fell due before aside. */
export async function loadProfiles(
  db: Queryable,
  catalog: Catalog,
  versions: VersionShelf,
  ids: readonly number[],
  earliest: Instant,
  { whenBusy = 'wait', instances = [] }: Loading = {},
): Promise<Map<number, Profile>> {
  const profiles = (await lockProfileRows(db, ids, whenBusy)).map((profile) => ({
    ...profile,
    filledTo: filledToOf(profile, catalog),
  }));
  const locked = profiles.map(({ id }) => id);
  const people = profiles.filter(({ kind }) => kind === 'person').map(({ id }) => id);
  const accounts = profiles.filter(({ kind }) => kind === 'account').map(({ id }) => id);
  const memberships = await loadMemberships(db, locked);
  const mayWait = catalog.journeys.mayWait || catalog.accounts.journeys.mayWait;
  const waiting = mayWait ? await loadWaitingEntries(db, locked) : undefined;
  const runs = await loadLastRuns(db, locked, withWaiting(instances, waiting));
  const current = await loadCurrentAccounts(db, people);
  const activeOf = (ids: readonly number[]) =>
    ids.flatMap((id) => [...(runs.get(id)?.values() ?? [])].filter(({ status }) => status === 'active'));
  const active = activeOf(locked);
  await Promise.all([...new Set(active.map(({ version }) => version))].map((hash) => versions.load(db, hash)));
  const followed = [...new Set(activeOf(people).map(({ version }) => version))];
  // What runs of accounts look at, the catalog knows.
  const interests = [catalog.interest, ...followed.map((hash) => versions.get(hash).watched)];
  const asked = new Set(interests.flatMap(({ related }) => [...related]));
  const since = Math.min(
    earliest,
    ...profiles.flatMap(({ appliedAt, filledTo }) =>
      filledTo < catalog.publicationId ? [Math.max(appliedAt, catalog.publishedAt)] : [],
    ),
    ...[...memberships.values()].flatMap((ofOne) => [...ofOne.values()].flatMap(({ dueAt }) => dueAt ?? [])),
    ...active.flatMap(({ dueAt }) => dueAt ?? []),
  );
  const events = await loadFacts(db, people, interests, since);
  const eventsIn = await loadFacts(db, accounts, [catalog.accounts.interest], since, 'account');
  const related = await loadRelated(db, 'person', people, asked);
  const relatedTo = await loadRelated(db, 'account', accounts, catalog.accounts.interest.related);
  return new Map(
    profiles.map((profile) => [
      profile.id,
      profileFrom(profile, {
        account: current.get(profile.id),
        memberships: memberships.get(profile.id),
        events: events.get(profile.id) ?? eventsIn.get(profile.id),
        runs: runs.get(profile.id),
        waiting: waiting?.get(profile.id),
        related: related.get(profile.id) ?? relatedTo.get(profile.id),
      }),
    ]),
  );
}

/** Whatever waits may be entered, too. */
function withWaiting(
  instances: Instances,
  waiting: ReadonlyMap<number, readonly WaitingEntry[]> | undefined,
): Instances {
  if (instances === 'all' || waiting === undefined) return instances;
  return [...instances, ...[...waiting.values()].flat().flatMap(({ instance }) => instance ?? [])];
}

/** A fill says of everybody whom it does not look at that nothing changes for them; for them nothing is stored. */
function filledToOf({ filledTo }: ProfileRow, catalog: Catalog): number {
  return filledTo === 0 ? 0 : Math.max(filledTo, catalog.filledTo ?? 0);
}

/** Stores whatever the profiles have become, in a few statements for all of them, and tells those they are related to. */
export async function saveProfiles(
  db: Queryable,
  catalog: Catalog,
  profiles: Iterable<Profile>,
  now: Instant,
): Promise<void> {
  const all = [...profiles];
  await saveProfileRows(
    db,
    all.map(({ id, ownTraits, traitsBefore, appliedAt, filledTo, quietUntil }) => ({
      id,
      traits: ownTraits === traitsBefore ? undefined : ownTraits,
      appliedAt,
      filledTo,
      quietUntil,
    })),
  );
  await saveMemberships(
    db,
    all.map((profile) => [profile.id, profile] as const),
  );
  const changeIds = await logChanges(
    db,
    all.flatMap((profile) => profile.changes.map((change) => ({ ...change, profileId: profile.id }))),
    now,
  );
  await tellSyncs(db, catalog.syncs, all, changeIds, now);
  await saveWaitingEntries(
    db,
    all.flatMap(({ id, waiting, waitingBefore }) =>
      waiting === waitingBefore ? [] : [{ profileId: id, waiting: waiting ?? [] }],
    ),
  );
  await saveRunChanges(db, all.reduce(addRunChanges, noRunChanges()), now);
  await followEnrichments(db, catalog.enrichments ?? [], all, now);
  await tellRelatives(db, changesToTell(all, catalog), now);
}

/** Sets traits; conditions see the account's as `account.<trait>`. */
export function setTraits(
  profile: Profile,
  own: JsonObject,
  account: CurrentAccount | undefined = profile.account,
): void {
  profile.ownTraits = own;
  profile.account = account;
  profile.traits = traitsOf(own, account);
}

/** What chance is drawn for. */
export function stickyName({ id, userId }: Pick<Profile, 'id' | 'userId'>): string {
  return userId ?? `profile:${id}`;
}

/** When time alone next concerns this profile: a membership, or a run's goal, exit or awaited condition. */
export function nextInstant(profile: Profile): Instant | null {
  let next = nextDue(profile);
  for (const run of profile.runs.values()) if (run.status === 'active') next = earlier(next, run.dueAt);
  return next;
}

function traitsOf(own: JsonObject, account: CurrentAccount | undefined): JsonObject {
  return account === undefined ? own : { ...own, account: account.traits };
}

interface Loaded {
  readonly account: CurrentAccount | undefined;
  readonly memberships: Map<string, Membership> | undefined;
  readonly events: EventFact[] | undefined;
  readonly runs: RunsOfProfile | undefined;
  readonly waiting: readonly WaitingEntry[] | undefined;
  readonly related: Related | undefined;
}

function profileFrom(profile: ProfileRow, { account, memberships, events, runs, waiting, related }: Loaded): Profile {
  return {
    id: profile.id,
    kind: profile.kind,
    userId: profile.userId,
    ownTraits: profile.traits,
    account,
    traits: traitsOf(profile.traits, account),
    appliedAt: profile.appliedAt,
    filledTo: profile.filledTo,
    quietUntil: profile.quietUntil,
    changedTraits: new Set(),
    memberships: memberships ?? new Map(),
    events: events ?? [],
    related,
    dirty: new Set(),
    runs: runs ?? new Map(),
    waiting,
    waitingBefore: waiting,
    changes: [],
    runChanges: noRunChanges(),
    traitsBefore: profile.traits,
    filledBefore: profile.filledTo,
  };
}

/** Reads anew to how many others the profile is related, and in which audiences those are. */
export async function reloadRelated(
  db: Queryable,
  profile: Profile,
  { catalog, versions }: { readonly catalog: Catalog; readonly versions: VersionShelf },
): Promise<void> {
  const watched = [...profile.runs.values()].filter(({ status }) => status === 'active');
  const interests = [catalog.interest, ...watched.map((run) => versions.get(run.version).watched)];
  const asked = new Set(interests.flatMap(({ related }) => [...related]));
  profile.related = (await loadRelated(db, profile.kind, [profile.id], asked)).get(profile.id);
}

function addRunChanges(all: RunChanges, { runChanges: more }: Profile): RunChanges {
  all.entered.push(...more.entered);
  all.ended.push(...more.ended);
  all.woken.push(...more.woken);
  all.refused.push(...more.refused);
  for (const run of more.watched) all.watched.add(run);
  return all;
}
