/**
 * No more than so many a second, whichever second one looks at.
 *
 * What a provider counts happens between the moment that it is given something and its answer. So a place is free again one
 * window after the answer to whoever had it: those that the provider counts within one window never are more than there are
 * places. What comes before the giving, such as a conversation about the envelope, may begin a little earlier, so that its
 * time is not lost. Starts are spread over the window.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Milliseconds, SECOND } from '../core/time.ts';

/** The provider's clock and ours go by ticks. */
const TICKS: Milliseconds = 2;
/** So long before its place is free work may begin, if the window is that long. */
const LEAD: Milliseconds = 250;

/** When the place's next holder may give something to the provider, by `performance.now()`. */
type FreeAt = number;

export class RateLimit {
  readonly #window: Milliseconds;
  readonly #gap: Milliseconds;
  readonly #waiting: ((freeAt: FreeAt) => void)[] = [];
  readonly #places: FreeAt[];
  #nextStart = 0;

  /** @param perSecond may be less than one */
  constructor(perSecond: number) {
    const places = Math.max(1, Math.floor(perSecond));
    this.#places = Array.from({ length: places }, () => 0);
    this.#window = (places / perSecond) * SECOND;
    this.#gap = this.#window / places;
  }

  /**
   * Does the work when it is its turn; those that came first go first.
   * @param work waits for `clear` before it gives the provider what that counts, and ends with the answer
   */
  async pass<T>(work: (clear: () => Promise<void>) => Promise<T>): Promise<T> {
    const freeAt = this.#places.shift() ?? (await new Promise<FreeAt>((resolve) => this.#waiting.push(resolve)));
    const now = performance.now();
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + this.#gap;
    await until(start);
    try {
      return await work(() => until(freeAt));
    } finally {
      const next = performance.now() + this.#window + TICKS;
      setTimeout(() => this.#leave(next), this.#window - Math.min(LEAD, this.#window / 4)).unref();
    }
  }

  #leave(freeAt: FreeAt): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#places.push(freeAt);
    else next(freeAt);
  }
}

/** A timer that comes early is set again. */
async function until(instant: number): Promise<void> {
  for (let left = instant - performance.now(); left > 0; left = instant - performance.now())
    await delay(Math.ceil(left));
}
