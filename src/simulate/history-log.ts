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
import type { PersonHistory } from './sort-by-person.ts';

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
}

/** How many people there are. */
export async function countPeople(db: Queryable): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    select count(*) as people from profiles where kind = 'person' and merged_into is null
  `.execute(db);
  return rows[0]?.people ?? 0;
}

/** Everybody once, with what happened before `to`; all of it as it is when the first one is asked for. */
export function readHistoryLog(db: Database, to: Instant): AsyncGenerator<PersonHistory> {
  return inSnapshot(db, async function* (tx) {
    for (let after = 0; ; ) {
      const people = await nextPeople(tx, after);
      const last = people.at(-1);
      if (last === undefined) return;
      const calls = await callsOf(
        tx,
        people.map(({ id }) => id),
        to,
      );
      for (const person of people) yield historyOf(person, calls.get(person.id) ?? []);
      after = last.id;
    }
  });
}

async function nextPeople(tx: Queryable, after: number): Promise<PersonRow[]> {
  const { rows } = await sql<PersonRow>`
    select id, user_id, traits,
      (select min(value) from identities where profile_id = people.id and kind = 'anonymous') as anonymous_id
    from profiles people
    where id > ${after} and kind = 'person' and merged_into is null order by id limit ${PEOPLE_AT_ONCE}
  `.execute(tx);
  return rows;
}

async function callsOf(tx: Queryable, ids: readonly number[], to: Instant): Promise<Map<number, CallRow[]>> {
  const { rows } = await sql<CallRow>`
    select profile_id, type, name, by_engine, message_id, occurred_at as at, properties from events
    where profile_id = any(${ids}) and occurred_at < ${new Date(to)} order by occurred_at, id
  `.execute(tx);
  const calls = new Map<number, CallRow[]>();
  for (const row of rows) {
    const own = calls.get(row.profile_id);
    if (own === undefined) calls.set(row.profile_id, [row]);
    else own.push(row);
  }
  return calls;
}

function historyOf({ id, user_id, anonymous_id, traits }: PersonRow, rows: readonly CallRow[]): PersonHistory {
  const told = new Set(rows.flatMap(({ type, properties }) => (type === 'identify' ? Object.keys(properties) : [])));
  return {
    key: `profile ${id}`,
    id,
    userId: user_id,
    name: user_id ?? anonymous_id ?? `profile:${id}`,
    traits: Object.fromEntries(Object.entries(traits).filter(([key]) => !told.has(key))),
    calls: rows.filter((row) => !row.by_engine || row.name === 'Unsubscribed').map(callOf),
  };
}

function callOf({ profile_id, type, name, by_engine, message_id, at, properties }: CallRow): IncomingEvent {
  const occurredAt = at.toISOString();
  return {
    type,
    name,
    messageId: message_id,
    ...(by_engine ? { profileId: profile_id } : {}),
    ...(type === 'identify' ? { traits: properties, properties: {} } : { properties }),
    context: {},
    occurredAt,
    receivedAt: occurredAt,
  };
}
