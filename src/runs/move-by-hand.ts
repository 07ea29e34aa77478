/**
 * Moving one run on, out or to another step by hand: under the lock on its person, with a line in the audit log.
 *
 * A message that is on its way when a run is moved goes out and is recorded, and the run goes on from where it was moved to;
 * only a pause of the journey takes back what its channel has not got yet. When a run is taken out, what its channel has not
 * got yet is refused. The journey may be paused: the run stands elsewhere then, and stays held.
 * @module
 */

import type { StepId } from '../core/journey.ts';
import { moveByHand, standsAt, type Whither } from '../core/move-by-hand.ts';
import type { LogEntry } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import { currentPublication } from '../definitions/publish.ts';
import { audit, type ByHand } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { heldFrom, letGo } from './held-runs.ts';
import { readControls } from './journey-controls.ts';
import { type JourneyStatus, journeyStatus } from './journey-status.ts';
import type { Migrating } from './migrate-run.ts';
import type { RunStatus } from './read-runs.ts';
import { relocate, takeOut } from './relocate.ts';
import { logRuns } from './run-rows.ts';
import { type LockedRun, lockRun, readState, UnknownRunError } from './run-state.ts';

export interface MoveAsked extends ByHand {
  readonly run: string;
  readonly whither: Whither | 'out';
  /** Where whoever asks saw it: it is left alone if it stands elsewhere by now. Absent: wherever it stands. */
  readonly from?: StepId | undefined;
}

export interface HandMoved {
  readonly run: string;
  readonly journey: string;
  /** Where it stood; null: past the last step. */
  readonly from: StepId | null;
  /** Where it stands; null: past the last step, or out. */
  readonly to: StepId | null;
  /** How the run is now: moving it may have shown that it is over. */
  readonly status: RunStatus;
  /** It goes there once the message is out that is on its way. */
  readonly afterMessage: boolean;
}

/** The run cannot be moved so; nothing was changed. */
export class HandMoveError extends Error {
  override readonly name = 'HandMoveError';

  constructor(
    readonly code:
      | 'not-found'
      | 'unknown-step'
      | 'ended'
      | 'elsewhere'
      | 'at-the-end'
      | 'on-the-move'
      | Extract<JourneyStatus, 'stopped' | 'archived'>,
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/** @throws {HandMoveError} */
export async function moveRunByHand(db: Database, asked: MoveAsked, moving: Migrating): Promise<HandMoved> {
  return db.transaction().execute(async (tx) => {
    const locked = await lockRun(tx, asked.run).catch((error: unknown) => {
      if (!(error instanceof UnknownRunError)) throw error;
      throw new HandMoveError(
        'not-found',
        `There is no run \`${asked.run}\``,
        'See /api/journeys/KEY/runs for those there are',
      );
    });
    const now = moving.clock.now();
    expectThere(locked, asked.from);
    if (asked.whither !== 'out') return move(tx, locked, { ...asked, whither: asked.whither }, moving, now);
    const from = standsAt(locked.row.cursor);
    const { journey } = locked.row;
    await takeOut(tx, locked, `taken out by ${asked.by}: ${asked.reason}`, now);
    await letGo(tx, asked.run);
    await audit(tx, asked, { did: 'took out', journey, run: asked.run, detail: { from } }, now);
    return { run: asked.run, journey, from, to: null, status: 'exited', afterMessage: false };
  });
}

async function move(
  tx: Queryable,
  locked: LockedRun,
  { run, whither, by, reason }: MoveAsked & { readonly whither: Whither },
  moving: Migrating,
  now: Instant,
): Promise<HandMoved> {
  const { row } = locked;
  await expectOpen(tx, row.journey);
  const { journey } = await moving.versions.load(tx, row.version);
  const from = standsAt(row.cursor);
  const held = heldFrom(row.held, row.cursor);
  const isKept = row.control !== null || (held !== null && (held.releaseAt === null || held.releaseAt > now));
  const moved = moveByHand(journey, row.cursor, whither, isKept, now);
  if (moved.kind !== 'moves') throw refusalOf(moved.kind, locked, whither, Object.keys(journey.steps));

  const { to, cursor } = moved;
  const { step, visit } = row.cursor;
  const said: LogEntry = { step, visit, kind: 'run', at: now, did: 'moved', to, by, reason };
  const afterMessage = cursor.phase === 'delivering';
  let status: RunStatus = 'active';
  if (afterMessage) {
    await tx
      .updateTable('runs')
      .set({ cursor: JSON.stringify(cursor) })
      .where('id', '=', run)
      .execute();
    await logRuns(tx, [{ runId: run, entry: said }], now);
  } else {
    const there: LockedRun = { ...locked, row: { ...row, cursor, woken_at: null } };
    status = await relocate(tx, locked, await readState(tx, there, moving, now, 'with what ends it'), said, now);
    await letGo(tx, run);
  }
  await audit(
    tx,
    { by, reason },
    { did: whither === 'on' ? 'moved on' : 'moved', journey: row.journey, run, detail: { from, to } },
    now,
  );
  return { run, journey: row.journey, from, to, status, afterMessage };
}

function expectThere({ id, row }: LockedRun, from: StepId | undefined): void {
  if (row.status !== 'active')
    throw new HandMoveError(
      'ended',
      `The run \`${id}\` has ended: ${row.status}, ${row.end_reason}`,
      'Only runs under way are moved',
    );
  const at = standsAt(row.cursor);
  if (from === undefined || from === at) return;
  throw new HandMoveError(
    'elsewhere',
    `The run \`${id}\` stands ${placeOf(at)} by now, not at \`${from}\``,
    'Look again before you move it',
  );
}

/** Nobody is moved to further messages of a journey that was given up. */
async function expectOpen(tx: Queryable, key: string): Promise<void> {
  const version = (await currentPublication(tx))?.workspace.journeys[key];
  const status = journeyStatus(version, (await readControls(tx)).get(key));
  if (status !== 'stopped' && status !== 'archived') return;
  const fix =
    status === 'stopped' ? 'Start it first, or take people out' : 'Publish it again first, or take people out';
  throw new HandMoveError(status, `The journey \`${key}\` is ${status}`, fix);
}

function refusalOf(
  kind: 'unknown-step' | 'at-the-end' | 'on-the-move',
  { id, row }: LockedRun,
  whither: Whither,
  steps: readonly StepId[],
): HandMoveError {
  switch (kind) {
    case 'unknown-step': {
      const step = whither === 'on' ? '' : whither.to;
      const fix = didYouMean(step, steps) ?? `There are: ${steps.join(', ')}`;
      return new HandMoveError(
        kind,
        `The version of \`${row.journey}\` that the run follows has no step \`${step}\``,
        fix,
      );
    }
    case 'at-the-end':
      return new HandMoveError(
        kind,
        `The run \`${id}\` is past the last step and waits for its goal`,
        'Move it to a step, or out',
      );
    case 'on-the-move':
      return new HandMoveError(
        kind,
        `The run \`${id}\` goes on ${placeOf(standsAt(row.cursor))} right now`,
        'Look again before you move it',
      );
  }
}

function placeOf(step: StepId | null): string {
  return step === null ? 'past the last step' : `at \`${step}\``;
}
