/**
 * Time as every room takes it: from one injected clock. Nothing else in the product asks the machine for the time.
 * @module
 */

/** A moment, in milliseconds since the Unix epoch, in UTC. */
export type Instant = number;

/** A length of time in milliseconds. Authors write `14 days`; definitions store milliseconds. */
export type Milliseconds = number;

export const SECOND: Milliseconds = 1_000;
export const MINUTE: Milliseconds = 60 * SECOND;
export const HOUR: Milliseconds = 60 * MINUTE;
export const DAY: Milliseconds = 24 * HOUR;

export interface Clock {
  /** The product's time: what audiences, waits and caps are measured in. */
  now(): Instant;
  /** The machine's time. Only for what the outside world measures too, such as the skew of a client's clock. */
  wall(): Instant;
  /** How many product milliseconds pass in one real millisecond: 1 in production, 86,400 in a day-per-second demo. */
  readonly speed: number;
  /** Of a clock that can stand still, and does: looking again sooner than this, in real time, would find nothing new. */
  readonly shortestWait?: Milliseconds;
}

export interface ClockSettings {
  /** Product time at the moment the clock is made. Default: the machine's time. */
  readonly start?: Instant;
  /** Default 1. */
  readonly speed?: number;
}

/** A clock that starts at `start` and runs `speed` times as fast as the machine's. */
export function createClock({ start, speed = 1 }: ClockSettings = {}): Clock {
  const startedAt = Date.now();
  const origin = start ?? startedAt;
  return {
    speed,
    now: () => Math.floor(origin + (Date.now() - startedAt) * speed),
    wall: () => Date.now(),
  };
}

/** How long the machine has to wait until the product's time reaches `instant`: at least 0, rounded up. */
export function realMillisecondsUntil(instant: Instant, clock: Clock): Milliseconds {
  const ahead = instant - clock.now();
  return ahead <= 0 ? 0 : Math.max(clock.shortestWait ?? 0, Math.ceil(ahead / clock.speed));
}

/** The earlier of two instants, where null means never. */
export function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b;
  if (b === null) return a;
  return Math.min(a, b);
}
