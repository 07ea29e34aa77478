/**
 * What came of an attempt, and what it means for the lane: the next change of the person, another attempt, or the end.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { Claimed } from './claim.ts';

export type Outcome =
  | { readonly kind: 'delivered' }
  /** For good. */
  | { readonly kind: 'failed'; readonly error: string }
  /** `everybody`: the whole sync waits until then. */
  | { readonly kind: 'again'; readonly at: Instant; readonly error: string; readonly everybody: boolean }
  /** The other side wants no more of this sync. */
  | { readonly kind: 'gone'; readonly url: string; readonly error: string };

/**
 * Records the outcome. One that comes after its lease ran out still counts for the change, but the lane belongs to somebody
 * else then; one of an earlier round counts for nothing, since the change was asked for again meanwhile.
 */
export async function settle(
  db: Database,
  sync: string,
  claimed: Claimed,
  outcome: Outcome,
  now: Instant,
): Promise<void> {
  const { seq, profileId, round, leasedUntil } = claimed;
  await db.transaction().execute(async (tx) => {
    const { rows: lanes } = await sql<{ due_at: Date }>`
      select due_at from sync_lanes where sync = ${sync} and profile_id = ${profileId} for update
    `.execute(tx);
    const isOurs = lanes[0]?.due_at.getTime() === leasedUntil;
    const counts = await recordOutcome(tx, seq, round, outcome, now);
    if (isOurs) await moveLaneOn(tx, sync, profileId, counts && outcome.kind === 'again' ? outcome.at : now);
    await recordForSync(tx, sync, outcome, counts, now);
  });
}

async function recordOutcome(
  tx: Queryable,
  seq: number,
  round: number,
  outcome: Outcome,
  now: Instant,
): Promise<boolean> {
  const where = sql`where seq = ${seq} and round = ${round} and status = 'waiting'`;
  switch (outcome.kind) {
    case 'delivered':
    case 'failed': {
      const error = outcome.kind === 'failed' ? outcome.error : null;
      const { numAffectedRows } = await sql`
        update sync_deliveries set status = ${outcome.kind}, done_at = ${new Date(now)}, error = ${error} ${where}
      `.execute(tx);
      return numAffectedRows === 1n;
    }
    case 'again': {
      const { numAffectedRows } = await sql`update sync_deliveries set error = ${outcome.error} ${where}`.execute(tx);
      return numAffectedRows === 1n;
    }
    case 'gone': {
      // It has all its time when the sync goes on.
      const { numAffectedRows } = await sql`
        update sync_deliveries set error = ${outcome.error}, attempts = 0, first_tried_at = null ${where}
      `.execute(tx);
      return numAffectedRows === 1n;
    }
  }
}

async function moveLaneOn(tx: Queryable, sync: string, profileId: number, at: Instant): Promise<void> {
  const { rows } = await sql<{ more: boolean }>`
    select exists (
      select 1 from sync_deliveries where sync = ${sync} and profile_id = ${profileId} and status = 'waiting'
    ) as more
  `.execute(tx);
  const lane = sql`where sync = ${sync} and profile_id = ${profileId}`;
  if (rows[0]?.more) await sql`update sync_lanes set leased = false, due_at = ${new Date(at)} ${lane}`.execute(tx);
  else await sql`delete from sync_lanes ${lane}`.execute(tx);
}

async function recordForSync(
  tx: Queryable,
  sync: string,
  outcome: Outcome,
  counts: boolean,
  now: Instant,
): Promise<void> {
  if (outcome.kind === 'delivered') {
    if (counts) await sql`update syncs set delivered = delivered + 1 where key = ${sync}`.execute(tx);
    return;
  }
  await sql`
    update syncs set last_error = ${outcome.error}, last_error_at = ${new Date(now)} where key = ${sync}
  `.execute(tx);
  if (outcome.kind === 'again' && outcome.everybody)
    await sql`update syncs set next_call_at = greatest(next_call_at, ${outcome.at}) where key = ${sync}`.execute(tx);
  if (outcome.kind === 'gone')
    await sql`
      update syncs set stopped_url = ${outcome.url}, stopped_at = ${new Date(now)}, stopped_because = ${outcome.error}
      where key = ${sync}
    `.execute(tx);
}
