/**
 * Is history still being imported? Until it is all there, nobody knows yet what the clock is to make of it.
 * @module
 */
import { sql } from 'kysely';
import { type Instant, MINUTE } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

/** An import that has stored nothing for this long was broken off. */
const BROKEN_OFF_AFTER = 10 * MINUTE;

/**
 * When the oldest import began of which rows are still to come; null where there is none.
 * @param oldestWaiting when the oldest imported row was received that waits to be processed
 */
export async function importingSince(
  db: Queryable,
  oldestWaiting: Instant | null,
  now: Instant,
): Promise<Instant | null> {
  const waiting = oldestWaiting === null ? sql`false` : sql`finished_at >= ${new Date(oldestWaiting)}`;
  const { rows } = await sql<{ since: Date | null }>`
    select min(started_at) as since from imports
    where silent and ((finished_at is null and updated_at > ${new Date(now - BROKEN_OFF_AFTER)}) or ${waiting})
  `.execute(db);
  return rows[0]?.since?.getTime() ?? null;
}
