/**
 * The step logic, once: the `advance` activity runs it for real, the simulator and the backtest in virtual time.
 *
 * Times are the run's own: a wait that ends on time ends at the instant it was meant to, so that steps keep their rhythm
 * however long the machine took to get there, and conditions are asked about at that instant. Only when a step comes
 * later than {@link LATENESS_FORGIVEN} does the run count from the moment it really is.
 * @module
 */
import { act } from './acting.ts';
import type { Condition } from './condition.ts';
import { deadlineOf, OUT_OF_TIME } from './ending.ts';
import type { ActionStep, Journey, Step } from './journey.ts';
import { onceOut } from './move-by-hand.ts';
import type { Refusal } from './pressure.ts';
import { receiverIn } from './receivers.ts';
import { inRounds } from './repeat.ts';
import type { Chosen } from './roles.ts';
import type { Cursor, LogEntry, Outcome, Waiting } from './run.ts';
import { awaited, stepOf } from './standing-at.ts';
import { steer } from './steering.ts';
import { type Instant, MINUTE, type Milliseconds } from './time.ts';
import { dateMoved } from './wait.ts';
import { type Act, beginWalk, type Given, type Grant, type Leaving, type Ready, said, type Walk } from './walk.ts';

/** In real time; callers with a fast clock multiply it by the clock's speed. */
export const LATENESS_FORGIVEN: Milliseconds = MINUTE;

export type Next =
  /** Sit until then; woken earlier if `condition` comes true. */
  | { readonly kind: 'wait'; readonly until: Instant; readonly condition: Condition | null }
  /** Hand the reserved message of this step to its channel, then call {@link delivered}. */
  | { readonly kind: 'deliver'; readonly step: ActionStep; readonly visit: number; readonly to?: Chosen }
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly reason: string };

export interface Move {
  readonly cursor: Cursor;
  readonly log: readonly LogEntry[];
  readonly acts: readonly Act[];
  readonly grants: readonly Grant[];
  readonly next: Next;
}

/** A run's first position. A first wait is already begun, so that the workflow can start with that delay. */
export function open(journey: Journey, enteredAt: Instant): { cursor: Cursor; log: readonly LogEntry[] } {
  const first = journey.first === null ? undefined : journey.steps[journey.first];
  if (first?.kind !== 'wait' || first.for === undefined)
    return { cursor: { phase: 'ready', step: journey.first, at: enteredAt, visit: 0 }, log: [] };
  const until = Math.min(enteredAt + first.for, deadlineOf(journey, enteredAt));
  return {
    cursor: { phase: 'waiting', step: first.id, at: enteredAt, until, visit: 0 },
    log: [{ step: first.id, kind: 'wait', at: enteredAt, visit: 0, did: 'waiting', until }],
  };
}

/** Goes from `cursor` as far as it can at `now`: to the next wait, the next outside effect, or the end. */
export function interpret(journey: Journey, cursor: Cursor, given: Given, now: Instant): Move {
  const walk = beginWalk(journey, cursor, given, now);
  const { log, acts, grants, deadline, onTime } = walk;
  let here: Cursor = cursor.phase === 'ready' ? { ...cursor, at: onTime(cursor.at) } : cursor;
  for (;;) {
    if (here.phase === 'delivering') return stop(delivery(journey, here));
    if (here.phase === 'waiting') {
      const condition = awaited(journey, here);
      const metAt = condition === null ? null : cameTrue(condition, here, here === cursor, walk);
      if (metAt === null && now < here.until) {
        // What woke the run may have happened by a clock that is ahead of ours: it is then waited for.
        const woken = here === cursor && condition !== null ? (given.wokenAt ?? here.until) : here.until;
        return stop({ kind: 'wait', until: Math.min(woken, here.until), condition });
      }
      const at = metAt ?? onTime(here.until);
      const step = here.step === null ? null : stepOf(journey, here.step);
      if (step === null || (metAt === null && here.until >= deadline)) return end('timed-out', OUT_OF_TIME, at);
      here = goOn(step, here, metAt, condition !== null, walk);
      continue;
    }

    if (here.at >= deadline) return end('timed-out', OUT_OF_TIME, here.at);
    if (here.step === null) {
      if (journey.goal === null) return end('completed', 'all steps are done', here.at);
      here = { phase: 'waiting', step: null, at: here.at, until: deadline, visit: here.visit };
      continue;
    }
    const step = stepOf(journey, here.step);
    const then = take(step, here, walk);
    if ('leaves' in then) return end('exited', then.leaves, here.at, step.kind === 'exit' ? step : null);
    here = then;
  }

  function stop(next: Next): Move {
    return { cursor: inRounds(here, walk.rounds), log, acts, grants, next };
  }

  function end(outcome: Outcome, reason: string, at: Instant, step: Step | null = null): Move {
    const next: Next = { kind: 'end', outcome, reason };
    const visit = here.visit;
    log.push({ step: step?.id ?? null, kind: step?.kind ?? 'run', at, visit, did: 'ended', outcome, reason });
    return { cursor: { phase: 'ready', step: null, at, visit }, log, acts, grants, next };
  }
}

function take(step: Step, here: Ready, walk: Walk): Cursor | Leaving {
  switch (step.kind) {
    case 'exit':
      return { leaves: step.reason };
    case 'email':
    case 'in-app':
    case 'sales-task':
    case 'webhook':
    case 'set-trait':
      return act(step, here, walk);
    default:
      return steer(step, here, walk);
  }
}

/** When the awaited condition came true, on the run's own time; null: not yet, or not before the wait was over. */
function cameTrue(condition: Condition, wait: Waiting, isFirst: boolean, walk: Walk): Instant | null {
  const { given, now, onTime } = walk;
  // A wait that was over while the run was held was over in time.
  const wasHeld = isFirst && given.heldUntilNow !== undefined;
  const last = now < wait.until ? now : wasHeld ? wait.until : onTime(wait.until);
  const woken = isFirst ? given.wokenAt : undefined;
  if (woken !== undefined && woken <= last) return onTime(Math.max(woken, wait.at));
  return walk.holds(condition, last) ? onTime(last) : null;
}

/**
 * Goes on from a wait, or from a hold, that is over.
 * @param metAt when what was awaited came true; null: it did not
 */
function goOn(step: Step, wait: Waiting, metAt: Instant | null, awaits: boolean, walk: Walk): Cursor {
  const { given, now, deadline, log, onTime } = walk;
  const { visit, to } = wait;
  const at = metAt ?? onTime(wait.until);
  if (wait.hold !== undefined) {
    walk.held = wait;
    walk.isMature = metAt !== null;
    return { phase: 'ready', step: step.id, at, visit, ...(to && { to }) };
  }
  const moved = dateMoved(step, given.facts.traits, given.workspace.timezone, wait, now);
  if (moved !== null) {
    const until = Math.min(moved, deadline);
    log.push({ ...said(step, at, visit), did: 'waiting', until });
    return { ...wait, until };
  }
  const why = metAt !== null ? 'condition' : awaits ? 'timeout' : 'time';
  log.push({ ...said(step, at, visit), did: 'waited', why });
  const following = step.kind === 'wait-until' && metAt === null ? step.onTimeout : step.next;
  return { phase: 'ready', step: following, at, visit: visit + 1 };
}

/**
 * The position after the message of a `delivering` cursor is out, or was given up; and what to log about it.
 *
 * @param refusal why it was given up; null when it is out
 */
export function delivered(
  journey: Journey,
  cursor: Cursor,
  given: Pick<Given, 'latenessForgiven'>,
  now: Instant,
  refusal: Refusal | null = null,
): { cursor: Cursor; log: LogEntry } {
  if (cursor.phase !== 'delivering')
    throw new Error(`No message is on its way: the run is ${cursor.phase} at ${cursor.step}`);
  const step = stepOf(journey, cursor.step);
  const at = now - cursor.at <= given.latenessForgiven ? cursor.at : now;
  const [to, ...rest] = cursor.to ?? [];
  const about = { ...said(step, cursor.at, cursor.visit), ...receiverIn(to) };
  const next: Cursor =
    rest.length > 0
      ? { phase: 'ready', step: step.id, at, visit: cursor.visit, to: rest }
      : { phase: 'ready', step: step.next, at, visit: cursor.visit + 1 };
  return {
    cursor: cursor.movedTo === undefined ? inRounds(next, cursor.rounds) : onceOut(cursor, cursor.movedTo, now),
    log: refusal === null ? { ...about, did: 'acted' } : { ...about, did: 'refused', refusal },
  };
}

function delivery(journey: Journey, cursor: Extract<Cursor, { phase: 'delivering' }>): Next {
  const to = cursor.to?.[0];
  return { kind: 'deliver', step: stepOf(journey, cursor.step) as ActionStep, visit: cursor.visit, ...(to && { to }) };
}
