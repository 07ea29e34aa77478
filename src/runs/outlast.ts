/**
 * Work on the database that is worth waiting for while it is away.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { storageFault } from '../store/fault.ts';

/** Real milliseconds. Stays below what an activity may take. */
const AGAIN_AFTER = 250;
const TRIES = 240;

/**
 * Tries again for a minute while the database is away; other failures are thrown at once.
 * @param work harmless to repeat after it was done
 */
export async function outlast<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || storageFault(error) !== 'away') throw error;
    }
    await delay(AGAIN_AFTER);
  }
}
