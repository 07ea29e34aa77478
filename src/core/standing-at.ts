/**
 * What a run stands at: its step, what is awaited there, and the offers of its journey.
 * @module
 */
import type { Condition } from './condition.ts';
import type { Journey, Step, StepId } from './journey.ts';
import type { Offer } from './offer.ts';
import type { Cursor } from './run.ts';

/** The condition a waiting run would be woken by. */
export function awaited(journey: Journey, cursor: Cursor): Condition | null {
  if (cursor.phase !== 'waiting' || cursor.step === null) return null;
  if (cursor.hold?.reason === 'milestone') return journey.milestone?.reached ?? null;
  const step = stepOf(journey, cursor.step);
  return step.kind === 'wait-until' ? step.condition : null;
}

export function stepOf(journey: Journey, id: StepId): Step {
  const step = journey.steps[id];
  if (step === undefined) throw new Error(`Journey ${journey.key} has no step ${id}`);
  return step;
}

/** Absent where the run has picked it by another version of the journey. */
export function offerIn({ steps }: Pick<Journey, 'steps'>, key: string): Offer | undefined {
  for (const step of Object.values(steps)) {
    const found = step.kind === 'offer' ? step.offers.find((offer) => offer.key === key) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
