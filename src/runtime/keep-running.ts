/**
 * A local server that ends by itself is started again.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalServer } from './local-server.ts';
import type { Log } from './log.ts';

const START_AGAIN_AFTER = 300;

export interface KeptServer<S extends LocalServer> {
  readonly first: S;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/**
 * @param name for messages
 * @param start is given the one that ended, to start its successor at the same address
 */
export async function keepRunning<S extends LocalServer>(
  name: string,
  start: (before?: S) => Promise<S>,
  log: Log,
): Promise<KeptServer<S>> {
  const first = await start();
  let current = first;
  let stopping = false;

  const startAgain = async () => {
    while (!stopping) {
      try {
        current = await start(current);
        log.info({ pid: current.pid }, `The local ${name} runs again.`);
        return;
      } catch (error) {
        log.error({ err: error }, `The local ${name} could not be started again; trying once more.`);
        await delay(START_AGAIN_AFTER);
      }
    }
  };
  const watch = async () => {
    for (;;) {
      const how = await current.exited;
      if (stopping) return;
      log.error(`The local ${name} ended by itself (${how}); starting it again.`);
      await startAgain();
      if (stopping) return current.stop();
    }
  };
  const watching = watch();

  return {
    first,
    stop: async () => {
      stopping = true;
      await current.stop();
      await watching;
    },
  };
}
