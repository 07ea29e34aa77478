/**
 * What happened, as the event log has it, person by person. What the engine did and reported is left out, since a life in
 * virtual time has its own; unsubscribes stay. Traits are what was said of them up to then: what no call told of is taken
 * to have been so all along.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { CallType, IncomingEvent } from '../ingest/inbox.ts';
import type { Database, Queryable } from '../store/database.ts';
import { inSnapshot } from '../store/snapshot.ts';
import type { History, KnownPerson } from './sort-by-person.ts';

/** Stands for the call by which somebody came into an account. */
const JOINED = 'Member Joined';
/** What the engine tells that is not its own doing. */
const KEPT: ReadonlySet<string> = new Set(['Unsubscribed', JOINED]);
/** Also those in one household, however many they are. */
const PEOPLE_AT_ONCE = 500;

interface PersonRow {
  readonly id: number;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly traits: JsonObject;
}

interface CallRow {
  readonly profile_id: number;
  readonly type: CallType;
  readonly name: string;
  readonly by_engine: boolean;
  readonly message_id: string;
  readonly at: Date;
  readonly properties: JsonObject;
  readonly account: string | null;
}

interface AccountRow {
  readonly person_id: number;
  readonly name: string;
  readonly traits: JsonObject;
}

/** How many people there are. */
export async function countPeople(db: Queryable): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    select count(*) as people from profiles where kind = 'person' and merged_into is null
  `.execute(db);
  return rows[0]?.people ?? 0;
}

/**
 * Everybody once each time that it is gone through, with what happened before `to`; all of it as it is when the first one is
 * asked for.
 * @param together those who share accounts are in one history
 */
export function readHistoryLog(db: Database, to: Instant, together: boolean): AsyncIterable<History> {
  return { [Symbol.asyncIterator]: () => inSnapshot(db, (tx) => historiesIn(tx, to, together)) };
}

async function* historiesIn(tx: Queryable, to: Instant, together: boolean): AsyncGenerator<History> {
  for await (const households of inBatches(together ? householdsIn(tx) : onePersonEach(tx))) {
    const ids = households.flat();
    const people = await readPeople(tx, ids);
    const calls = await readCalls(tx, ids, to);
    const accounts = together ? await readAccounts(tx, ids) : new Map<number, AccountRow[]>();
    for (const household of households) {
      const rows = household.flatMap((id) => calls.get(id) ?? []).sort((a, b) => a.at.getTime() - b.at.getTime());
      const known = household.flatMap((id) => accounts.get(id) ?? []);
      const history = historyOf(
        household.flatMap((id) => people.get(id) ?? []),
        known,
        rows,
      );
      if (history !== null) yield history;
    }
  }
}

async function* onePersonEach(tx: Queryable): AsyncGenerator<number[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<{ id: number }>`
      select id from profiles where id > ${after} and kind = 'person' and merged_into is null
      order by id limit ${PEOPLE_AT_ONCE}
    `.execute(tx);
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const { id } of rows) yield [id];
    after = last.id;
  }
}

/** People who share accounts, directly or by others; then those who are in none. */
async function* householdsIn(tx: Queryable): AsyncGenerator<number[]> {
  const { rows } = await sql<{ account_id: number; person_id: number }>`
    select account_id, person_id from account_members order by person_id, account_id
  `.execute(tx);
  const above = new Map<number, number>();
  const top = (account: number): number => {
    let last = account;
    for (let next = above.get(last); next !== undefined; next = above.get(last)) last = next;
    return last;
  };
  const firstOf = new Map<number, number>();
  for (const { account_id, person_id } of rows) {
    const first = firstOf.get(person_id);
    if (first === undefined) firstOf.set(person_id, account_id);
    else if (top(first) !== top(account_id)) above.set(top(account_id), top(first));
  }
  const households = new Map<number, number[]>();
  for (const [person, account] of firstOf)
    households.set(top(account), [...(households.get(top(account)) ?? []), person]);
  yield* households.values();
  for await (const [person = 0] of onePersonEach(tx)) if (!firstOf.has(person)) yield [person];
}

async function* inBatches(households: AsyncIterable<number[]>): AsyncGenerator<number[][]> {
  let batch: number[][] = [];
  let people = 0;
  for await (const household of households) {
    batch.push(household);
    people += household.length;
    if (people < PEOPLE_AT_ONCE) continue;
    yield batch;
    batch = [];
    people = 0;
  }
  if (batch.length > 0) yield batch;
}

async function readPeople(tx: Queryable, ids: readonly number[]): Promise<Map<number, PersonRow>> {
  const { rows } = await sql<PersonRow>`
    select id, user_id, traits,
      (select min(value) from identities where profile_id = people.id and kind = 'anonymous') as anonymous_id
    from profiles people where id = any(${ids}) and merged_into is null
  `.execute(tx);
  return new Map(rows.map((row) => [row.id, row]));
}

/** By person. */
async function readAccounts(tx: Queryable, ids: readonly number[]): Promise<Map<number, AccountRow[]>> {
  const { rows } = await sql<AccountRow>`
    select person_id, account.user_id as name, account.traits
    from account_members join profiles account on account.id = account_id where person_id = any(${ids})
  `.execute(tx);
  const accounts = new Map<number, AccountRow[]>();
  for (const row of rows) accounts.set(row.person_id, [...(accounts.get(row.person_id) ?? []), row]);
  return accounts;
}

async function readCalls(tx: Queryable, ids: readonly number[], to: Instant): Promise<Map<number, CallRow[]>> {
  const { rows } = await sql<CallRow>`
    select profile_id, e.type, e.name, by_engine, message_id, occurred_at as at, properties, account.user_id as account
    from events e left join profiles account on account.id = e.account_id
    where profile_id = any(${ids}) and occurred_at < ${new Date(to)} order by occurred_at, e.id
  `.execute(tx);
  const calls = new Map<number, CallRow[]>();
  for (const row of rows) {
    const own = calls.get(row.profile_id);
    if (own === undefined) calls.set(row.profile_id, [row]);
    else own.push(row);
  }
  return calls;
}

function historyOf(
  rows: readonly PersonRow[],
  accounts: readonly AccountRow[],
  calls: readonly CallRow[],
): History | null {
  const people = rows.map((row) => knownPerson(row, calls));
  const [first, ...others] = people;
  if (first === undefined) return null;
  const byName = new Map(people.map(({ name, id }) => [name, id]));
  const nameOf = new Map(people.map(({ name, id }) => [id, name]));
  return {
    people: [first, ...others],
    accounts: [...new Map(accounts.map(({ name, traits }) => [name, traits]))].map(([name, traits]) => {
      const said = calls.filter(({ type, account }) => type === 'group' && account === name);
      return { name, traits: untold(traits, said) };
    }),
    personOf: ({ userId = '' }) => byName.get(userId) ?? first.id,
    calls: calls
      .filter(({ by_engine, name }) => !by_engine || KEPT.has(name))
      .map((call) => callOf(call, nameOf.get(call.profile_id) ?? '')),
  };
}

function knownPerson({ id, user_id, anonymous_id, traits }: PersonRow, calls: readonly CallRow[]): KnownPerson {
  const said = calls.filter(({ profile_id, type }) => profile_id === id && type === 'identify');
  const name = user_id ?? anonymous_id ?? `profile:${id}`;
  return { key: `profile ${id}`, id, userId: user_id, name, traits: untold(traits, said) };
}

/** Those of the traits that no call told of. */
function untold(traits: JsonObject, said: readonly CallRow[]): JsonObject {
  const told = new Set(said.flatMap(({ properties }) => Object.keys(properties)));
  return Object.fromEntries(Object.entries(traits).filter(([key]) => !told.has(key)));
}

/** @param name stands for whichever of the person's ids the call had */
function callOf(row: CallRow, name: string): IncomingEvent {
  const { profile_id, name: event, by_engine, message_id, at, account } = row;
  const occurredAt = at.toISOString();
  const isJoined = event === JOINED && by_engine;
  const type = isJoined ? 'group' : row.type;
  const properties = isJoined ? {} : row.properties;
  const says = type === 'identify' || type === 'group';
  return {
    type,
    name: isJoined ? type : event,
    messageId: message_id,
    userId: name,
    ...(by_engine && !isJoined ? { profileId: profile_id } : {}),
    ...(type === 'group' && account !== null ? { groupId: account } : {}),
    ...(says ? { traits: properties, properties: {} } : { properties }),
    context: says || account === null ? {} : { groupId: account },
    occurredAt,
    receivedAt: occurredAt,
  };
}
