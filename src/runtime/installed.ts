/**
 * Programs the product needs beside its packages: where they are kept, how they are found, run and made once.
 * @module
 */
import { spawn } from 'node:child_process';
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.ts';
import type { Log } from './log.ts';

/** The folder that holds `package.json`. */
export const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const PROBE_TIMEOUT = 4_000;
const SIGN_OF_LIFE_EVERY = 30_000;
const KEPT_OUTPUT = 4_000;

/** Kept between clones, outside of them: `THROUGHLINE_CACHE`, or a folder in the user's cache. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.THROUGHLINE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'throughline'));
}

/** The first program of this name on the PATH. */
export async function onPath(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A program ended with an error; the message ends with the last lines it wrote. */
export class ProgramFailedError extends Error {
  override readonly name = 'ProgramFailedError';

  constructor(
    readonly program: string,
    readonly output: string,
  ) {
    super(`\`${program}\` failed:\n${output.trim().split('\n').slice(-8).join('\n')}`);
  }
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Whom to run it as, where not ourselves. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Milliseconds until it is ended. */
  readonly timeout?: number;
  /** Called every half minute with the seconds since the start. */
  readonly onStillRunning?: (seconds: number) => void;
}

/**
 * Runs a program to its end.
 * @returns what it wrote, both streams together
 * @throws {ProgramFailedError}
 */
export async function run(
  file: string,
  args: readonly string[],
  { env = process.env, cwd = PROJECT, account, timeout, onStillRunning }: RunOptions = {},
): Promise<string> {
  const startedAt = Date.now();
  const child = spawn(file, args, {
    ...account,
    env,
    cwd,
    timeout,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: Buffer) => {
    output = (output + text.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const telling = setInterval(() => onStillRunning?.(Math.round((Date.now() - startedAt) / 1_000)), SIGN_OF_LIFE_EVERY);
  try {
    const code = await new Promise<number | null>((ended, failed) => child.on('close', ended).on('error', failed));
    if (code !== 0) throw new ProgramFailedError([file, ...args].join(' '), output || `ended with ${code}`);
    return output;
  } finally {
    clearInterval(telling);
  }
}

/**
 * Makes a file or folder once for everybody: it is there whole or not at all, and two processes do not make it twice.
 * @param make puts it at the path it is given, in an empty folder
 * @returns `target`
 */
export async function makeOnce(target: string, log: Log, make: (at: string) => Promise<void>): Promise<string> {
  if (await exists(target)) return target;
  const onWait = () => log.info(`Another process is making ${target}; waiting for it.`);
  return withLock(
    `${target}.lock`,
    async () => {
      if (await exists(target)) return target;
      const workshop = `${target}.making`;
      await rm(workshop, { recursive: true, force: true });
      try {
        await mkdir(workshop, { recursive: true });
        const made = join(workshop, 'made');
        await make(made);
        await rename(made, target);
      } finally {
        await rm(workshop, { recursive: true, force: true });
      }
      return target;
    },
    { onWait },
  );
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether the place that Temporal's SDK downloads its servers from can be reached. Behind a proxy only trying tells. */
export async function downloadsWork(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (env.HTTPS_PROXY || env.https_proxy) return true;
  return fetch('https://temporal.download/', { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT) }).then(
    () => true,
    () => false,
  );
}
