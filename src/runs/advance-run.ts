/**
 * One move of a run for real: decide everything up to the next wait or outside effect, reserve, log, and say what is next.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { LATENESS_FORGIVEN, type Next, type Outcome } from '../core/interpret.ts';
import type { Refusal } from '../core/pressure.ts';
import { type Clock, type Instant, realMillisecondsUntil } from '../core/time.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import type { Database } from '../store/database.ts';
import { type CreateTask, messageId } from './carry-out.ts';
import { decideMove } from './move.ts';
import { lockRun, type RunState, readState } from './run-state.ts';
import { type MessageResult, saveMove, saveResult } from './save-move.ts';
import type { SettingsShelf, VersionShelf } from './version-shelf.ts';

export interface Advancing {
  readonly db: Database;
  readonly clock: Clock;
  readonly versions: VersionShelf;
  readonly settings: SettingsShelf;
  readonly createTask: CreateTask;
}

export interface RunRef {
  readonly run: string;
  /** Content hash of the definition that the run was started with; the run's row says which one it follows now. */
  readonly version: string;
}

/** What the workflow does next. */
export type Instruction =
  /** Real milliseconds; a `wake` ends it early. */
  | { readonly kind: 'wait'; readonly milliseconds: number; readonly summary: string }
  | {
      readonly kind: 'deliver';
      readonly channel: 'email' | 'webhook';
      readonly message: string;
      readonly summary: string;
    }
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly reason: string };

/**
 * Moves the run as far as it can go now. Calling it again before anything has changed answers the same and changes
 * nothing.
 */
export async function advanceRun(ref: RunRef, advancing: Advancing): Promise<Instruction> {
  return moveRun(ref, advancing, null);
}

/** How the delivery of a message ended, where it did not simply succeed: `refusal` says why it did not go out. */
export interface Settlement {
  readonly message: string;
  readonly refusal: Refusal | null;
  readonly detail: JsonObject | null;
  /** What the engine reports about it as events. */
  readonly report: (state: RunState, now: Instant) => readonly IncomingEvent[];
}

/** Records what became of the message and moves the run on from it. A message that is settled already stays as it is. */
export async function settleDelivery(ref: RunRef, settlement: Settlement, advancing: Advancing): Promise<Instruction> {
  return moveRun(ref, advancing, settlement);
}

async function moveRun(ref: RunRef, advancing: Advancing, settlement: Settlement | null): Promise<Instruction> {
  const { db, clock } = advancing;
  return db.transaction().execute(async (tx) => {
    const locked = await lockRun(tx, ref.run);
    const state = await readState(tx, locked, advancing, clock.now());
    const now = clock.now();
    const latenessForgiven = LATENESS_FORGIVEN * clock.speed;
    const settled = settlement !== null && isOnItsWay(state, settlement.message);
    const result = settled ? resultOf(settlement) : null;
    const reported = settled ? settlement.report(state, now) : [];

    if (state.status !== 'active') {
      const { status: outcome, endReason } = state;
      if (result !== null) await saveResult(tx, result, now);
      await putInInbox(tx, reported);
      return { kind: 'end', outcome, reason: endReason ?? '' };
    }
    const refusal = settled ? { refusal: settlement.refusal } : null;
    const { next, changed, log, carried, after } = decideMove(state, refusal, latenessForgiven, now);
    if (changed) {
      const { id: runId, profileId } = state;
      const events = [...reported, ...carried.events];
      const move = {
        runId,
        journey: state.journey,
        profileId,
        ...after,
        log,
        messages: carried.messages,
        result,
        events,
      };
      await saveMove(tx, move, now);
      for (const task of carried.tasks) await advancing.createTask(tx, task);
    }
    return instructionFor(state, next, clock);
  });
}

/** Is this the message that the run's cursor, or an ended run, still waits to hear of? */
function isOnItsWay(state: RunState, message: string): boolean {
  return state.cursor.phase === 'delivering' && messageId(state.id, state.cursor.step, state.cursor.visit) === message;
}

function resultOf({ message, refusal, detail }: Settlement): MessageResult {
  const status = refusal === null ? 'sent' : refusal.reason === 'channel' ? 'failed' : 'refused';
  return { id: message, status, refusal, detail };
}

function instructionFor(state: RunState, next: Next, clock: Clock): Instruction {
  switch (next.kind) {
    case 'end':
      return next;
    case 'wait':
      return {
        kind: 'wait',
        milliseconds: Math.max(1, realMillisecondsUntil(next.until, clock)),
        summary:
          next.condition === null
            ? `until ${new Date(next.until).toISOString()}`
            : `until it happens, or ${new Date(next.until).toISOString()}`,
      };
    case 'deliver': {
      const { step, visit } = next;
      if (step.kind !== 'email' && step.kind !== 'webhook') throw new Error(`A ${step.kind} is not delivered outside`);
      return {
        kind: 'deliver',
        channel: step.kind,
        message: messageId(state.id, step.id, visit),
        summary: step.kind === 'email' ? `email ${step.template.key}` : `webhook ${step.id}`,
      };
    }
  }
}
