/**
 * The mailbox of the benches as a process of its own, and what it accepted.
 * @module
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answers, freePort } from '../../src/runtime/free-port.ts';
import { type LocalServer, startServer } from '../../src/runtime/local-server.ts';
import type { Ground } from './ground.ts';
import { followLines } from './line-log.ts';

const ENTRY = fileURLToPath(new URL('../sink.ts', import.meta.url));
const READY_WITHIN = 60_000;

/** One message for one recipient. */
export interface Accepted {
  /** With its angle brackets. */
  readonly messageId: string;
  readonly to: string;
  /** Epoch milliseconds, just before the server's 250. */
  readonly at: number;
}

export interface Sink extends LocalServer {
  readonly url: string;
  /** In the order of acceptance; grows. */
  readonly accepted: readonly Accepted[];
  /** Calls `heard` for everything accepted from now on, until the returned function is called. */
  onAccepted(heard: (one: Accepted) => void): () => void;
  /** After this one was killed: its successor's process, on the same port and with the same list. */
  startAgain(): Promise<LocalServer>;
}

export async function startSink(ground: Ground): Promise<Sink> {
  const port = await freePort();
  const file = join(ground.dataDir, 'sink.tsv');
  const start = (): Promise<LocalServer> =>
    startServer(
      {
        name: 'sink',
        file: process.execPath,
        args: ['--import', 'tsx', ENTRY, '--port', String(port), '--log', file],
        logFile: join(ground.dataDir, 'sink.log'),
        stopSignal: 'SIGTERM',
      },
      { isReady: () => answers(port), within: READY_WITHIN },
    );
  const server = await start();
  ground.atEnd(() => server.stop());
  const accepted: Accepted[] = [];
  const listeners = new Set<(one: Accepted) => void>();
  const log = followLines(file, (line) => {
    const [messageId = '', to = '', at] = line.split('\t');
    const one = { messageId, to, at: Number(at) };
    accepted.push(one);
    for (const heard of listeners) heard(one);
  });
  ground.atEnd(async () => log.stop());
  return {
    ...server,
    url: `smtp://127.0.0.1:${port}`,
    accepted,
    onAccepted: (heard) => {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    startAgain: start,
  };
}
