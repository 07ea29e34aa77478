/**
 * Which steps may come after which.
 * @module
 */

import type { Journey, Step, StepId } from './journey.ts';
import { stepOf } from './standing-at.ts';

/**
 * The step, and all that may come after it, in the order in which one would read them.
 * @param without nor what comes only after this one
 */
export function reachableFrom(journey: Journey, from: StepId | null, without?: StepId): ReadonlySet<StepId> {
  const seen = new Set<StepId>();
  const visit = (id: StepId | null): void => {
    if (id === null || id === without || seen.has(id)) return;
    seen.add(id);
    for (const following of followersOf(stepOf(journey, id))) visit(following);
  };
  visit(from);
  return seen;
}

/** Where the step may lead. */
export function followersOf(step: Step): readonly (StepId | null)[] {
  switch (step.kind) {
    case 'branch':
      return [...step.branches.map((branch) => branch.then), step.otherwise];
    case 'split':
      return step.ways.map((way) => way.then);
    case 'experiment':
      return step.variants.map((variant) => variant.then);
    case 'offer':
      return [step.next, step.none];
    case 'repeat':
      return [step.first, step.next];
    case 'wait-until':
      return [step.next, step.onTimeout];
    default:
      return [step.next];
  }
}
