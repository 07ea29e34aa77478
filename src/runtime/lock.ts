/**
 * One process at a time, where several may want to build or initialise the same thing.
 * @module
 */
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_AFTER = 200;
const SIGN_OF_LIFE_EVERY = 5_000;
const GONE_AFTER = 60_000;

export interface LockOptions {
  /** Called once when somebody else holds the lock. */
  readonly onWait?: () => void;
}

/** Runs `work` while holding the folder `path` as a lock. A holder that died, or stood still for a minute, loses it. */
export async function withLock<T>(path: string, work: () => Promise<T>, { onWait }: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await taken(path))) {
    if (await holderIsGone(path)) {
      await discard(path);
      continue;
    }
    if (!told) onWait?.();
    told = true;
    await delay(LOOK_AGAIN_AFTER);
  }
  const alive = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), SIGN_OF_LIFE_EVERY);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    await discard(path);
  }
}

async function taken(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(path, 'pid'), String(process.pid));
  return true;
}

async function holderIsGone(path: string): Promise<boolean> {
  const [since, pid] = await Promise.all([
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    ),
    readFile(join(path, 'pid'), 'utf8').then(Number, () => undefined),
  ]);
  if (since === undefined) return false;
  if (Date.now() - since > GONE_AFTER) return true;
  return Boolean(pid) && !isAlive(Number(pid));
}

/** Whether a process of this id runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moved aside first, so that of two who find a dead holder only one removes it. */
async function discard(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.${Date.now()}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}
