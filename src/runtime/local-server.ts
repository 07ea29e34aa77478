/**
 * A server as a child of this process: it writes to a log file, ends when asked to, and never outlives us, not even when
 * we are killed.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOG_AT_MOST = 20_000_000;
const LOOK_AGAIN_AFTER = 40;

export interface LocalServer {
  readonly pid: number;
  /** Resolves with how it ended, such as `code 1` or `SIGKILL`. */
  readonly exited: Promise<string>;
  /** Asks it to end, insists after a while, and returns when it has ended. Calling it again is harmless. */
  stop(): Promise<void>;
}

export interface ServerCommand {
  /** For messages, such as `Postgres`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly logFile: string;
  /** What makes it end in order. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Milliseconds it may take for that. */
  readonly patience?: number;
}

/** A server ended before it was ready. `output` is what it wrote since it was started. */
export class ServerEndedError extends Error {
  override readonly name = 'ServerEndedError';

  constructor(
    readonly server: string,
    readonly how: string,
    readonly logFile: string,
    readonly output: string,
  ) {
    const last = output.trim().split('\n').slice(-6).join('\n');
    super(`The local ${server} ended at its start (${how}). ${logFile} ends with:\n${last}`);
  }
}

export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';

  constructor(
    readonly server: string,
    seconds: number,
    logFile: string,
    cause: unknown,
  ) {
    super(`The local ${server} did not answer within ${seconds} s. See ${logFile}.`, { cause });
  }
}

export interface Readiness {
  /** Throws or returns false as long as the server is not ready. */
  readonly isReady: () => Promise<boolean>;
  /** Milliseconds. */
  readonly within: number;
}

/**
 * Starts a server and waits until it is ready.
 * @throws {ServerEndedError}
 * @throws {NotReadyError}
 */
export async function startServer(command: ServerCommand, { isReady, within }: Readiness): Promise<LocalServer> {
  await mkdir(dirname(command.logFile), { recursive: true });
  await startNewLogWhenLong(command.logFile);
  const log = await open(command.logFile, 'a');
  const { size: logSizeBefore } = await log.stat();
  const child = spawn(command.file, command.args, {
    env: command.env ?? process.env,
    cwd: command.cwd,
    uid: command.account?.uid,
    gid: command.account?.gid,
    // A session of its own: Ctrl-C at the terminal is for us, and we end our servers in order.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const spawned = once(child, 'spawn').finally(() => log.close());
  const exited = new Promise<string>((ended) => {
    child.once('exit', (code, signal) => ended(signal ?? `code ${code}`));
    child.once('error', (error) => ended(error.message));
  });
  let how: string | undefined;
  void exited.then((text) => {
    how = text;
  });
  await spawned;
  const { pid } = child;
  if (pid === undefined) throw new ServerEndedError(command.name, 'not started', command.logFile, '');
  child.unref();
  const guard = startGuard(pid, command.stopSignal);
  void exited.then(() => guard.kill('SIGKILL'));

  const server: LocalServer = { pid, exited, stop: () => stop(child, exited, command) };
  const deadline = Date.now() + within;
  let reason: unknown;
  while (how === undefined) {
    const ready = await isReady().catch((error: unknown) => {
      reason = error;
      return false;
    });
    if (how !== undefined) break;
    if (ready) return server;
    if (Date.now() > deadline) {
      await server.stop();
      throw new NotReadyError(command.name, within / 1_000, command.logFile, reason);
    }
    await delay(LOOK_AGAIN_AFTER);
  }
  const written = await readFile(command.logFile);
  throw new ServerEndedError(command.name, how, command.logFile, written.subarray(logSizeBefore).toString());
}

/** A tiny process that lives as long as we do: when its input ends, we are gone, and it ends the server. */
function startGuard(pid: number, signal: NodeJS.Signals): ChildProcess {
  const script = `cat >/dev/null; kill -${signal.replace('SIG', '')} ${pid}`;
  const guard = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => undefined);
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return guard;
}

async function stop(child: ChildProcess, exited: Promise<string>, command: ServerCommand): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.kill(command.stopSignal);
  const insist = setTimeout(() => child.kill('SIGKILL'), command.patience ?? 10_000);
  await exited;
  clearTimeout(insist);
}

async function startNewLogWhenLong(file: string): Promise<void> {
  const size = await stat(file).then(
    (info) => info.size,
    () => 0,
  );
  if (size > LOG_AT_MOST) await rename(file, `${file}.1`);
}
