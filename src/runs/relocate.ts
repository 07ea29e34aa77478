/**
 * Putting a run elsewhere from outside of its steps, and ending it: under the lock on its person.
 *
 * What the workflow waits for may be another thing afterwards: it is woken by the outbox where it would come too late, and
 * looks anew.
 * @module
 */
import { sql } from 'kysely';
import type { Cursor, LogEntry } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { Run } from './enter.ts';
import { logRuns, tellTemporal } from './run-rows.ts';
import type { LockedRun, RunState } from './run-state.ts';
import { USUAL, urgencyOf } from './urgency.ts';
import { tellWaiting } from './waiting-entries.ts';
import { type Told, watch } from './watch.ts';

/**
 * Stores where the run stands now; it ends where its goal, its exit or its time limit says so.
 *
 * @param state as it stands now, with what ends it; no message of it is on its way
 * @param said what its log says of the change
 * @returns how the run is afterwards
 */
export async function relocate(
  tx: Queryable,
  { id, row }: LockedRun,
  state: RunState,
  said: LogEntry,
  now: Instant,
): Promise<Run['status']> {
  const { journey } = state.version;
  const run: Run = {
    id,
    journey: state.journey,
    instance: null,
    version: row.version,
    person: state.person,
    visit: 0,
    heldOut: state.heldOut,
    enteredAt: state.enteredAt,
    entry: state.entry,
    status: 'active',
    endedAt: null,
    endReason: null,
    cursor: state.cursor,
    wokenAt: state.wokenAt,
    dueAt: null,
  };
  const told = notBefore(now, run, watch(run, journey, state.facts, now));
  const entered =
    state.version.hash === row.version ? sql`` : sql`, entered_version = coalesce(entered_version, version)`;
  await sql`
    update runs set version = ${state.version.hash}${entered}, cursor = ${JSON.stringify(run.cursor)}::jsonb, status = ${run.status},
      ended_at = ${dateOf(run.endedAt)}, end_reason = ${run.endReason}, woken_at = ${dateOf(run.wokenAt)}, due_at = ${dateOf(run.dueAt)}
    where id = ${id}
  `.execute(tx);
  await logRuns(
    tx,
    logOf(row.cursor, state, said, told).map((entry) => ({ runId: id, entry })),
    now,
  );
  if (told?.kind === 'end') {
    await tellTemporal(tx, [{ run_id: id, kind: 'end', body: { outcome: run.status } }]);
    await tellWaiting(tx, [row.profile_id], now);
  } else if (told !== null || isMissed(row.cursor, run.cursor)) {
    // The workflow may not have begun.
    const startAt = run.cursor.phase === 'waiting' && told === null ? run.cursor.until : now;
    const urgency = urgencyOf(journey.priority);
    const body = { startAt, ...(urgency !== USUAL && { urgency }) };
    await tellTemporal(tx, [{ run_id: id, kind: 'wake', body }]);
  }
  return run.status;
}

/** Ends the run as exited. A message that is on its way is not sent any more, unless its channel has it already. */
export async function takeOut(tx: Queryable, { id, row }: LockedRun, reason: string, now: Instant): Promise<void> {
  await sql`
    update runs set status = 'exited', ended_at = ${new Date(now)}, end_reason = ${reason}, due_at = null where id = ${id}
  `.execute(tx);
  const { step, visit } = row.cursor;
  const ended: LogEntry = {
    ...{ step, visit, kind: 'run', at: now, did: 'ended' },
    ...{ outcome: 'exited', reason },
  };
  await logRuns(tx, [{ runId: id, entry: ended }], now);
  await tellTemporal(tx, [{ run_id: id, kind: 'end', body: { outcome: 'exited' } }]);
  await tellWaiting(tx, [row.profile_id], now);
}

/** Whoever is beyond the new version's time limit already is out of time now, not back then. */
function notBefore(now: Instant, run: Run, told: Told): Told {
  if (told?.kind !== 'end') return told;
  run.endedAt = Math.max(now, told.log.at);
  return { kind: 'end', log: { ...told.log, at: run.endedAt } };
}

function logOf(before: Cursor, { cursor, version }: RunState, said: LogEntry, told: Told): LogEntry[] {
  if (told?.kind === 'end') return [said, told.log];
  const goesOn = before.phase === 'waiting' && cursor.phase === 'waiting' && before.until === cursor.until;
  const kind = version.journey.steps[cursor.step ?? '']?.kind;
  if (cursor.phase !== 'waiting' || kind === undefined || (goesOn && before.step === cursor.step)) return [said];
  const { until } = cursor;
  return [said, { step: cursor.step, visit: cursor.visit, kind, at: said.at, did: 'waiting', until }];
}

/**
 * A timer that rings too early finds that there is nothing to do yet; one that would ring too late has to be told. So has
 * the workflow of a run that is held elsewhere than where it was noted to be.
 */
function isMissed(before: Cursor, after: Cursor): boolean {
  if (before.phase !== 'waiting') return after.visit !== before.visit;
  return after.phase !== 'waiting' || after.until < before.until;
}

function dateOf(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}
