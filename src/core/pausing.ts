/**
 * What a pause of its journey does to a run: when it came due, how long it is held, when it is let out and what of it has
 * become stale by then. Pure.
 *
 * A run lives on while it is held: its waits end when they were meant to, its goal, its exit and its time limit hold.
 * Only it does nothing. Once it is let out, it goes on as if the present step came late: what comes after counts from then.
 * @module
 */
import { deadlineOf, OUT_OF_TIME } from './ending.ts';
import type { Move } from './interpret.ts';
import type { Journey } from './journey.ts';
import { onceOut } from './move-by-hand.ts';
import { inRounds } from './repeat.ts';
import type { Cursor } from './run.ts';
import { DAY, type Instant, MINUTE, type Milliseconds } from './time.ts';

/** At most so many runs in any time that is so long. */
export interface Rate {
  readonly count: number;
  readonly per: Milliseconds;
}

/** How what came due during a pause is let out. */
export interface Resumption {
  readonly rate: Rate;
  /** What was due longer ago than this at the resume is not sent any more; null: everything is. */
  readonly staleAfter: Milliseconds | null;
}

export const USUAL_RESUMPTION: Resumption = { rate: { count: 100, per: MINUTE }, staleAfter: 2 * DAY };

/** What a run that was held knows of it when it goes on. */
export interface HeldUntilNow {
  /** When it wanted to go on. */
  readonly dueAt: Instant;
  /** Too long ago for the messages that it wanted to send then. */
  readonly stale: boolean;
}

/** A run that came due during the pause. */
export interface DueRun {
  readonly id: string;
  readonly priority: number;
  readonly dueAt: Instant;
}

export interface LetOut {
  readonly id: string;
  readonly dueAt: Instant;
  readonly releaseAt: Instant;
  readonly stale: boolean;
}

/** When a run at this place wants to go on. */
export function dueOf(cursor: Cursor, wokenAt: Instant | null): Instant {
  if (cursor.phase !== 'waiting') return cursor.at;
  return wokenAt === null ? cursor.until : Math.min(cursor.until, wokenAt);
}

/**
 * One after the other, evenly, at the rate: by priority, then who has been due for longest. What is stale sends nothing and
 * takes nobody's turn; it goes at the same rate beside the others, so that its next steps do not come all at once either.
 */
export function letOut(due: readonly DueRun[], { rate, staleAfter }: Resumption, now: Instant): LetOut[] {
  const turns = { fresh: 0, stale: 0 };
  return [...due].sort(byTurn).map(({ id, dueAt }) => {
    const stale = staleAfter !== null && dueAt < now - staleAfter;
    const turn = stale ? turns.stale++ : turns.fresh++;
    return { id, dueAt, stale, releaseAt: now + Math.ceil((turn * rate.per) / rate.count) };
  });
}

function byTurn(a: DueRun, b: DueRun): number {
  return b.priority - a.priority || a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1);
}

/**
 * What a run does while its journey is paused: it waits on if it was waiting; once it is due it is held, until its time
 * limit ends it.
 */
export function hold(
  journey: Journey,
  cursor: Cursor,
  { enteredAt, wokenAt }: { readonly enteredAt: Instant; readonly wokenAt: Instant | null },
  now: Instant,
): Move {
  const deadline = deadlineOf(journey, enteredAt);
  if (now >= deadline) return ended(cursor, 'timed-out', OUT_OF_TIME, deadline);
  const due = dueOf(cursor, wokenAt);
  const until = due <= now ? deadline : Math.min(due, deadline);
  return standing(cursor, until);
}

/**
 * The position of a run whose message was taken back: its step is decided anew. Whoever was moved meanwhile stands there,
 * and that message is not sent.
 */
export function takenBack(cursor: Extract<Cursor, { phase: 'delivering' }>, now: Instant): Cursor {
  const { step, at, visit, to, rounds, movedTo } = cursor;
  if (movedTo !== undefined) return onceOut(cursor, movedTo, now);
  return inRounds({ phase: 'ready', step, at, visit, ...(to && { to }) }, rounds);
}

/** Nothing but waiting. */
export function standing(cursor: Cursor, until: Instant): Move {
  return { cursor, log: [], acts: [], grants: [], next: { kind: 'wait', until, condition: null } };
}

/** The end of a run that something outside of its steps brings about. */
export function ended(cursor: Cursor, outcome: 'exited' | 'timed-out', reason: string, at: Instant): Move {
  const { visit } = cursor;
  return {
    cursor: { phase: 'ready', step: null, at, visit },
    log: [{ step: null, kind: 'run', at, visit, did: 'ended', outcome, reason }],
    acts: [],
    grants: [],
    next: { kind: 'end', outcome, reason },
  };
}
