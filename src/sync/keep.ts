/**
 * How long deliveries are kept: for people to look at, and to be sent again.
 * @module
 */
import { sql } from 'kysely';
import { DAY, type Instant, type Milliseconds } from '../core/time.ts';
import type { Database } from '../store/database.ts';

export const KEPT_FOR: Milliseconds = 30 * DAY;
/** Rows in one statement, so that none takes long. */
const BATCH = 10_000;

/** Drops what was settled too long ago, and whatever belongs to syncs that the workspace has had no more for as long. */
export async function forgetOldDeliveries(db: Database, now: Instant): Promise<void> {
  const before = new Date(now - KEPT_FOR);
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from sync_deliveries where seq in (
        select seq from sync_deliveries where status <> 'waiting' and done_at < ${before} limit ${BATCH}
      )
    `.execute(db);
    if (numAffectedRows < BATCH) break;
  }
  const gone = sql`select key from syncs where removed_at < ${before}`;
  await sql`delete from sync_lanes where sync in (${gone})`.execute(db);
  await sql`delete from sync_deliveries where sync in (${gone})`.execute(db);
  await sql`delete from syncs where removed_at < ${before}`.execute(db);
}
