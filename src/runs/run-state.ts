/**
 * Everything a run's next move depends on, read under the lock on its person.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import { reachOf } from '../core/caps.ts';
import type { JsonObject } from '../core/condition.ts';
import { propertiesOf } from '../core/entry.ts';
import type { Known } from '../core/experiment.ts';
import type { Facts } from '../core/facts.ts';
import { standsAt } from '../core/move-by-hand.ts';
import type { OfferLedger } from '../core/offer.ts';
import type { Ledger } from '../core/pressure.ts';
import type { AccountAsked } from '../core/receivers.ts';
import type { Cursor, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Settings } from '../definitions/workspace-types.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { accountTraits } from '../profiles/accounts.ts';
import { loadRelated } from '../profiles/related.ts';
import type { Queryable } from '../store/database.ts';
import { loadAccountPeople, type Member } from './account-people.ts';
import { controlOf, type Held, heldFrom, heldOf, type StoredControl, type StoredHeld } from './held-runs.ts';
import { reachesPeople } from './journey-index.ts';
import { readCounted, sentSince } from './ledger.ts';
import { readOfferLedger } from './offers.ts';
import { type StoredWishes, wishesFrom } from './suppression.ts';
import { knownOf } from './variants.ts';
import type { SettingsShelf, Version, VersionShelf } from './version-shelf.ts';

export interface RunState {
  readonly id: string;
  readonly journey: string;
  /** What the run follows: its row says so, whatever its workflow was started with. */
  readonly version: Version;
  readonly profileId: number;
  /** The one the person joined last; of an account's run, that account. */
  readonly accountId: number | null;
  /** Whose run it was before that profile became another. */
  readonly originId: number;
  readonly userId: string | null;
  readonly person: string;
  readonly heldOut: boolean;
  readonly experiments: Known;
  readonly enteredAt: Instant;
  readonly entry: JsonObject;
  readonly status: 'active' | Outcome;
  readonly endReason: string | null;
  readonly cursor: Cursor;
  readonly wokenAt: Instant | null;
  /** What was done to its journey by hand, as far as it keeps the run from going on. */
  readonly control: StoredControl | null;
  /** It came due while its journey was paused, where it stands now. */
  readonly held: Held | null;
  /** Its own, of the person or the account that the run is about. */
  readonly traits: JsonObject;
  /** Of an account's run that can come to a message: who is in the account. */
  readonly people?: readonly Member[];
  /** The same, with what counts against each of them. */
  readonly account?: AccountAsked | undefined;
  readonly accountTraits: JsonObject | null;
  readonly facts: Facts;
  readonly ledger: Ledger;
  /** Absent where the journey offers nothing. */
  readonly offers?: OfferLedger | undefined;
  readonly settings: Settings;
}

/** No such run. */
export class UnknownRunError extends Error {
  override readonly name = 'UnknownRunError';

  constructor(readonly run: string) {
    super(`There is no run ${run}. Was its workflow started against another database?`);
  }
}

/** A run's row with its person, or account, locked for the rest of the transaction, so that what is read holds until the commit. */
export interface LockedRun {
  readonly id: string;
  readonly row: RunRow;
  readonly person: LockedPerson;
}

/** @throws {UnknownRunError} */
export async function lockRun(tx: Queryable, runId: string): Promise<LockedRun> {
  for (;;) {
    const person = await lockPerson(tx, runId);
    if (person === undefined) throw new UnknownRunError(runId);
    const row = await readRun(tx, runId);
    if (row === undefined) throw new UnknownRunError(runId);
    // Between finding the person and locking it, the person may have become another.
    if (row.profile_id === person.id) return { id: runId, row, person };
  }
}

/** Likewise without the lock: what is read may have changed by the time it is used. */
export async function lookAtRun(db: Queryable, runId: string): Promise<LockedRun> {
  const person = await findPerson(db, runId);
  const row = await readRun(db, runId);
  if (person === undefined || row === undefined) throw new UnknownRunError(runId);
  return { id: runId, row, person };
}

/** Everything else that the next move of a locked run depends on. */
export async function readState(
  tx: Queryable,
  { id, row, person }: LockedRun,
  {
    versions,
    settings: shelf,
  }: { readonly versions: VersionShelf; readonly settings: Pick<SettingsShelf, 'load' | 'offers'> },
  now: Instant,
  asked: 'what comes' | 'with what ends it' = 'what comes',
): Promise<RunState> {
  const version = await versions.load(tx, row.version);
  const settings = await shelf.load(tx, row.publication_id);
  const from = standsAt(row.cursor);
  const ahead = [version.from(from), version.named];
  const interests = asked === 'what comes' ? ahead : [...ahead, version.watched];
  const askedOf = new Set(interests.flatMap(({ related }) => [...related]));
  // A wait that is over in time is over at the instant it was meant to be, which may be before now.
  const earliest = Math.min(now, row.entered_at.getTime());
  const { of = 'person' } = version.journey;
  const accountId = of === 'account' ? person.id : row.account_id;
  const facts = await loadFacts(tx, [person.id], interests, earliest, of);
  const related = await loadRelated(tx, of, [person.id], askedOf);
  const people =
    of === 'account' && reachesPeople(version.journey, row.cursor)
      ? await loadAccountPeople(tx, person, version.people, earliest)
      : undefined;
  return {
    id,
    journey: row.journey,
    version,
    profileId: person.id,
    accountId,
    originId: row.origin_id ?? person.id,
    userId: person.user_id,
    person: row.person,
    heldOut: row.held_out,
    experiments: version.comesToExperiment(from) ? await knownOf(tx, person.id, row.journey) : {},
    enteredAt: row.entered_at.getTime(),
    entry: row.entry,
    status: row.status,
    endReason: row.end_reason,
    cursor: row.cursor,
    wokenAt: row.woken_at?.getTime() ?? null,
    control: row.control,
    held: heldFrom(row.held, row.cursor),
    traits: person.traits,
    ...(people && { people }),
    accountTraits: row.account,
    facts: {
      traits: row.account === null ? person.traits : { ...person.traits, account: row.account },
      events: facts.get(person.id) ?? [],
      audiences: new Set(row.audiences ?? []),
      related: related.get(person.id),
      entryProperties: propertiesOf(row.entry),
    },
    ledger: {
      ...(await readCounted(
        tx,
        { run: id, profileId: person.id, accountId, workspace: settings, caps: version.journey.caps },
        now,
      )),
      ...wishesFrom(row.unwanted, row.dismissed),
      sentBefore: new Map(Object.entries(row.sent_before ?? {})),
    },
    ...(version.makesOffers && { offers: await readOfferLedger(tx, person.id, id, shelf.offers) }),
    settings,
  };
}

interface LockedPerson {
  readonly id: number;
  readonly user_id: string | null;
  readonly traits: JsonObject;
}

async function lockPerson(tx: Queryable, runId: string): Promise<LockedPerson | undefined> {
  const { rows } = await sql<LockedPerson>`
    select id, user_id, traits from profiles where id = (select profile_id from runs where id = ${runId}) for no key update
  `.execute(tx);
  return rows[0];
}

async function findPerson(db: Queryable, runId: string): Promise<LockedPerson | undefined> {
  const { rows } = await sql<LockedPerson>`
    select id, user_id, traits from profiles where id = (select profile_id from runs where id = ${runId})
  `.execute(db);
  return rows[0];
}

export interface RunRow {
  readonly journey: string;
  readonly version: string;
  readonly profile_id: number;
  readonly origin_id: number | null;
  readonly person: string;
  readonly held_out: boolean;
  readonly entered_at: Date;
  readonly entry: JsonObject;
  readonly status: RunState['status'];
  readonly end_reason: string | null;
  readonly cursor: Cursor;
  readonly woken_at: Date | null;
  readonly publication_id: number;
  /** The one the person joined last. */
  readonly account_id: number | null;
  readonly account: JsonObject | null;
  readonly audiences: string[] | null;
  readonly unwanted: StoredWishes;
  readonly dismissed: string[] | null;
  readonly sent_before: Record<string, string> | null;
  readonly control: StoredControl | null;
  readonly held: StoredHeld | null;
}

async function readRun(tx: Queryable, runId: string): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`
    select journey, version, profile_id, origin_id, person, held_out, entered_at, entry, status, end_reason, cursor, woken_at,
      (select max(id) from publications) as publication_id, ${controlOf(sql`runs.journey`)} as control, ${heldOf(sql`runs.id`)} as held,
      ${accountIdOf(sql`runs.profile_id`)} as account_id, ${accountOf(sql`runs.profile_id`)} as account,
      (select array_agg(audience) from audience_states s where s.profile_id = runs.profile_id and s.member) as audiences,
      (select jsonb_object_agg(what, until) from suppressions u where u.profile_id = runs.profile_id) as unwanted,
      (select array_agg(what) from messages m, unnest(array['template:' || m.template, 'offer:' || m.offer]) as what
        where m.run_id = runs.id and m.dismissed_at is not null and what is not null) as dismissed,
      (select jsonb_object_agg(m.step, m.id) from runs other join messages m on m.run_id = other.id
        where other.merged_into = runs.id and other.profile_id = runs.profile_id and m.status in ('sending', 'sent')) as sent_before
    from runs where id = ${runId}
  `.execute(tx);
  return rows[0];
}

/**
 * What counts against somebody of an account, to whom its run has a message, and what that person does not want. Whoever
 * became one with somebody who had it already has it.
 */
export async function readLedger(
  tx: Queryable,
  person: number,
  { id, cursor, settings, version, ledger }: Pick<RunState, 'id' | 'cursor' | 'settings' | 'version' | 'ledger'>,
  now: Instant,
): Promise<Ledger> {
  const reach = reachOf([...settings.caps, ...version.journey.caps]);
  const { rows } = await sql<{ unwanted: StoredWishes; dismissed: string[] | null; had: string | null }>`
    select (select jsonb_object_agg(what, until) from suppressions where profile_id = ${person}) as unwanted,
      (select array_agg('template:' || template) from messages
        where run_id = ${id} and profile_id = ${person} and dismissed_at is not null) as dismissed,
      (select id from messages where run_id = ${id} and step = ${cursor.step} and visit = ${cursor.visit}
        and profile_id = ${person} and status in ('sending', 'sent') limit 1) as had
  `.execute(tx);
  const { unwanted = null, dismissed = null, had = null } = rows[0] ?? {};
  return {
    sent: await sentSince(tx, 'profile_id', person, reach, now),
    ...(ledger.sentToAccount && { sentToAccount: ledger.sentToAccount }),
    ...wishesFrom(unwanted, dismissed),
    ...(had !== null && cursor.step !== null && { sentBefore: new Map([[cursor.step, had]]) }),
  };
}

/** SQL for the traits of the account that a person joined last. */
export function accountOf(person: RawBuilder<unknown>): RawBuilder<JsonObject | null> {
  return sql<JsonObject | null>`(
    select ${accountTraits} from profiles account where account.id = ${accountIdOf(person)})`;
}

function accountIdOf(person: RawBuilder<unknown>): RawBuilder<number | null> {
  return sql<number | null>`(
    select account_id from account_members where person_id = ${person} order by joined_at desc, account_id desc limit 1)`;
}
