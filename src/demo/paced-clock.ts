/**
 * The demo's time. Half a year passes in minutes, and a machine that is busy for a moment must not change what happens:
 * so the engine's clock never passes an instant before everything that happened up to it has been processed.
 *
 * What happens in the shop is known at the door of the engine a little ahead of the engine's clock: a quarter of a
 * second of the machine's time. As long as the machine needs less than that for an event, the clock never has to stop.
 * @module
 */
import type { Clock, Instant, Milliseconds } from '../core/time.ts';

/** In real time. */
const LEAD: Milliseconds = 250;

/** In real time: a clock that has stood for so long is not about to go on. */
const STANDS_AFTER: Milliseconds = 100;
const LOOK_AGAIN_AFTER: Milliseconds = 500;

export interface PacedClock {
  /** For everything that acts: journeys, memberships, messages. */
  readonly engine: Clock;
  /** For the shop, and for the API that takes what happened there: ahead of the engine's by the lead. */
  readonly shop: Clock;
  /** Lets the engine's clock go as far as `upTo`; it stops there until it is released further. It never goes back. */
  release(upTo: Instant): void;
  /** For how long, in real time, it stood although it could have gone on: what the machine was too slow for. */
  lost(): Milliseconds;
  /** From now on time passes as fast as the machine's, and stops for nothing. */
  settle(): void;
}

export interface PacedClockSettings {
  readonly start: Instant;
  /** Product milliseconds in a real one. */
  readonly speed: number;
  /** The machine's time. Default: its clock. */
  readonly wall?: () => Instant;
}

/** Made stopped at `start`, until it is released. */
export function createPacedClock({ start, speed: fast, wall = Date.now }: PacedClockSettings): PacedClock {
  let speed = fast;
  let lead = LEAD * fast;
  let released = start;
  let from = { product: start, real: wall() };
  let lost = 0;
  let standsSince: Instant | null = null;

  /** Never back, never past the released instant, and never faster than the speed: lost time is not made up for. */
  const now = (): Instant => {
    const real = wall();
    const reached = Math.floor(from.product + Math.max(0, real - from.real) * speed);
    if (reached >= released) standsSince ??= real;
    else standsSince = null;
    if (reached <= released) return reached;
    if (released > start) lost += (reached - released) / speed;
    from = { product: released, real };
    return released;
  };
  const clock = (at: () => Instant): Clock => ({
    now: at,
    wall,
    get speed() {
      return speed;
    },
    get shortestWait() {
      return standsSince !== null && wall() - standsSince > STANDS_AFTER ? LOOK_AGAIN_AFTER : 0;
    },
  });

  return {
    engine: clock(now),
    shop: clock(() => now() + lead),
    release: (upTo) => {
      const present = now();
      released = Math.max(present, upTo);
      if (released > present) standsSince = null;
    },
    lost: () => lost,
    settle: () => {
      from = { product: now(), real: wall() };
      speed = 1;
      lead = 0;
      released = Number.POSITIVE_INFINITY;
    },
  };
}
