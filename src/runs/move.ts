/**
 * What one move of a run decides: all of it but storing and telling. The engine stores it, a virtual life keeps it in memory.
 * @module
 */
import { delivered, interpret, type Move } from '../core/interpret.ts';
import type { Journey } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { Cursor, LogEntry, Outcome } from '../core/run.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { newsFor } from '../ingest/inbox.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import type { RunState } from './run-state.ts';
import type { StoredMove } from './save-move.ts';
import { watchUntil } from './watch.ts';

export interface DecidedMove {
  readonly next: Move['next'];
  /** Is there anything to keep? */
  readonly changed: boolean;
  readonly log: readonly LogEntry[];
  readonly carried: CarriedOut;
  /** When the first step that acts on the person was reached; null: none was. */
  readonly exposedAt: Instant | null;
  readonly grants: Move['grants'];
  /** How the run stands afterwards. */
  readonly after: Pick<StoredMove, 'status' | 'endReason' | 'endedAt' | 'cursor' | 'wokenAt' | 'dueAt'>;
}

/**
 * @param state of a run that is under way
 * @param settled what became of the message that was on its way, where one was
 * @param kept what the run does instead of going on, where something keeps it
 */
export function decideMove(
  state: RunState,
  settled: { readonly refusal: Refusal | null } | null,
  latenessForgiven: Milliseconds,
  now: Instant,
  kept?: Move,
): DecidedMove {
  const { journey } = state.version;
  const onward = settled === null ? null : delivered(journey, state.cursor, { latenessForgiven }, now, settled.refusal);
  const { wokenAt, held, version: _version, ...known } = state;
  const given = {
    ...{ ...known, workspace: state.settings, latenessForgiven },
    ...(wokenAt === null ? {} : { wokenAt }),
    ...(held === null ? {} : { heldUntilNow: held }),
  };
  const move = kept ?? interpret(journey, onward?.cursor ?? state.cursor, given, now);
  const log = onward === null ? move.log : [onward.log, ...move.log];
  const { next, cursor } = move;
  const changed = onward !== null || log.length > 0 || cursor.phase !== state.cursor.phase;
  const carried = withEnd(carryOut(state, journey, move.acts, now), state, next, log.at(-1)?.at ?? now);
  return {
    next,
    changed,
    log,
    carried,
    exposedAt: move.acts[0]?.at ?? null,
    grants: move.grants,
    after: { cursor, ...standing(state, journey, move, log.at(-1)?.at ?? now, now) },
  };
}

/** Whoever waited to enter another journey of the group does so when the run is over. */
function withEnd(carried: CarriedOut, { profileId, version }: RunState, next: Move['next'], at: Instant): CarriedOut {
  if (next.kind !== 'end' || version.journey.group === undefined) return carried;
  const endedAt = new Date(at).toISOString();
  const news = newsFor(profileId, { ended: true }, { occurredAt: endedAt, receivedAt: endedAt });
  return { ...carried, events: [...carried.events, news] };
}

/** A message that was held for one thing may then be held for another, of which what woke it says nothing. */
function isSameWait(before: Cursor, after: Cursor): boolean {
  if (before.phase !== 'waiting' || after.phase !== 'waiting') return false;
  return before.step === after.step && before.visit === after.visit && before.hold?.reason === after.hold?.reason;
}

function standing(state: RunState, journey: Journey, { cursor, next }: Move, endedAt: Instant, now: Instant) {
  const wokenAt = isSameWait(state.cursor, cursor) ? state.wokenAt : null;
  if (next.kind === 'end') {
    const status: Outcome = next.outcome;
    return { status, endReason: next.reason, endedAt, wokenAt, dueAt: null };
  }
  const facts = { ...state.facts, enteredAt: state.enteredAt };
  const dueAt = watchUntil({ cursor, wokenAt }, journey, facts, now);
  return { status: 'active' as const, endReason: null, endedAt: null, wokenAt, dueAt };
}
