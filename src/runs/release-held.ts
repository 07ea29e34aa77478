/**
 * The processor's part in controls: runs whose turn has come after a pause are woken, and runs of journeys that were
 * stopped for everybody end.
 * @module
 */
import { sql } from 'kysely';
import { ended } from '../core/pausing.ts';
import type { Cursor } from '../core/run.ts';
import type { Clock, Instant } from '../core/time.ts';
import { lockProfileRows } from '../profiles/rows.ts';
import type { Database } from '../store/database.ts';
import { announcement } from '../store/notify.ts';
import { logRuns, tellTemporal } from './run-rows.ts';
import { stoppedBecause } from './standstill.ts';
import { tellWaiting } from './waiting-entries.ts';

const BATCH = 200;

export interface Controlling {
  readonly db: Database;
  readonly clock: Clock;
}

/** Wakes runs whose turn has come, and says how many these were, and when the next one's comes. */
export async function releaseHeld({ db, clock }: Controlling): Promise<{ woken: number; next: Instant | null }> {
  const { rows } = await sql<{ woken: number; next: Date | null }>`
    with due as (
      select run_id from held_runs where asleep and release_at <= ${new Date(clock.now())}
      order by release_at, run_id limit ${BATCH} for update skip locked
    ), woken as (
      update held_runs h set asleep = false from due where h.run_id = due.run_id
    ), told as (
      insert into outbox (run_id, kind, body) select run_id, 'wake', '{}' from due returning id
    )
    select (select count(*) from told) as woken, case when exists (select from told) then ${announcement('outbox')}::text end,
      (select min(release_at) from held_runs h where asleep and release_at is not null and h.run_id not in (select run_id from due)) as next
  `.execute(db);
  const [{ woken = 0, next = null } = {}] = rows;
  return { woken, next: next?.getTime() ?? null };
}

/** Ends the next runs of journeys that were stopped for everybody, and says how many these were. */
export async function endStopped({ db, clock }: Controlling): Promise<number> {
  const { rows: found } = await sql<{ id: string; profile_id: number }>`
    select r.id, r.profile_id from journey_controls c
    join lateral (
      select id, profile_id from runs where journey = c.journey and status = 'active' order by id limit ${BATCH}
    ) r on true
    where c.ends limit ${BATCH}
  `.execute(db);
  if (found.length === 0) return 0;
  return db.transaction().execute(async (tx) => {
    const locked = await lockProfileRows(tx, [...new Set(found.map(({ profile_id }) => profile_id))]);
    const now = clock.now();
    // Between finding and locking, runs may have ended or gone over to another person, or the journey was started again.
    const { rows } = await sql<{ id: string; profile_id: number; cursor: Cursor; reason: string }>`
      select r.id, r.profile_id, r.cursor, c.reason from runs r join journey_controls c on c.journey = r.journey and c.ends
      where r.id = any(${found.map(({ id }) => id)}) and r.status = 'active'
        and r.profile_id = any(${locked.map(({ id }) => id)})
    `.execute(tx);
    const ends = rows.map(({ id, cursor, reason }) => ({
      id,
      reason: stoppedBecause(reason),
      log: ended(cursor, 'exited', stoppedBecause(reason), now).log,
    }));
    await sql`
      update runs set status = 'exited', ended_at = ${new Date(now)}, end_reason = row.reason, due_at = null
      from jsonb_to_recordset(${JSON.stringify(ends)}::jsonb) as row (id text, reason text) where runs.id = row.id
    `.execute(tx);
    await logRuns(
      tx,
      ends.flatMap(({ id, log }) => log.map((entry) => ({ runId: id, entry }))),
      now,
    );
    await tellTemporal(
      tx,
      ends.map(({ id }) => ({ run_id: id, kind: 'end', body: { outcome: 'exited' } })),
    );
    await tellWaiting(tx, [...new Set(rows.map(({ profile_id }) => profile_id))], now);
    return found.length;
  });
}
