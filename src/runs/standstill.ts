/**
 * What keeps a run from going on though it could: its journey is paused, was stopped for everybody, or it has still to wait
 * for its turn after a pause.
 * @module
 */
import { deadlineOf } from '../core/ending.ts';
import type { Move } from '../core/interpret.ts';
import { dueOf, ended, hold, standing, takenBack } from '../core/pausing.ts';
import type { Cursor } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { messageId } from './carry-out.ts';
import { holdRun } from './held-runs.ts';
import type { RunState } from './run-state.ts';

export interface Standstill {
  readonly move: Move;
  /** For people to see; the instant follows. */
  readonly why?: string;
}

/**
 * Null: nothing keeps it.
 * @param cursor where the run stands, after what has just been delivered
 */
export async function standstill(
  tx: Queryable,
  state: RunState,
  cursor: Cursor,
  now: Instant,
): Promise<Standstill | null> {
  const { control, held, version } = state;
  if (control?.kind === 'ending') {
    // A message that is on its way has to be settled first.
    if (cursor.phase === 'delivering') return null;
    return { move: ended(cursor, 'exited', stoppedBecause(control.reason), now) };
  }
  if (control?.kind === 'paused') {
    const here = await takeBack(tx, state.id, cursor, now);
    if (here === null) return null;
    const move = hold(version.journey, here, state, now);
    const due = dueOf(here, state.wokenAt);
    if (move.next.kind === 'wait' && due <= now) await holdRun(tx, state.id, here.visit, due);
    return { move, why: 'the journey is paused; at most until' };
  }
  if (held?.releaseAt != null && held.releaseAt > now) {
    const until = Math.min(held.releaseAt, deadlineOf(version.journey, state.enteredAt));
    const here = until > now ? await takeBack(tx, state.id, cursor, now) : null;
    if (here === null) return null;
    return { move: standing(here, until), why: 'its turn after the pause is at' };
  }
  return null;
}

/** Why a run ends that is in a journey which was stopped for everybody. */
export function stoppedBecause(reason: string): string {
  return `the journey was stopped: ${reason}`;
}

/**
 * A message that is reserved but not handed over is not wanted yet: its step is decided anew when the run goes on, caps and
 * unsubscribes included. Null where the channel may have it already.
 */
export async function takeBack(tx: Queryable, run: string, cursor: Cursor, now: Instant): Promise<Cursor | null> {
  if (cursor.phase !== 'delivering') return cursor;
  const { step, visit, to } = cursor;
  const gone = await tx
    .deleteFrom('messages')
    .where('id', '=', messageId(run, step, visit, to?.[0].id))
    .where('status', '=', 'reserved')
    .returning('id')
    .executeTakeFirst();
  return gone === undefined ? null : takenBack(cursor, now);
}
