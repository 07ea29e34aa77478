/**
 * A person in memory while what happened is applied: profile, memberships, facts and runs, read together under one lock
 * and stored together.
 * @module
 */
import { type Change, type Membership, nextDue, type Subject } from '../audiences/membership.ts';
import { loadMemberships, logChanges, saveMemberships } from '../audiences/states.ts';
import type { JsonObject } from '../core/condition.ts';
import type { EventFact } from '../core/facts.ts';
import { earlier, type Instant } from '../core/time.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { loadAccountTraits, lockProfiles, type ProfileRow, saveProfiles } from '../profiles/rows.ts';
import type { Run } from '../runs/enter.ts';
import { loadLastRuns, noRunChanges, type RunChanges, saveRunChanges } from '../runs/run-rows.ts';
import type { VersionShelf } from '../runs/version-shelf.ts';
import type { Queryable } from '../store/database.ts';
import type { SyncIndex } from '../sync/sync-index.ts';
import type { Catalog } from './catalog.ts';
import { tellSyncs } from './tell-syncs.ts';

export interface Person extends Subject {
  readonly id: number;
  userId: string | null;
  /** Own traits; `traits` has those of the account beside them. */
  ownTraits: JsonObject;
  accountTraits: JsonObject | undefined;
  appliedAt: Instant;
  filledTo: number;
  /** The last run of every journey the person was in. */
  readonly runs: Map<string, Run>;
  readonly changes: Change[];
  readonly runChanges: RunChanges;
  /** Who is told of the changes. Absent: nobody. */
  readonly syncs?: SyncIndex;
  /** `filledTo` as it was read. */
  readonly filledBefore?: number;
}

/** Locks and reads the people. `earliest` is the first instant that will be asked about. */
export async function loadPeople(
  db: Queryable,
  catalog: Catalog,
  versions: VersionShelf,
  ids: readonly number[],
  earliest: Instant,
  whenBusy: 'wait' | 'skip' = 'wait',
): Promise<Map<number, Person>> {
  const profiles = await lockProfiles(db, ids, whenBusy);
  const locked = profiles.map(({ id }) => id);
  const memberships = await loadMemberships(db, locked);
  const runs = await loadLastRuns(db, locked);
  const accounts = await loadAccountTraits(db, locked);
  const active = [...runs.values()].flatMap((ofOne) => [...ofOne.values()]).filter((run) => run.status === 'active');
  const watched = await Promise.all(
    [...new Set(active.map((run) => run.version))].map((hash) => versions.load(db, hash)),
  );
  const events = await loadFacts(
    db,
    locked,
    [catalog.interest, ...watched.map((version) => version.watched)],
    earliest,
  );
  return new Map(
    profiles.map((profile) => [
      profile.id,
      personFrom(
        profile,
        accounts.get(profile.id),
        memberships.get(profile.id),
        events.get(profile.id),
        runs.get(profile.id),
        catalog.syncs,
      ),
    ]),
  );
}

/** Stores whatever the people have become, in a few statements for all of them. */
export async function savePeople(db: Queryable, people: Iterable<Person>, now: Instant): Promise<void> {
  const all = [...people];
  await saveProfiles(
    db,
    all.map(({ id, userId, ownTraits, appliedAt, filledTo }) => ({
      id,
      userId,
      traits: ownTraits,
      appliedAt,
      filledTo,
    })),
  );
  await saveMemberships(
    db,
    all.map((person) => [person.id, person] as const),
  );
  const changes = all.flatMap((person) => person.changes.map((change) => ({ ...change, profileId: person.id })));
  const changeIds = await logChanges(db, changes, now);
  await tellSyncs(db, all[0]?.syncs, all, changeIds, now);
  await saveRunChanges(db, all.reduce(addRunChanges, noRunChanges()), now);
}

/** Sets traits; conditions see the account's as `account.<trait>`. */
export function setTraits(
  person: Person,
  own: JsonObject,
  account: JsonObject | undefined = person.accountTraits,
): void {
  person.ownTraits = own;
  person.accountTraits = account;
  person.traits = account === undefined ? own : { ...own, account };
}

/** What chance is drawn for. */
export function stickyName({ id, userId }: Pick<Person, 'id' | 'userId'>): string {
  return userId ?? `profile:${id}`;
}

/** When time alone next concerns this person: a membership, or a run's goal, exit or awaited condition. */
export function nextInstant(person: Person): Instant | null {
  let next = nextDue(person);
  for (const run of person.runs.values()) if (run.status === 'active') next = earlier(next, run.dueAt);
  return next;
}

function personFrom(
  profile: ProfileRow,
  account: JsonObject | undefined,
  memberships: Map<string, Membership> | undefined,
  events: EventFact[] | undefined,
  runs: Map<string, Run> | undefined,
  syncs: SyncIndex | undefined,
): Person {
  return {
    id: profile.id,
    userId: profile.userId,
    ownTraits: profile.traits,
    accountTraits: account,
    traits: account === undefined ? profile.traits : { ...profile.traits, account },
    appliedAt: profile.appliedAt,
    filledTo: profile.filledTo,
    memberships: memberships ?? new Map(),
    events: events ?? [],
    dirty: new Set(),
    runs: runs ?? new Map(),
    changes: [],
    runChanges: noRunChanges(),
    ...(syncs !== undefined && { syncs, filledBefore: profile.filledTo }),
  };
}

function addRunChanges(all: RunChanges, { runChanges: more }: Person): RunChanges {
  all.entered.push(...more.entered);
  all.ended.push(...more.ended);
  all.woken.push(...more.woken);
  all.refused.push(...more.refused);
  for (const run of more.watched) all.watched.add(run);
  return all;
}
