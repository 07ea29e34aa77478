/**
 * From one version of a journey to another: where the map sends somebody, and where they then stand.
 *
 * The rule of waits: a wait keeps the instant at which it began. Its new length counts from there, and is over now at the
 * earliest. Everything else is begun now.
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { deadlineOf } from './ending.ts';
import type { Journey, Step, StepId } from './journey.ts';
import { inRounds } from './repeat.ts';
import type { Cursor } from './run.ts';
import type { Instant, Milliseconds } from './time.ts';

/** A step of the new version; `null`: past the last one. */
export type Destination = { readonly to: StepId | null } | 'stay' | 'out';

/** Where people go, by the step at which they stand. */
export interface StepMap {
  readonly steps: Readonly<Record<StepId, Destination>>;
  /** Of those past the last step; absent: `others`. */
  readonly end?: Destination;
  /** Of those whose step is not named. `same`: the step of the same id, as long as it is of the same kind. */
  readonly others: 'same' | 'stay' | 'out';
}

/** Nobody is named: whoever stands at a step that there still is goes there. */
export const SAME_STEPS: StepMap = { steps: {}, others: 'same' };

/**
 * @param to null where the journey is not in the workspace any more
 * @returns null where the map does not say: these people would be stranded
 */
export function destinationOf(
  step: StepId | null,
  from: Pick<Journey, 'steps'>,
  to: Pick<Journey, 'steps'> | null,
  { steps, end, others }: StepMap,
): Destination | null {
  const named = step === null ? end : steps[step];
  if (named !== undefined) return named;
  if (others !== 'same') return others;
  if (to === null) return 'stay';
  if (step === null) return { to: null };
  const [before, after] = [from.steps[step], to.steps[step]];
  return before !== undefined && before.kind === after?.kind ? { to: step } : null;
}

/** The position in the new version of somebody who goes to its step `step`; no message of theirs is on its way. */
export function relocated(
  cursor: Exclude<Cursor, { phase: 'delivering' }>,
  journey: Pick<Journey, 'steps' | 'goal' | 'exit'>,
  step: StepId | null,
  enteredAt: Instant,
  now: Instant,
): Cursor {
  const isSame = cursor.step === step;
  // Of a `repeat` that the new version has not got, nobody is in any round.
  const rounds = Object.fromEntries(Object.entries(cursor.rounds ?? {}).filter(([id]) => id in journey.steps));
  const visit = isSame ? cursor.visit : cursor.visit + 1;
  const waiting = (until: Instant): Cursor => {
    const over = Math.max(now, Math.min(until, deadlineOf(journey, enteredAt)));
    return inRounds({ phase: 'waiting', step, at: cursor.at, until: over, visit }, rounds);
  };
  if (cursor.phase === 'waiting') {
    const length = lengthOf(step === null ? undefined : journey.steps[step]);
    // Past the last step everybody waits for the goal, for as long as the run may take.
    if (step === null && journey.goal !== null && cursor.step === null) return waiting(Number.POSITIVE_INFINITY);
    if (length !== null && cursor.step !== null) return waiting(cursor.at + length);
  }
  // Of an account's people, those who had their turn at this step have no other.
  const turns = isSame && cursor.to ? { to: cursor.to } : {};
  const at = isSame && cursor.phase === 'ready' ? cursor.at : now;
  return inRounds({ phase: 'ready', step, at, visit, ...turns }, rounds);
}

/** The awaited condition is the same before and after: that it has come true still counts. */
export function awaitsTheSame(before: Step | undefined, after: Step | undefined): boolean {
  return (
    before?.kind === 'wait-until' &&
    after?.kind === 'wait-until' &&
    isDeepStrictEqual(before.condition, after.condition)
  );
}

/** How long one waits there at most; null where it is not a wait. */
function lengthOf(step: Step | undefined): Milliseconds | null {
  if (step?.kind === 'wait') return step.for ?? null;
  return step?.kind === 'wait-until' ? step.timeout : null;
}
