/**
 * How far the clock may go: never past what happened and is not applied yet, and not far past the steps of journeys that
 * are due. So a machine that is too slow makes the demo longer, and what comes of it stays the same.
 * @module
 */
import type { Instant, Milliseconds } from '../core/time.ts';
import { nextStepDue, oldestWaitingCall } from '../measurement/backlog.ts';
import type { Database } from '../store/database.ts';
import type { PacedClock } from './paced-clock.ts';

/** In real time, like the next: how late a step may come before the clock waits for it. */
const LATE: Milliseconds = 1_000;
/** A step that takes longer than this does not come soon, and the clock goes on without it. Temporal hands out a lost task again after ten seconds. */
const PATIENCE: Milliseconds = 30_000;

/**
 * Lets the clock go on. To be called over and over.
 * @param before everything that happened before this instant has been sent and acknowledged
 */
export type Release = (before: Instant) => Promise<void>;

export interface PacingSettings {
  readonly clock: Pick<PacedClock, 'engine' | 'release'>;
  /** When the oldest call happened that is not applied. */
  readonly waitingCall: () => Promise<Instant | null>;
  /** When the first step is due after an instant. */
  readonly stepDue: (after: Instant) => Promise<Instant | null>;
}

export function createPacing({ clock, waitingCall, stepDue }: PacingSettings): Release {
  const { engine } = clock;
  const late = LATE * engine.speed;
  let givenUp = Number.NEGATIVE_INFINITY;
  let held: { readonly for: Instant; readonly since: Instant } | null = null;
  return async (before) => {
    const call = (await waitingCall()) ?? Number.POSITIVE_INFINITY;
    const step = (await stepDue(givenUp)) ?? Number.POSITIVE_INFINITY;
    if (step + late > engine.now()) held = null;
    else if (held?.for !== step) held = { for: step, since: engine.wall() };
    else if (engine.wall() - held.since > PATIENCE) givenUp = step;
    clock.release(Math.min(before - 1, call - 1, step + late));
  };
}

/** Paces by what the engine has in its database. */
export function paceBy(db: Database, clock: PacedClock): Release {
  return createPacing({
    clock,
    waitingCall: () => oldestWaitingCall(db),
    stepDue: (after) => nextStepDue(db, after),
  });
}
