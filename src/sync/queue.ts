/**
 * The queue of each sync. A person's changes wait in a lane of their own, so that they go out in order and nobody waits
 * for anybody else.
 *
 * Whoever adds to a lane, takes from it or ends it holds the lock of its row in `sync_lanes`; so no change can be added to a
 * lane at the moment it is found empty and left behind.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { ToldChange } from './told-changes.ts';

export interface QueuedChange extends Omit<ToldChange, 'change'> {
  readonly profileId: number;
  /** The row of the log. */
  readonly changeId: number | null;
}

/** Queues the changes in the transaction that logs them: neither can be without the other. */
export async function queueChanges(db: Queryable, changes: readonly QueuedChange[], now: Instant): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ sync, audience, type, at, profileId, changeId, person, fields }) => ({
    sync,
    profile_id: profileId,
    change_id: changeId,
    type,
    at: new Date(at),
    body: { audience, person, fields },
  }));
  const queuedAt = new Date(now);
  await sql`
    insert into sync_lanes as lane (sync, profile_id, due_at)
    select distinct sync, profile_id, ${queuedAt}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (sync text, profile_id bigint)
    order by sync, profile_id
    on conflict (sync, profile_id) do update set due_at = lane.due_at
  `.execute(db);
  await sql`
    insert into sync_deliveries (sync, profile_id, change_id, type, at, body, queued_at)
    select row.sync, row.profile_id, row.change_id, row.type, row.at,
      case when row.body -> 'person' ? 'anonymousId' then row.body else jsonb_set(
        row.body, '{person,anonymousId}', coalesce(to_jsonb((
          select min(value) from identities where identities.profile_id = row.profile_id and kind = 'anonymous'
        )), 'null')
      ) end,
      ${queuedAt}::timestamptz
    from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as (
      sync text, profile_id bigint, change_id bigint, type text, at timestamptz, body jsonb
    )) with ordinality as row (sync, profile_id, change_id, type, at, body, place)
    order by row.place
  `.execute(db);
}
