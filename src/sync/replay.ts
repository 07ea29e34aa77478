/**
 * Sending changes again, with the same ids.
 *
 * A person's changes are sent again from the first one asked for to the last there is, so that the other system ends up with
 * what is true now, whatever part of the past was asked for.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Database } from '../store/database.ts';

export type ReplayOf =
  /** Changes from this instant up to before the other. */
  | { readonly from: Instant; readonly to: Instant }
  /** All of one person's. */
  | { readonly profileId: number }
  /** Those that were given up or refused. */
  | { readonly failed: true };

export interface Replayed {
  readonly changes: number;
  readonly people: number;
}

/** Queues them. Calls under way are let finish first; what comes of one that is asked for again no longer counts. */
export async function replay(db: Database, sync: string, which: ReplayOf, now: Instant): Promise<Replayed> {
  return db.transaction().execute(async (tx) => {
    const { rows: people } = await sql<{ profile_id: number }>`
      insert into sync_lanes as lane (sync, profile_id, due_at)
      select distinct ${sync}, profile_id, ${new Date(now)}::timestamptz from sync_deliveries
      where sync = ${sync} and ${askedFor(which)} order by profile_id
      on conflict (sync, profile_id) do update set
        due_at = case when lane.leased then lane.due_at else excluded.due_at end
      returning profile_id
    `.execute(tx);
    if (people.length === 0) return { changes: 0, people: 0 };
    const ids = people.map((row) => row.profile_id);
    const { numAffectedRows = 0n } = await sql`
      update sync_deliveries d
      set status = 'waiting', round = d.round + 1, attempts = 0, first_tried_at = null, done_at = null, error = null
      from (
        select profile_id, min(seq) as seq from sync_deliveries
        where sync = ${sync} and profile_id = any(${ids}) and ${askedFor(which)} group by profile_id
      ) as first
      where d.sync = ${sync} and d.profile_id = first.profile_id and d.seq >= first.seq
    `.execute(tx);
    return { changes: Number(numAffectedRows), people: people.length };
  });
}

/** Lets a sync go on that was told to stop; false where it was not. */
export async function resume(db: Database, sync: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update syncs set stopped_url = null, stopped_at = null, stopped_because = null
    where key = ${sync} and stopped_url is not null
  `.execute(db);
  return numAffectedRows === 1n;
}

function askedFor(which: ReplayOf): RawBuilder<unknown> {
  if ('failed' in which) return sql`status = 'failed'`;
  if ('profileId' in which)
    return sql`profile_id in (
      with recursive self (id) as (
        select ${which.profileId}::bigint
        union all select profiles.id from profiles join self on profiles.merged_into = self.id
      ) select id from self
    )`;
  return sql`at >= ${new Date(which.from)} and at < ${new Date(which.to)}`;
}
