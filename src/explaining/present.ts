/**
 * Reads what a life in virtual time goes on from: somebody as they are now, their runs under way, and all that the next
 * moves of these depend on. Of an account also its people. Nothing is locked.
 * @module
 */
import { sql } from 'kysely';
import { reachOf, type Sent } from '../core/caps.ts';
import { experimentsOf } from '../core/experiment.ts';
import { type Interest, joinInterests } from '../core/interest.ts';
import type { Cap } from '../core/journey.ts';
import type { Offer } from '../core/offer.ts';
import type { Instant } from '../core/time.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { type Catalog, type CatalogShelf, journeysFor } from '../process/catalog.ts';
import { loadProfiles, type Profile } from '../process/profile.ts';
import { loadAccountsOf } from '../profiles/accounts.ts';
import { loadRelated } from '../profiles/related.ts';
import type { Run } from '../runs/enter.ts';
import { heldFrom } from '../runs/held-runs.ts';
import type { JourneyIndex } from '../runs/journey-index.ts';
import { sentSince } from '../runs/ledger.ts';
import { usedUpOffers } from '../runs/offer-stock.ts';
import { readGrants } from '../runs/offers.ts';
import { lookAtRun } from '../runs/run-state.ts';
import { standingWishes, wishesOf } from '../runs/suppression.ts';
import { knownOf } from '../runs/variants.ts';
import type { Version } from '../runs/version-shelf.ts';
import type { Present, PresentProfile, PresentRun, Tied } from '../simulate/present.ts';
import type { VirtualWorld } from '../simulate/virtual-world.ts';
import type { Queryable } from '../store/database.ts';

/** Of more people together it is not looked at what they do to each other. */
const MOST_PEOPLE = 100;

export interface Reading {
  readonly tx: Queryable;
  readonly catalog: Catalog;
  readonly versions: CatalogShelf['versions'];
  readonly offers: Readonly<Record<string, Offer>>;
  /** Does anything that people are in depend on what happens in their accounts? */
  readonly looksAtAccounts: boolean;
  /** A journey whose pause counts as over. */
  readonly resumed: string;
  readonly now: Instant;
}

export interface ReadPresent {
  readonly world: VirtualWorld;
  readonly present: Present;
  /** What there was too much of: other runs of an account's people, or of a person all that happens in their accounts. */
  readonly leavesOut: 'runs of its people' | 'accounts' | null;
}

/** @returns undefined where there is no such profile */
export async function readPresent(profileId: number, reading: Reading): Promise<ReadPresent | undefined> {
  const { tx, catalog, versions, now } = reading;
  const looking = { whenBusy: 'look', instances: 'all' } as const;
  const load = (ids: readonly number[]) => loadProfiles(tx, catalog, versions, ids, now, looking);
  const asked = (await load([profileId])).get(profileId);
  if (asked === undefined) return undefined;
  const { ties, isAll, isTooMany } = await around(asked, reading);
  const others = new Set(ties.flatMap(({ person, account }) => [person, account]));
  others.delete(profileId);
  const relatives = [...(await load([...others])).values()];
  if (isTooMany) for (const person of relatives) person.runs.clear();
  const all = [asked, ...relatives];
  const accounts = all.filter(({ kind }) => kind === 'account');
  const people = all.filter(({ kind }) => kind === 'person');
  // What runs of accounts ask about their people.
  const byRuns = [...accounts.flatMap(activeOf).map(({ version }) => version), ...hashesOf(catalog.accounts.journeys)];
  await knowMore(accounts, 'account', [], reading);
  await knowMore(
    people,
    'person',
    accounts.length === 0 ? [] : byRuns.map((hash) => versions.get(hash).people),
    reading,
  );

  const caps = capsOf(reading, all);
  const shared: Shared = { caps, sentIn: new Map(), winners: new Map() };
  const first = await readProfile(asked, shared, reading);
  const profiles: PresentProfile[] = [];
  for (const one of relatives) profiles.push(await readProfile(one, shared, reading));
  const limited = Object.values(reading.offers).flatMap(({ key, limit }) => (limit === undefined ? [] : [key]));
  return {
    leavesOut: isTooMany ? (asked.kind === 'account' ? 'runs of its people' : 'accounts') : null,
    present: {
      ...{ at: now, profiles: [first, ...profiles], ties },
      complete: new Set(isAll ? all.map(({ id }) => id) : [profileId, ...accounts.map(({ id }) => id)]),
    },
    world: {
      ...{ catalog, versions, settings: catalog.settings, rendersEmails: false, winners: shared.winners },
      usedUpOffers: limited.length === 0 ? new Set() : await usedUpOffers(tx, limited, catalog.publicationId),
    },
  };
}

interface Around {
  readonly ties: readonly Tied[];
  /** Nobody of them is in an account that is left out. */
  readonly isAll: boolean;
  /** Even of those next to the one that is asked about something had to be left out. */
  readonly isTooMany: boolean;
}

/** Those who share accounts with it, directly or by others, as far as they are not too many. */
async function around({ id, kind }: Profile, { tx, looksAtAccounts }: Reading): Promise<Around> {
  const asksNobody = kind === 'person' && !looksAtAccounts;
  let accounts = asksNobody ? [] : kind === 'account' ? [id] : await accountsOf(tx, [id]);
  let ties: readonly Tied[] = [];
  for (;;) {
    const wider = await tiesOf(tx, accounts);
    const people = [...new Set(wider.map(({ person }) => person))];
    if (people.length > MOST_PEOPLE) {
      // The people of an account are whom its runs may write to.
      const isNext = ties.length === 0;
      return { ties: isNext && kind === 'account' ? wider : ties, isAll: false, isTooMany: isNext };
    }
    ties = wider;
    const theirs = await accountsOf(tx, people);
    if (theirs.every((account) => accounts.includes(account))) return { ties, isAll: true, isTooMany: false };
    accounts = [...new Set([...accounts, ...theirs])];
  }
}

async function accountsOf(tx: Queryable, people: readonly number[]): Promise<number[]> {
  return [...new Set([...(await loadAccountsOf(tx, people)).values()].flat())];
}

/** Everybody in these accounts, in the order in which they joined. */
async function tiesOf(tx: Queryable, accounts: readonly number[]): Promise<Tied[]> {
  const { rows } = await sql<{ person: number; account: number; joined_at: Date }>`
    select person_id as person, account_id as account, joined_at
    from account_members m join profiles p on p.id = m.person_id
    where m.account_id = any(${accounts}) and p.merged_into is null order by joined_at, person_id
  `.execute(tx);
  return rows.map(({ joined_at, ...tie }) => ({ ...tie, joinedAt: joined_at.getTime() }));
}

function hashesOf({ all }: JourneyIndex): string[] {
  return all.map(({ hash }) => hash);
}

/** Of these profiles, everything that the steps ahead of their runs, and of runs that may yet begin, ask about. */
async function knowMore(
  profiles: readonly Profile[],
  of: Profile['kind'],
  more: readonly Interest[],
  { tx, catalog, versions, now }: Reading,
): Promise<void> {
  const ids = profiles.map(({ id }) => id);
  const active = profiles.flatMap(activeOf);
  const inForce = journeysFor(catalog, { kind: of }).all.map(({ hash }) => versions.get(hash));
  const interest = joinInterests([
    of === 'person' ? catalog.interest : catalog.accounts.interest,
    ...inForce.flatMap((version) => [version.watched, version.from(version.journey.first), version.named]),
    ...active.flatMap((run) => interestsAhead(versions.get(run.version), run)),
    ...more,
  ]);
  const dues = profiles.flatMap(({ memberships }) => [...memberships.values()].flatMap(({ dueAt }) => dueAt ?? []));
  const earliest = Math.min(now, ...active.map(({ enteredAt }) => enteredAt), ...dues);
  const events = await loadFacts(tx, ids, [interest], earliest, of);
  const related = await loadRelated(tx, of, ids, interest.related);
  for (const profile of profiles) {
    profile.events = events.get(profile.id) ?? [];
    const found = related.get(profile.id);
    if (found !== undefined) profile.related = found;
  }
}

function interestsAhead(version: Version, { cursor }: Run): readonly Interest[] {
  return [version.watched, version.from(cursor.step), version.named];
}

function activeOf({ runs }: Profile): Run[] {
  return [...runs.values()].filter(({ status }) => status === 'active');
}

/** Every cap that may hold for one of these. */
function capsOf({ catalog, versions }: Reading, profiles: readonly Profile[]): readonly Cap[] {
  const inForce = [...catalog.journeys.all, ...catalog.accounts.journeys.all].map(({ journey }) => journey);
  const followed = profiles.flatMap(activeOf).map(({ version }) => versions.get(version).journey);
  return [...catalog.settings.caps, ...[...inForce, ...followed].flatMap(({ caps }) => caps)];
}

interface Shared {
  readonly caps: readonly Cap[];
  /** By account. Filled as they are read. */
  readonly sentIn: Map<number, Sent[]>;
  /** Filled as they are read. */
  readonly winners: Map<string, ReadonlyMap<string, string>>;
}

async function readProfile(
  profile: Profile,
  { caps, sentIn, winners }: Shared,
  reading: Reading,
): Promise<PresentProfile> {
  const { tx, catalog, versions, now } = reading;
  const { id } = profile;
  const active = activeOf(profile);
  const journeys = [
    ...journeysFor(catalog, profile).all.map(({ journey }) => journey),
    ...active.map(({ version }) => versions.get(version).journey),
  ];
  const variants = new Map<string, ReadonlyMap<string, string>>();
  for (const key of new Set(journeys.filter((one) => experimentsOf(one).size > 0).map((one) => one.key))) {
    const known = await knownOf(tx, id, key);
    variants.set(key, known.assigned ?? new Map());
    winners.set(key, known.winners ?? new Map());
  }
  const runs: PresentRun[] = [];
  for (const run of active) runs.push(await readRun(run, reading));
  return {
    profile,
    sent: await sentSince(tx, 'profile_id', id, reachOf(caps), now),
    sentInAccount: await sentInAccount(profile.kind === 'account' ? id : profile.account?.id),
    wishes: wishesOf((await standingWishes(tx, [id])).get(id) ?? new Map()),
    variants,
    offered: await readGrants(tx, id),
    runs,
  };

  async function sentInAccount(account: number | undefined): Promise<Sent[] | undefined> {
    const ofAccounts = caps.filter(({ of }) => of === 'account');
    if (account === undefined || ofAccounts.length === 0) return undefined;
    const known = sentIn.get(account) ?? (await sentSince(tx, 'in_account', account, reachOf(ofAccounts), now));
    sentIn.set(account, known);
    return known;
  }
}

async function readRun(run: Run, { tx, resumed }: Reading): Promise<PresentRun> {
  const { row } = await lookAtRun(tx, run.id);
  const isPaused = row.control?.kind === 'paused';
  return {
    run,
    isPaused: isPaused && run.journey !== resumed,
    isResumed: isPaused && run.journey === resumed,
    held: heldFrom(row.held, row.cursor),
    dismissed: row.dismissed ?? [],
    sentBefore: new Map(Object.entries(row.sent_before ?? {})),
  };
}
