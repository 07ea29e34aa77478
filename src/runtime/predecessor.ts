/**
 * Data that only one server may use at a time: whoever used it before us has to be gone.
 * @module
 */
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from './installed.ts';
import { isAlive } from './lock.ts';
import type { Log } from './log.ts';

/** A server that is being ended, because whoever started it was killed, takes a moment. */
const PATIENCE = 20_000;
const LOOK_AGAIN_AFTER = 200;

/** Another server runs on the same data, and goes on doing so. */
export class DataInUseError extends Error {
  override readonly name = 'DataInUseError';

  constructor(
    readonly folder: string,
    readonly program: string,
    readonly pid: number,
  ) {
    super(
      `${folder} is in use by another ${program} (process ${pid}). Stop the Throughline that it belongs to, or set DATA_DIR to another folder.`,
    );
  }
}

export interface Predecessor {
  /** Its first line is the process' number. */
  readonly pidFile: string;
  /** What the process' command contains. */
  readonly program: string;
  /** For the message. */
  readonly folder: string;
  readonly log: Log;
  /** Milliseconds. Default: 20 seconds. */
  readonly patience?: number;
}

/**
 * Returns when no such server runs any more. A live process of that number that is another program, as after a restart
 * of the machine or in a container, where numbers come again, has its file removed: the server itself could not tell.
 * @throws {DataInUseError}
 */
export async function waitForPredecessor(predecessor: Predecessor): Promise<void> {
  const { pidFile, program, folder, log, patience = PATIENCE } = predecessor;
  const until = Date.now() + patience;
  let told = false;
  for (;;) {
    const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
    if (Number.isNaN(pid) || !isAlive(pid)) return;
    if (!(await commandOf(pid)).includes(program)) return rm(pidFile, { force: true });
    if (Date.now() > until) throw new DataInUseError(folder, program, pid);
    if (!told) log.info({ pid }, `Another ${program} still runs on ${folder}; waiting for it to end.`);
    told = true;
    await delay(LOOK_AGAIN_AFTER);
  }
}

async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/comm`, 'utf8').catch(() =>
    run('ps', ['-o', 'comm=', '-p', String(pid)]).catch(() => ''),
  );
}
