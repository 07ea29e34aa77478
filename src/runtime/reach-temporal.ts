/**
 * Workers on a Temporal that may be away: events are taken and worked off all the same, and runs wait in the outbox.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { type RunningWorkers, startWorkers, type WorkerSettings } from './worker.ts';

export interface ReachableWorkerSettings extends Omit<WorkerSettings, 'connection'> {
  readonly address: string;
  readonly log: Logger;
}

const TRY_AGAIN_AFTER = 1_000;

/** Returns when the workers are up; where Temporal is away, at once, and they start as soon as it is there. */
export async function startWorkersOnceReachable({
  address,
  log,
  ...settings
}: ReachableWorkerSettings): Promise<RunningWorkers> {
  const stopping = new AbortController();
  const start = async (): Promise<RunningWorkers> => {
    const connection = await NativeConnection.connect({ address });
    const workers = await startWorkers({ ...settings, log, connection });
    return {
      failed: workers.failed,
      stop: async () => {
        await workers.stop();
        await connection.close();
      },
    };
  };
  try {
    return await start();
  } catch (error) {
    if (!isAway(error)) throw error;
    log.warn(`Temporal at ${address} is away: events are taken, and journeys start as soon as it is there.`);
  }

  const started = (async () => {
    while (!stopping.signal.aborted) {
      await delay(TRY_AGAIN_AFTER, undefined, { signal: stopping.signal }).catch(() => undefined);
      try {
        if (!stopping.signal.aborted) return await start();
      } catch (error) {
        if (!isAway(error)) throw error;
      }
    }
    return undefined;
  })();
  const failed = started.then((workers) => workers?.failed ?? new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return {
    failed,
    stop: async () => {
      stopping.abort();
      const workers = await started.catch(() => undefined);
      await workers?.stop();
    },
  };
}

function isAway(error: unknown): boolean {
  return error instanceof Error && error.name === 'TransportError';
}
