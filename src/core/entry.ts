/**
 * Who may enter a journey, and who of them is held out: the same for the engine and the simulator.
 * @module
 */
import { bucketOf } from './bucket.ts';
import type { Facts } from './facts.ts';
import { endingOf, type Outcome } from './interpret.ts';
import type { Journey } from './journey.ts';
import type { Instant } from './time.ts';

/** The person's latest run of the journey, as far as the next entry depends on it. */
export interface LastRun {
  readonly enteredAt: Instant;
  readonly status: 'active' | Outcome;
}

/** Why the person does not enter at `at`; null: nothing is in the way. */
export function entryRefusal(journey: Journey, last: LastRun | undefined, facts: Facts, at: Instant): string | null {
  if (last?.status === 'active') return 'already in the journey';
  if (last !== undefined) {
    if (journey.again === 'never') return 'entered before, and the journey is entered once only';
    if (journey.again !== 'always' && at < last.enteredAt + journey.again.after)
      return `entered before, and not again until ${new Date(last.enteredAt + journey.again.after).toISOString()}`;
  }
  return endingOf(journey, facts, at, at)?.reason ?? null;
}

/** Sticky: a person is on the same side at every entry. */
export function isHeldOut(journey: Pick<Journey, 'key' | 'holdout'>, person: string): boolean {
  return journey.holdout > 0 && bucketOf(`${journey.key}/hold-out`, person) < journey.holdout;
}
