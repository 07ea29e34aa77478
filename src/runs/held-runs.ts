/**
 * Runs that came due while their journey was paused, and what keeps a run from going on. A row counts only as long as the
 * run stands at the visit it names, so that whatever moved on by another way needs no cleaning up.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Next } from '../core/interpret.ts';
import type { HeldUntilNow } from '../core/pausing.ts';
import type { Cursor } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

/** What was done to a journey by hand, as far as it keeps its runs from going on. */
export interface StoredControl {
  /** `ending`: it was stopped, and whoever is in it ends. */
  readonly kind: 'paused' | 'ending';
  readonly reason: string;
}

export interface StoredHeld {
  readonly visit: number;
  readonly dueAt: Instant;
  readonly stale: boolean;
  readonly releaseAt: Instant | null;
}

export interface Held extends HeldUntilNow {
  readonly visit: number;
  /** Null as long as the journey is paused. */
  readonly releaseAt: Instant | null;
}

/** SQL for what keeps runs of a journey from going on; null: nothing does. */
export function controlOf(journey: RawBuilder<unknown>): RawBuilder<StoredControl | null> {
  return sql<StoredControl | null>`(
    select jsonb_build_object('kind', case when c.ends then 'ending' else 'paused' end, 'reason', c.reason)
    from journey_controls c where c.journey = ${journey} and (c.state = 'paused' or c.ends))`;
}

/** SQL for whether a message `m` of a run `r` has to stay: the journey is paused, or it is not the run's turn yet. */
export function staysBack(now: Instant): RawBuilder<boolean> {
  return sql<boolean>`(r.status in ('active', 'merged') and (
    exists (select from journey_controls c where c.journey = r.journey and c.state = 'paused')
    or exists (select from held_runs h where h.run_id = r.id and h.visit = m.visit and h.release_at > ${new Date(now)})))`;
}

/** SQL for a run's row. */
export function heldOf(run: RawBuilder<unknown>): RawBuilder<StoredHeld | null> {
  return sql<StoredHeld | null>`(
    select jsonb_build_object('visit', h.visit, 'dueAt', epoch_ms(h.due_at), 'stale', h.stale, 'releaseAt', epoch_ms(h.release_at))
    from held_runs h where h.run_id = ${run})`;
}

export function heldFrom(stored: StoredHeld | null, cursor: Cursor): Held | null {
  return stored === null || stored.visit !== cursor.visit ? null : stored;
}

/** Whoever resumes the journey waits until the transaction is over. */
export async function isStillPaused(tx: Queryable, journey: string): Promise<boolean> {
  const { rows } = await sql<{ state: string }>`
    select state from journey_controls where journey = ${journey} for share
  `.execute(tx);
  return rows[0]?.state === 'paused';
}

/** The run's workflow sleeps from now on, until it is woken. */
export async function holdRun(tx: Queryable, run: string, visit: number, dueAt: Instant): Promise<void> {
  await sql`
    insert into held_runs (run_id, visit, due_at, asleep) values (${run}, ${visit}, ${new Date(dueAt)}, true)
    on conflict (run_id) do update set visit = excluded.visit, asleep = true, release_at = null, stale = false,
      due_at = case when held_runs.visit = excluded.visit then held_runs.due_at else excluded.due_at end
  `.execute(tx);
}

/** The run is let out by this move. What is stale stays so over a call to another system. */
export async function goOn(tx: Queryable, run: string, held: Held, next: Next): Promise<void> {
  if (next.kind === 'deliver' && held.stale)
    await sql`update held_runs set visit = ${next.visit + 1}, asleep = false where run_id = ${run}`.execute(tx);
  else await letGo(tx, run);
}

export async function letGo(tx: Queryable, run: string): Promise<void> {
  await sql`delete from held_runs where run_id = ${run}`.execute(tx);
}
