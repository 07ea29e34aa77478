/**
 * One move of a run for real: decide everything up to the next wait or outside effect, reserve, log, and say what is next.
 * @module
 */
import type { DeliveryAhead } from '../core/ahead.ts';
import type { JsonObject } from '../core/condition.ts';
import { delivered, LATENESS_FORGIVEN, type Next } from '../core/interpret.ts';
import type { ActionStep } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { Cursor } from '../core/run.ts';
import type { Clock, Instant, Milliseconds } from '../core/time.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import type { Database, Queryable } from '../store/database.ts';
import { decideForPeople, lockTogether, PeopleBusyError } from './account-people.ts';
import { type CreateTask, messageId } from './carry-out.ts';
import { goOn, isStillPaused } from './held-runs.ts';
import { type Instruction, instructionFor, type RunRef } from './instruction.ts';
import { decideMove } from './move.ts';
import { decideWithOffers, saveGrants } from './offers.ts';
import { expectStillRefused } from './relied-on.ts';
import { type LockedRun, lockRun, type RunState, readLedger, readState } from './run-state.ts';
import { type MessageResult, type NewMessage, saveMove, saveResult } from './save-move.ts';
import { standstill, takeBack } from './standstill.ts';
import type { SettingsShelf, VersionShelf } from './version-shelf.ts';

export interface Advancing {
  readonly db: Database;
  readonly clock: Clock;
  readonly versions: VersionShelf;
  readonly settings: SettingsShelf;
  readonly createTask: CreateTask;
}

/**
 * Moves the run as far as it can go now. Calling it again before anything has changed answers the same and changes
 * nothing.
 */
export async function advanceRun(ref: RunRef, advancing: Advancing): Promise<Instruction> {
  return (await moveRun(ref, advancing, {})).instruction;
}

/** A message that a move reserved and whose delivery has begun with it. */
export interface TakenMessage {
  readonly id: string;
  readonly step: ActionStep;
  readonly content: JsonObject | null;
  readonly offer: string | null;
  /** Who of the run's account gets it. */
  readonly to?: number;
  readonly state: RunState;
}

/**
 * Moves the run like {@link advanceRun}. A message that it reserves for this channel is taken for delivery by the caller
 * in the same transaction; null where it reserves none. A run that ended may have `left` a message on its way, which is
 * still to be settled unless it is already.
 */
export async function advanceToDelivery(
  ref: RunRef,
  channel: DeliveryAhead['channel'],
  advancing: Advancing,
): Promise<Moved> {
  return moveRun(ref, advancing, { taking: channel });
}

/** How the delivery of a message ended, where it did not simply succeed: `refusal` says why it did not go out. */
export interface Settlement {
  readonly message: string;
  readonly refusal: Refusal | null;
  readonly detail: JsonObject | null;
  /** What the engine reports about it as events. */
  readonly report: (state: RunState, now: Instant) => readonly IncomingEvent[];
}

/**
 * Records what became of the message and moves the run on from it. A message that is settled already stays as it is.
 * @throws {RefusalOvertakenError} nothing was recorded
 */
export async function settleDelivery(ref: RunRef, settlement: Settlement, advancing: Advancing): Promise<Instruction> {
  return (await moveRun(ref, advancing, { settlement })).instruction;
}

/**
 * Takes a message back that is reserved but not handed over, and decides its step anew. A run that ended meanwhile has
 * `left` it, which is still to be settled.
 */
export async function decideAnew(ref: RunRef, advancing: Advancing): Promise<Moved> {
  return moveRun(ref, advancing, { anew: true });
}

interface Moving {
  /** What became of the message that was on its way. */
  readonly settlement?: Settlement | null;
  /** A message that the move reserves for this channel is taken for delivery at once. */
  readonly taking?: DeliveryAhead['channel'];
  /** The message that is on its way is taken back where it can be. */
  readonly anew?: boolean;
}

interface Moved {
  readonly instruction: Instruction;
  readonly taken: TakenMessage | null;
  /** The message that was on its way when the run ended. */
  readonly left?: string;
}

async function moveRun(ref: RunRef, advancing: Advancing, moving: Moving): Promise<Moved> {
  const { db } = advancing;
  for (let people: readonly number[] = []; ; ) {
    try {
      return await db.transaction().execute((tx) => moveIn(tx, ref, people, advancing, moving));
    } catch (error) {
      if (!(error instanceof PeopleBusyError)) throw error;
      people = [...new Set([...people, ...error.people])];
    }
  }
}

/** @param people of the run's account whom others had, the time before */
async function moveIn(
  tx: Queryable,
  ref: RunRef,
  people: readonly number[],
  advancing: Advancing,
  { settlement = null, taking, anew = false }: Moving,
): Promise<Moved> {
  const { clock } = advancing;
  if (people.length > 0) await lockTogether(tx, ref.run, people);
  const locked = await lockSettledRun(tx, ref.run);
  const settled = settlement !== null && isOnItsWay(locked, settlement.message);
  if (settled) await expectStillRefused(tx, settlement.message, settlement.refusal);
  // What was given up counts against no cap from here on, not even for what comes right after it.
  if (settled && settlement.refusal !== null) await saveResult(tx, resultOf(settlement), clock.now());
  const found = await readState(tx, locked, advancing, clock.now());
  const now = clock.now();
  const latenessForgiven = LATENESS_FORGIVEN * clock.speed;
  const result = settled && settlement.refusal === null ? resultOf(settlement) : null;
  const reported = settled ? settlement.report(found, now) : [];

  if (found.status !== 'active') {
    const { status: outcome, endReason } = found;
    if (result !== null) await saveResult(tx, result, now);
    await putInInbox(tx, reported);
    const left = messageOnItsWay(found);
    return { instruction: { kind: 'end', outcome, reason: endReason ?? '' }, taken: null, ...(left && { left }) };
  }
  const back = anew ? await takeBack(tx, found.id, found.cursor, now) : null;
  const state = back === null ? found : { ...found, cursor: back };
  const refusal = settled ? { refusal: settlement.refusal } : null;
  const from = refusal === null ? state.cursor : onwardFrom(state, latenessForgiven, now);
  const kept = await standstill(tx, state, from, now);
  const { next, changed, log, carried, grants, exposedAt, after } = await decideWithOffers(
    tx,
    state,
    advancing.settings.offers,
    (offers) =>
      decideForPeople(
        tx,
        state.people,
        (person) => readLedger(tx, person, state, now),
        (account) => decideMove({ ...state, account, offers }, refusal, latenessForgiven, now, kept?.move),
      ),
  );
  if (kept === null && state.held !== null) await goOn(tx, state.id, state.held, next);
  const instruction = instructionFor(state, after.cursor, next, clock, kept?.why);
  const wanted = instruction.kind === 'deliver' && instruction.channel === taking ? instruction.message : null;
  if (!changed && back === null) return { instruction, taken: null };
  const messages = carried.messages.map((message) =>
    message.id === wanted ? ({ ...message, status: 'sending', attempts: 1 } as const) : message,
  );
  const events = [...reported, ...carried.events];
  const { id: runId, journey } = state;
  await saveMove(
    tx,
    { runId, version: state.version.hash, journey, ...after, log, messages, exposedAt, result, events },
    now,
  );
  await saveGrants(tx, runId, grants);
  for (const task of carried.tasks) await advancing.createTask(tx, task);
  return { instruction, taken: takenFrom(messages, next, state) };
}

function takenFrom(messages: readonly NewMessage[], next: Next, state: RunState): TakenMessage | null {
  const message = messages.find(({ status }) => status === 'sending');
  if (message === undefined || next.kind !== 'deliver') return null;
  const { step, to } = next;
  return { id: message.id, step, content: message.content, offer: message.offer, ...(to && { to: to.id }), state };
}

/** What is read of a pause has to hold until the commit, or the run would sleep through the resume. */
async function lockSettledRun(tx: Queryable, run: string): Promise<LockedRun> {
  for (;;) {
    const locked = await lockRun(tx, run);
    const { control, journey } = locked.row;
    if (control?.kind !== 'paused' || (await isStillPaused(tx, journey))) return locked;
  }
}

/** Where the run stands once the message that is on its way is settled. */
function onwardFrom({ version, cursor }: RunState, latenessForgiven: Milliseconds, now: Instant): Cursor {
  return delivered(version.journey, cursor, { latenessForgiven }, now).cursor;
}

/** Is this the message that the run's cursor, or an ended run, still waits to hear of? */
function isOnItsWay({ id, row: { cursor } }: LockedRun, message: string): boolean {
  return messageOnItsWay({ id, cursor }) === message;
}

function messageOnItsWay({ id, cursor }: Pick<RunState, 'id' | 'cursor'>): string | null {
  return cursor.phase === 'delivering' ? messageId(id, cursor.step, cursor.visit, cursor.to?.[0].id) : null;
}

function resultOf({ message, refusal, detail }: Settlement): MessageResult {
  const status = refusal === null ? 'sent' : refusal.reason === 'channel' ? 'failed' : 'refused';
  return { id: message, status, refusal, detail };
}
