/**
 * Waiting for something to become true.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../../src/core/time.ts';

export interface Patience {
  /** Milliseconds after which to give up. Default two minutes. */
  readonly within?: number;
  /** Milliseconds between looks. Default 50. */
  readonly every?: number;
}

/** It did not come true in time. */
export class GaveUpError extends Error {
  override readonly name = 'GaveUpError';
}

/**
 * Returns as soon as `look` returns something else than false or undefined.
 * @param what for the message: `1,000 runs have ended`
 * @throws {GaveUpError}
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined> | T | false | undefined,
  { within = 120 * SECOND, every = 50 }: Patience = {},
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== undefined) return seen;
    if (Date.now() > deadline) throw new GaveUpError(`After ${within / SECOND} s it was still not so that ${what}.`);
    await delay(every);
  }
}
