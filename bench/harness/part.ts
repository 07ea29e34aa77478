/**
 * A part of the system that is killed and comes back at the same place, as a supervisor would bring it back.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalServer } from '../../src/runtime/local-server.ts';

const START_AGAIN_AFTER = 500;
const SAID_AT_MOST = 4_000;

export interface Part {
  readonly name: string;
  /** How often it ended without having been killed. */
  readonly endedByItself: number;
  /** Ends it as `kill -9` does, and starts it again after so many milliseconds. Returns when it is ready. */
  killAndRestart(outage: number): Promise<void>;
  stop(): Promise<void>;
}

export interface PartSettings {
  readonly name: string;
  /** What it writes; the end is said if the part ends by itself. */
  readonly logFile: string;
  readonly say: (line: string) => void;
}

/**
 * @param first runs already
 * @param start is given the one that ended, to start its successor at the same address
 */
export function partFrom<S extends LocalServer>(
  { name, logFile, say }: PartSettings,
  first: S,
  start: (before: S) => Promise<S>,
): Part {
  let current = first;
  let endedByItself = 0;
  let isStopping = false;
  let killed: { readonly outage: number; isBack(): void } | undefined;

  const watch = async () => {
    for (;;) {
      const how = await current.exited;
      if (isStopping) return;
      const { outage, isBack } = killed ?? { outage: START_AGAIN_AFTER, isBack: () => undefined };
      if (killed === undefined) {
        endedByItself += 1;
        say(`${name} ended by itself (${how}): ${await endOf(logFile)}`);
      }
      await delay(outage);
      if (isStopping) return;
      current = await startAgain();
      killed = undefined;
      isBack();
    }
  };
  /** A part that needs another to start may fail until that one is back. */
  const startAgain = async (): Promise<S> => {
    for (;;) {
      try {
        return await start(current);
      } catch (error) {
        if (isStopping) throw error;
        await delay(START_AGAIN_AFTER);
      }
    }
  };
  const watching = watch().catch(() => undefined);

  return {
    name,
    get endedByItself() {
      return endedByItself;
    },
    killAndRestart: (outage) =>
      new Promise((isBack) => {
        killed = { outage, isBack };
        process.kill(current.pid, 'SIGKILL');
      }),
    stop: async () => {
      isStopping = true;
      await current.stop();
      await watching;
    },
  };
}

async function endOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(String)).slice(-SAID_AT_MOST);
}
