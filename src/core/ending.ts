/**
 * What ends a run whatever step it stands at: its time limit, its goal, its exit.
 * @module
 */
import { evaluate } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { Journey } from './journey.ts';
import type { Ending } from './run.ts';
import type { Instant } from './time.ts';

export const OUT_OF_TIME = 'the time limit was reached';

/** When the run is over whatever happens. */
export function deadlineOf(journey: Pick<Journey, 'exit'>, enteredAt: Instant): Instant {
  return enteredAt + journey.exit.after;
}

/**
 * Does the time limit, the goal or an exit end at `now` the run that was entered at `enteredAt`? In this order: what
 * happens after the limit is not the run's any more, even where its timer comes late; at the limit it still is.
 */
export function endingOf(journey: Journey, known: Facts, enteredAt: Instant, now: Instant): Ending | null {
  const deadline = deadlineOf(journey, enteredAt);
  if (now > deadline) return { outcome: 'timed-out', reason: OUT_OF_TIME, at: deadline };
  const facts = { ...known, enteredAt };
  if (journey.goal !== null && evaluate(journey.goal, facts, now).holds)
    return { outcome: 'converted', reason: 'the goal was reached', at: now };
  if (journey.exit.when !== null && evaluate(journey.exit.when, facts, now).holds)
    return { outcome: 'exited', reason: 'the exit condition holds', at: now };
  return null;
}
