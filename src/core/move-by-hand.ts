/**
 * Moving a run by hand: on from the step at which it stands, or to any step of its version. Pure.
 *
 * It stands there anew, at a visit of its own: what was sent at the visit before is never sent again for it, and a step that
 * it comes back to is met once more. A message that is on its way goes out first.
 * @module
 */
import type { Journey, StepId } from './journey.ts';
import { reachableFrom } from './reachable.ts';
import { inRounds } from './repeat.ts';
import type { Cursor } from './run.ts';
import { stepOf } from './standing-at.ts';
import type { Instant } from './time.ts';

/** Where somebody wants a run to go: on from where it stands, leaving that step out; or to a step. */
export type Whither = 'on' | { readonly to: StepId };

export type MovedByHand =
  /** `to` is null past the last step. */
  | { readonly kind: 'moves'; readonly to: StepId | null; readonly cursor: Cursor }
  | { readonly kind: 'unknown-step' }
  /** It waits for its goal past the last step. */
  | { readonly kind: 'at-the-end' }
  /** It goes on from there at this very moment, so that nobody can know what would be left out. */
  | { readonly kind: 'on-the-move' };

/** The step at which the run stands, or will once the message is out that is on its way; null: past the last one. */
export function standsAt(cursor: Cursor): StepId | null {
  return cursor.phase === 'delivering' && cursor.movedTo !== undefined ? cursor.movedTo : cursor.step;
}

/**
 * @param isKept something outside of its steps keeps the run from going on, so that it stands where it is about to do something
 */
export function moveByHand(
  journey: Journey,
  cursor: Cursor,
  whither: Whither,
  isKept: boolean,
  now: Instant,
): MovedByHand {
  if (whither !== 'on')
    return whither.to in journey.steps ? moved(journey, cursor, whither.to, now) : { kind: 'unknown-step' };
  const isUnderWay = cursor.phase === 'ready' ? !isKept : cursor.phase === 'delivering' && cursor.movedTo !== undefined;
  if (isUnderWay) return { kind: 'on-the-move' };
  if (cursor.step === null) return { kind: 'at-the-end' };
  return moved(journey, cursor, stepOf(journey, cursor.step).next, now);
}

/** Where a run stands that was moved while its message was on its way, now that this is over. */
export function onceOut(
  cursor: Extract<Cursor, { phase: 'delivering' }>,
  movedTo: StepId | null,
  now: Instant,
): Cursor {
  return inRounds({ phase: 'ready', step: movedTo, at: now, visit: cursor.visit + 1 }, cursor.rounds);
}

function moved(journey: Journey, cursor: Cursor, to: StepId | null, now: Instant): MovedByHand {
  const rounds = Object.fromEntries(Object.entries(cursor.rounds ?? {}).filter(([id]) => isWithin(journey, id, to)));
  const { rounds: _, ...here } = cursor;
  const there: Cursor =
    here.phase === 'delivering'
      ? { ...here, movedTo: to }
      : { phase: 'ready', step: to, at: now, visit: cursor.visit + 1 };
  return { kind: 'moves', to, cursor: inRounds(there, rounds) };
}

/** Whoever stays within a `repeat` keeps the count of its rounds; whoever leaves it begins with the first if they come back. */
function isWithin(journey: Journey, repeat: StepId, to: StepId | null): boolean {
  const step = stepOf(journey, repeat);
  return step.kind === 'repeat' && to !== null && (to === repeat || reachableFrom(journey, step.first, repeat).has(to));
}
