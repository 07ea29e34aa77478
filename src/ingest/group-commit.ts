/**
 * Many requests, one commit. What arrives while an insert is under way is inserted together when that one is done, so
 * that the database commits as often as it can and no more, and a lone request waits for nobody.
 * @module
 */

import { storageFault } from '../store/fault.ts';
import type { IncomingEvent } from './inbox.ts';

/** An event that the database would not take, by its index among those given. */
export interface Unstorable {
  readonly index: number;
  readonly reason: string;
}

/**
 * Resolves when the events are durable, with those that can never be; rejects where the database is away, and then the
 * caller's client has to send them again.
 */
export type StoreEvents = (events: readonly IncomingEvent[]) => Promise<readonly Unstorable[]>;

/** More wait than the database can keep up with. Nothing of the request was stored. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';

  constructor(waiting: number) {
    super(`${waiting} events wait to be stored already`);
  }
}

export interface GroupCommitLimits {
  /** Events in one statement, unless a single request has more. */
  readonly atOnce?: number;
  /** Events waiting, beyond which requests are refused. */
  readonly waiting?: number;
}

interface Request {
  readonly events: readonly IncomingEvent[];
  resolve(unstorable: readonly Unstorable[]): void;
  reject(error: unknown): void;
}

/**
 * @param store stores all the events or none, in one statement
 * @throws {OverloadedError} from the returned function
 */
export function createGroupCommit(
  store: (events: readonly IncomingEvent[]) => Promise<void>,
  { atOnce = 2_000, waiting: limit = 20_000 }: GroupCommitLimits = {},
): StoreEvents {
  const queue: Request[] = [];
  let waiting = 0;
  let isWorking = false;

  async function work(): Promise<void> {
    isWorking = true;
    while (queue.length > 0) await commit(store, takeGroup());
    isWorking = false;
  }

  function takeGroup(): Request[] {
    let size = 0;
    const end = queue.findIndex(({ events }, index) => {
      size += events.length;
      return index > 0 && size > atOnce;
    });
    const group = queue.splice(0, end === -1 ? queue.length : end);
    for (const { events } of group) waiting -= events.length;
    return group;
  }

  return (events) =>
    new Promise((resolve, reject) => {
      if (waiting > 0 && waiting + events.length > limit) {
        reject(new OverloadedError(waiting));
        return;
      }
      queue.push({ events, resolve, reject });
      waiting += events.length;
      if (!isWorking) void work();
    });
}

type Store = (events: readonly IncomingEvent[]) => Promise<void>;

/** Never rejects: what went wrong is told to the requests. */
async function commit(store: Store, group: readonly Request[]): Promise<void> {
  try {
    await store(group.flatMap(({ events }) => events));
  } catch (error) {
    if (storageFault(error) === 'content') await commitOneByOne(store, group);
    else for (const { reject } of group) reject(error);
    return;
  }
  for (const { resolve } of group) resolve([]);
}

async function commitOneByOne(store: Store, group: readonly Request[]): Promise<void> {
  for (const { events, resolve, reject } of group) {
    const unstorable: Unstorable[] = [];
    try {
      for (const [index, event] of events.entries()) {
        const reason = await refusalOf(store, event);
        if (reason !== null) unstorable.push({ index, reason });
      }
      resolve(unstorable);
    } catch (error) {
      reject(error);
    }
  }
}

async function refusalOf(store: Store, event: IncomingEvent): Promise<string | null> {
  try {
    await store([event]);
    return null;
  } catch (error) {
    if (storageFault(error) !== 'content') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
