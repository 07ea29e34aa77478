/**
 * A Temporal dev server of our own that keeps its data.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePort } from './free-port.ts';
import { type LocalServer, ServerEndedError, startServer } from './local-server.ts';
import type { Log } from './log.ts';
import { waitForPredecessor } from './predecessor.ts';
import { temporalExecutable } from './temporal-executable.ts';

const READY_WITHIN = 60_000;
const TRIES = 5;
const TRY_AGAIN_AFTER = 200;
const DEFAULT_NAMESPACE = 'default';
/** A queue in parts gives each of them its share of a rate, and what is most urgent is so within its part only. */
const UNDIVIDED_QUEUES = ['Read', 'Write'].flatMap((use) => [
  '--dynamic-config-value',
  `matching.numTaskqueue${use}Partitions=1`,
]);

export interface LocalTemporalSettings {
  /** Data goes to `temporal.db` below it, messages to `temporal.log`. */
  readonly dataDir: string;
  /** False: everything is forgotten when it ends, and no file grows. Default true. */
  readonly kept?: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** Serves Temporal's own pages there, or on a free port where this one is taken; without it there are none. */
  readonly uiPort?: number;
  /** Default: a free one. */
  readonly metricsPort?: number;
  /** Default `default`. */
  readonly namespace?: string;
  /** Events of a history after which workflows are told to begin a new one. Default: the server's own, some thousands. */
  readonly longHistory?: number;
  readonly log: Log;
}

export interface LocalTemporal extends LocalServer {
  /** `host:port` */
  readonly address: string;
  /** What to start a successor with that is found at the same places. */
  readonly ports: { readonly port: number; readonly metricsPort: number; readonly uiPort?: number };
  readonly uiUrl?: string;
  /** Prometheus text; its counter `action` is what the cloud would bill. */
  readonly metricsUrl: string;
}

/**
 * Starts it and waits until its namespace can be used.
 * @throws {NoTemporalError} where there is no such program and none can be made
 * @throws {ServerEndedError}
 */
export async function startLocalTemporal(settings: LocalTemporalSettings): Promise<LocalTemporal> {
  const { dataDir, log, kept = true, namespace = DEFAULT_NAMESPACE, longHistory } = settings;
  await mkdir(dataDir, { recursive: true });
  const file = await temporalExecutable(log);
  const pidFile = join(dataDir, 'temporal.pid');
  await waitForPredecessor({ pidFile, program: 'temporal', folder: dataDir, log });
  for (let attempt = 1; ; attempt++) {
    const port = settings.port ?? (await freePort());
    const metricsPort = settings.metricsPort ?? (await freePort());
    const uiPort = settings.uiPort === undefined ? undefined : await freePort(settings.uiPort);
    const address = `127.0.0.1:${port}`;
    try {
      const server = await startServer(
        {
          name: 'Temporal',
          file,
          args: [
            ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
            ...['--metrics-port', String(metricsPort), '--log-level', 'warn'],
            ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
            ...(namespace === DEFAULT_NAMESPACE ? [] : ['--namespace', namespace]),
            // Timers of less than a second would wait for the second that the clocks of several hosts may be apart.
            ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="20ms"'],
            ...(longHistory === undefined ? [] : historiesUpTo(longHistory)),
            // Of what waits in a queue, the most urgent goes first.
            ...['--dynamic-config-value', 'matching.useNewMatcher=true'],
            ...UNDIVIDED_QUEUES,
            ...(kept ? keptIn(join(dataDir, 'temporal.db')) : []),
          ],
          logFile: join(dataDir, 'temporal.log'),
          stopSignal: 'SIGTERM',
        },
        { isReady: () => hasNamespace(address, namespace), within: READY_WITHIN },
      );
      await writeFile(pidFile, `${server.pid}\n`);
      return {
        ...server,
        address,
        ports: { port, metricsPort, uiPort },
        uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
        metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      };
    } catch (error) {
      // It picks ports for its inner services too, and may lose one to somebody else.
      const lostPort = error instanceof ServerEndedError && /address already in use|can't set|bind/i.test(error.output);
      if (!lostPort || attempt === TRIES) throw error;
      await delay(TRY_AGAIN_AFTER);
    }
  }
}

/** Fails as long as nothing answers there. */
export async function hasNamespace(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 5_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
}

function historiesUpTo(events: number): string[] {
  return ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${events}`];
}

/** Without a write-ahead log it collapses under fifty concurrent starts. */
function keptIn(file: string): string[] {
  return ['--db-filename', file, '--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
}
