/**
 * Entries that wait until the person's run of another journey of the group is over.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { newsFor, putInInbox } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';

export interface WaitingEntry {
  readonly journey: string;
  readonly instance: string | null;
  /** What brought the person here. */
  readonly entry: JsonObject;
  readonly since: Instant;
}

export async function loadWaitingEntries(
  db: Queryable,
  profileIds: readonly number[],
): Promise<Map<number, WaitingEntry[]>> {
  const waiting = new Map<number, WaitingEntry[]>();
  if (profileIds.length === 0) return waiting;
  const { rows } = await sql<{
    profile_id: number;
    journey: string;
    instance: string | null;
    entry: JsonObject;
    since: Date;
  }>`
    select profile_id, journey, instance, entry, since from waiting_entries
    where profile_id = any(${profileIds}) order by since, journey, instance
  `.execute(db);
  for (const { profile_id, since, ...row } of rows) {
    waiting.set(profile_id, [...(waiting.get(profile_id) ?? []), { ...row, since: since.getTime() }]);
  }
  return waiting;
}

/** What changed of one person's waiting entries. */
export interface WaitingChange {
  readonly profileId: number;
  readonly waiting: readonly WaitingEntry[];
}

/** Stores what waits of these people now, in the place of what waited before. */
export async function saveWaitingEntries(db: Queryable, changes: readonly WaitingChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.flatMap(({ profileId, waiting }) =>
    waiting.map(({ since, ...entry }) => ({ ...entry, profile_id: profileId, since: new Date(since) })),
  );
  await sql`delete from waiting_entries where profile_id = any(${changes.map(({ profileId }) => profileId)})`.execute(
    db,
  );
  await sql`
    insert into waiting_entries (profile_id, journey, instance, entry, since)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (profile_id bigint, journey text, instance text, entry jsonb, since timestamptz)
  `.execute(db);
}

/** What waits for `from` waits for `into`, unless that waits for the same. */
export async function moveWaitingEntries(tx: Queryable, from: number, into: number): Promise<void> {
  await sql`
    with moved as (delete from waiting_entries where profile_id = ${from} returning *)
    insert into waiting_entries (profile_id, journey, instance, entry, since)
    select ${into}, journey, instance, entry, since from moved
    on conflict do nothing
  `.execute(tx);
}

/** Runs of these profiles were ended from outside: whoever of them waited for that hears of it. */
export async function tellWaiting(tx: Queryable, profileIds: readonly number[], now: Instant): Promise<void> {
  const { rows } = await sql<{ profile_id: number }>`
    select distinct profile_id from waiting_entries where profile_id = any(${profileIds})
  `.execute(tx);
  const at = new Date(now).toISOString();
  await putInInbox(
    tx,
    rows.map((row) => newsFor(row.profile_id, { ended: true }, { occurredAt: at, receivedAt: at })),
  );
}
