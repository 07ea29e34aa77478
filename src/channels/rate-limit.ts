/**
 * No more than so many a second, whichever second one looks at.
 *
 * A place is free again one window after the provider's answer to whoever had it, and not after the request: so those that
 * the provider sees within one window never are more than there are places. Starts are spread over the window.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Milliseconds, SECOND } from '../core/time.ts';

export class RateLimit {
  readonly #window: Milliseconds;
  readonly #gap: Milliseconds;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #nextStart = 0;

  /** @param perSecond may be less than one */
  constructor(perSecond: number) {
    this.#free = Math.max(1, Math.floor(perSecond));
    this.#window = (this.#free / perSecond) * SECOND;
    this.#gap = this.#window / this.#free;
  }

  /** Does the work when it is its turn; those that came first go first. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const now = performance.now();
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + this.#gap;
    if (start > now) await delay(start - now);
    try {
      return await work();
    } finally {
      // A timer may come a millisecond early.
      setTimeout(() => this.#leave(), this.#window + 2).unref();
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
