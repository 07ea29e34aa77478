/**
 * Runs of a profile that became another.
 * @module
 */
import { sql } from 'kysely';
import type { Cursor } from '../core/interpret.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { logRuns, tellTemporal } from './run-rows.ts';

/**
 * Messages, tasks and runs of `from` become those of `into`, so that caps hold for what either got. Of two active runs of
 * one journey, `from`'s ends as `merged`. Visits are counted on from `into`'s.
 */
export async function moveRuns(db: Queryable, from: number, into: number, at: Instant, now: Instant): Promise<void> {
  const { rows: doubled } = await sql<{ id: string; cursor: Cursor }>`
    select f.id, f.cursor from runs f
    where f.profile_id = ${from} and f.status = 'active'
      and exists (select 1 from runs i where i.profile_id = ${into} and i.journey = f.journey and i.status = 'active')
  `.execute(db);
  const reason = 'the person was already in the journey under another name';
  for (const { id } of doubled) {
    await sql`update runs set status = 'merged', ended_at = ${new Date(at)}, end_reason = ${reason}, due_at = null where id = ${id}`.execute(
      db,
    );
  }
  const entries = doubled.map(({ id, cursor: { step, visit } }) => ({
    runId: id,
    entry: { step, kind: 'run' as const, at, visit, did: 'ended' as const, outcome: 'merged' as const, reason },
  }));
  await logRuns(db, entries, now);
  await tellTemporal(
    db,
    doubled.map(({ id }) => ({ run_id: id, kind: 'end', body: { outcome: 'merged' } })),
  );
  await sql`
    update runs f set profile_id = ${into}, visit = f.visit + 1 + coalesce(
      (select max(visit) from runs i where i.profile_id = ${into} and i.journey = f.journey), -1)
    where f.profile_id = ${from}
  `.execute(db);
  await sql`update messages set profile_id = ${into} where profile_id = ${from}`.execute(db);
  await sql`update tasks set profile_id = ${into} where profile_id = ${from}`.execute(db);
}
