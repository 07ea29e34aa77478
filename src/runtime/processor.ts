/**
 * The processor: works the inbox's lanes off, applies what falls due, fills new audiences and tells Temporal.
 * Woken by a word from the database; it also looks by itself, so that a lost word costs a moment.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DAY, type Instant, realMillisecondsUntil } from '../core/time.ts';
import type { Secrets } from '../enrichment/address.ts';
import { enrich } from '../enrichment/enrich.ts';
import { ensureEventMonths } from '../ingest/event-log.ts';
import { forgetEvents } from '../ingest/forget-events.ts';
import { broadcast, nextBroadcastOf } from '../process/broadcasts.ts';
import { tick } from '../process/clock-tick.ts';
import { fill } from '../process/fill.ts';
import { look } from '../process/look.ts';
import { pickWinners } from '../process/pick-winners.ts';
import { type Processing, workLanes } from '../process/process-lane.ts';
import { type Dispatching, dispatch } from '../runs/dispatch.ts';
import { workMigrations } from '../runs/migrations.ts';
import { endStopped, releaseHeld } from '../runs/release-held.ts';
import { SettingsShelf } from '../runs/version-shelf.ts';
import { deliverSyncs, type SyncSettings } from '../sync/deliver.ts';
import { rightOfWay } from './right-of-way.ts';

export interface ProcessorSettings {
  readonly processing: Processing;
  readonly dispatching: Dispatching;
  /** What goes to other systems. */
  readonly syncing: SyncSettings;
  /** What other systems are asked with. */
  readonly secrets: Secrets;
  /** Instants up to here may be applied: all earlier events have arrived. Default: now. */
  readonly horizon?: () => Instant;
}

export interface Processor {
  /** There may be work. */
  nudge(topic: 'inbox' | 'outbox' | 'controls'): void;
  /** The same process has just stored so many events. */
  stored(events: number): void;
  stop(): Promise<void>;
}

/** Real milliseconds between looks when nothing is said. */
const LOOK_AGAIN = 1_000;
const AFTER_FAILURE = 500;
/** Between looks at a broadcast that waits for something else: a backlog of events, or the fill of a publication. */
const HELD_UP = 100;
/** From the start of one pass to the next at least: what comes piece by piece shares one, and what comes alone waits for none. */
const PACE = 20;
/** Batches worked on side by side, each on a connection of its own. */
const BATCHES_AT_ONCE = 2;
const DISPATCH_AGAIN = 500;
/** Whether experiments have their winners is looked at this often, and never for more than a fiftieth of the time. */
const WINNERS_AGAIN = 5_000;
const WINNERS_REST = 50;

export function startProcessor({ processing, dispatching, syncing, secrets, horizon }: ProcessorSettings): Processor {
  const { db, clock, log } = processing;
  const { stored, giveWay } = rightOfWay();
  let monthsUntil = 0;

  const events = loop('events', log, async () => {
    const now = clock.now();
    if (now >= monthsUntil) {
      await ensureEventMonths(db, now);
      const keep = (await processing.catalogs.current(db))?.settings.keepHistory;
      if (keep !== undefined) await forgetEvents(db, now - keep);
      monthsUntil = now + 10 * DAY;
    }
    let worked = 0;
    const { groups, soonest } = await look(db);
    for (let first = 0; first < groups.length; first += BATCHES_AT_ONCE) {
      await giveWay();
      const counts = await Promise.all(
        groups.slice(first, first + BATCHES_AT_ONCE).map((lanes) => workLanes(lanes, processing)),
      );
      worked += counts.reduce((sum, count) => sum + count, 0);
    }
    const upTo = horizon?.() ?? clock.now();
    if (soonest !== null && soonest <= upTo) worked += await tick(upTo, processing);
    if (worked > 0) {
      outbox.nudge();
      if (processing.catalogs.known?.syncs?.all.length) syncs.nudge();
      return 0;
    }
    return soonest === null ? LOOK_AGAIN : Math.min(LOOK_AGAIN, Math.max(1, realMillisecondsUntil(soonest, clock)));
  });
  const fills = loop('fills', log, async () => ((await fill(processing)) > 0 ? 0 : LOOK_AGAIN));
  const outbox = loop('outbox', log, async () => ((await dispatch(dispatching)) > 0 ? 0 : DISPATCH_AGAIN));
  const migrating = { clock, versions: processing.catalogs.versions, settings: new SettingsShelf() };
  const migrations = loop('migrations', log, async () => {
    if ((await workMigrations(db, migrating)) === 0) return LOOK_AGAIN;
    outbox.nudge();
    return 0;
  });
  const controls = loop('controls', log, async () => {
    const ended = await endStopped({ db, clock });
    const { woken, next } = await releaseHeld({ db, clock });
    if (ended + woken > 0) {
      outbox.nudge();
      return 0;
    }
    return next === null ? LOOK_AGAIN : Math.min(LOOK_AGAIN, Math.max(1, realMillisecondsUntil(next, clock)));
  });
  const enrichments = loop('enrichments', log, async () => {
    const catalog = await processing.catalogs.current(db);
    return (await enrich(catalog?.enrichments ?? [], { db, clock, secrets })) > 0 ? 0 : LOOK_AGAIN;
  });
  const winners = loop('winners', log, async () => {
    const startedAt = performance.now();
    await pickWinners((await processing.catalogs.current(db))?.journeys.all ?? [], processing);
    return Math.max(WINNERS_AGAIN, WINNERS_REST * (performance.now() - startedAt));
  });
  const broadcasts = loop('broadcasts', log, async () => {
    if (await broadcast(horizon?.() ?? clock.now(), processing)) {
      outbox.nudge();
      return 0;
    }
    const next = await nextBroadcastOf(processing);
    return next === null ? LOOK_AGAIN : Math.min(LOOK_AGAIN, Math.max(HELD_UP, realMillisecondsUntil(next, clock)));
  });
  const delivery = deliverSyncs(syncing, () => syncs.nudge());
  const syncs = loop('syncs', log, () => delivery.pass());

  return {
    nudge: (topic) => {
      ({ inbox: events, outbox, controls })[topic].nudge();
      if (processing.catalogs.known?.journeys.scheduled.length) broadcasts.nudge();
    },
    stored,
    stop: async () => {
      await events.stop();
      await fills.stop();
      await broadcasts.stop();
      await migrations.stop();
      await outbox.stop();
      await controls.stop();
      await enrichments.stop();
      await winners.stop();
      await syncs.stop();
      await delivery.stop();
    },
  };
}

interface Loop {
  nudge(): void;
  stop(): Promise<void>;
}

/** Calls `work` over and over: at once after 0, after that many milliseconds or a nudge otherwise, and again after failures. */
function loop(name: string, log: Logger, work: () => Promise<number>): Loop {
  let stopped = false;
  let nudged = false;
  let wakeUp: () => void = () => undefined;
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const running = (async () => {
    while (!stopped) {
      const startedAt = performance.now();
      nudged = false;
      try {
        const wait = await work();
        if (wait > 0 && !nudged && !stopped) await pause(wait);
      } catch (error) {
        if (stopped) return;
        log.warn({ err: error, loop: name }, 'this pass failed and is tried again');
        await pause(AFTER_FAILURE);
      }
      const early = PACE - (performance.now() - startedAt);
      if (early > 0) await delay(early);
    }
  })();
  return {
    nudge: () => {
      nudged = true;
      wakeUp();
    },
    stop: async () => {
      stopped = true;
      wakeUp();
      await running;
    },
  };
}
