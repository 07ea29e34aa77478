/**
 * An import does not outrun the engine: it waits while many events do, so that what happens meanwhile is not held up.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Clock } from '../core/time.ts';
import type { Database } from '../store/database.ts';

/** Events waiting, beyond which an import waits as well. */
const ENOUGH = 5_000;
const LOOK_AGAIN = 50;
/** Real milliseconds without any progress, after which nobody seems to work the events off. */
const NOBODY_AFTER = 5_000;

/** To be called after every batch; resolves when there is room for more, or nobody is there to make any. */
export function createPacer(db: Database, clock: Clock): () => Promise<void> {
  let isAlone = false;
  return async () => {
    if (isAlone) return;
    let first = await waitingFrom(db);
    let unchangedSince = clock.wall();
    while (first.count > ENOUGH) {
      await delay(LOOK_AGAIN);
      const now = await waitingFrom(db);
      if (now.oldest !== first.oldest) unchangedSince = clock.wall();
      first = now;
      if (clock.wall() - unchangedSince > NOBODY_AFTER) {
        isAlone = true;
        return;
      }
    }
  };
}

async function waitingFrom(db: Database): Promise<{ count: number; oldest: number | null }> {
  const { rows } = await sql<{ count: number; oldest: number | null }>`
    select (select count(*) from (select 1 from inbox limit ${ENOUGH + 1}) as waiting) as count,
      (select min(id) from inbox) as oldest
  `.execute(db);
  return rows[0] ?? { count: 0, oldest: null };
}
