/**
 * Sends what is due, a few calls of each sync at a time, so that no receiver holds up another and no person anybody else.
 * Several processes may do so side by side.
 * @module
 */
import type { Logger } from 'pino';
import { type Clock, HOUR, MINUTE, type Milliseconds, realMillisecondsUntil, SECOND } from '../core/time.ts';
import type { SyncDefinition } from '../definitions/sync-types.ts';
import type { Database } from '../store/database.ts';
import { attempt } from './attempt.ts';
import { type Claimed, claim, nextDue } from './claim.ts';
import { forgetOldDeliveries } from './keep.ts';
import { settle } from './settle.ts';
import { SyncShelf } from './sync-shelf.ts';

export interface SyncSettings {
  readonly db: Database;
  readonly clock: Clock;
  readonly secret: string;
  readonly log: Logger;
  /** Real milliseconds after which an attempt of which nothing is heard counts as lost. Default a minute. */
  readonly lease?: Milliseconds;
  /** Real milliseconds in which a receiver has to answer; shorter than the lease. Default 15 seconds. */
  readonly timeout?: Milliseconds;
}

export interface SyncDelivery {
  /** Starts what may start, without waiting for the answers; says in how many real milliseconds to look again. */
  pass(): Promise<number>;
  /** Breaks off the calls under way; they are repeated, with the same ids, by whoever comes next. */
  stop(): Promise<void>;
}

/** Calls of one sync at a time, of this process. */
const AT_ONCE = 8;
const LOOK_AGAIN: Milliseconds = SECOND;
const LOOK_AGAIN_IF_BUSY: Milliseconds = 5;

/** @param onSettled a call has ended: there is room for another one */
export function deliverSyncs(settings: SyncSettings, onSettled: () => void): SyncDelivery {
  const { db, clock, secret, log, lease = MINUTE, timeout = 15 * SECOND } = settings;
  const shelf = new SyncShelf();
  const underWay = new Map<string, Set<Promise<void>>>();
  const ending = new AbortController();
  let forgetAt = 0;

  const callsOf = (key: string) => {
    const calls = underWay.get(key) ?? new Set();
    underWay.set(key, calls);
    return calls;
  };

  const carry = async (sync: SyncDefinition, claimed: Claimed) => {
    try {
      const outcome = await attempt(sync, claimed, { clock, secret, timeout, signal: ending.signal });
      if (outcome.kind === 'gone') log.warn({ sync: sync.key, said: outcome.error }, 'a sync was told to stop');
      await settle(db, sync.key, claimed, outcome, clock.now());
    } catch (error) {
      // Its lease runs out, and then it is repeated with the same id.
      log.warn({ err: error, sync: sync.key }, 'what came of a call could not be recorded');
    }
  };

  const begin = async (sync: SyncDefinition) => {
    const calls = callsOf(sync.key);
    const now = clock.now();
    const claimed = await claim(db, sync, {
      wanted: AT_ONCE - calls.size,
      now,
      lease: Math.ceil(lease * clock.speed),
      speed: clock.speed,
    });
    for (const one of claimed) {
      const call = carry(sync, one).finally(() => {
        calls.delete(call);
        onSettled();
      });
      calls.add(call);
    }
  };

  const withRoom = (sync: SyncDefinition) => callsOf(sync.key).size < AT_ONCE;

  return {
    pass: async () => {
      const now = clock.now();
      const syncs = await shelf.sending(db, now);
      if (now >= forgetAt) {
        await forgetOldDeliveries(db, now);
        forgetAt = now + HOUR;
      }
      if (syncs.length === 0) return LOOK_AGAIN;
      const due = await nextDue(
        db,
        syncs.filter(withRoom).map(({ key }) => key),
      );
      for (const sync of syncs) if ((due.get(sync.key) ?? Number.POSITIVE_INFINITY) <= now) await begin(sync);

      const next = await nextDue(
        db,
        syncs.filter(withRoom).map(({ key }) => key),
      );
      if (next.size === 0) return LOOK_AGAIN;
      const wait = realMillisecondsUntil(Math.min(...next.values()), clock);
      return Math.min(LOOK_AGAIN, Math.max(LOOK_AGAIN_IF_BUSY, wait));
    },
    stop: async () => {
      ending.abort();
      await Promise.all([...underWay.values()].flatMap((calls) => [...calls]));
    },
  };
}
