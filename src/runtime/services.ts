/**
 * The servers the product stands on: those the environment names, and local ones for the rest.
 * @module
 */
import { mkdir } from 'node:fs/promises';
import { waitForDatabase, waitForTemporal } from './await-servers.ts';
import type { Config } from './config.ts';
import { type KeptServer, keepRunning } from './keep-running.ts';
import { type LocalMailbox, startLocalMailbox } from './local-mailbox.ts';
import { type LocalPostgres, startLocalPostgres } from './local-postgres.ts';
import type { LocalServer } from './local-server.ts';
import { type LocalTemporal, startLocalTemporal } from './local-temporal.ts';
import type { Log } from './log.ts';
import { removeServicesFile, writeServicesFile } from './services-file.ts';

/** Where people look for these pages, if nothing else is there. */
const TEMPORAL_PAGES_PORT = 8233;
const MAILBOX_PAGES_PORT = 1080;

export interface Services {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly smtpUrl: string;
  /** Pages for people; absent where the server is not ours. */
  readonly mailboxUrl?: string;
  readonly temporalUiUrl?: string;
  /** The local Temporal server's Prometheus page. */
  readonly temporalMetricsUrl?: string;
  /** Ends what was started here, in order. */
  stop(): Promise<void>;
}

/**
 * Starts what the environment does not name, waits for what it does, and leaves word of it in the data folder. A local
 * server that ends by itself is started again at the same address.
 * @param signal ends the waiting for servers that are away
 * @param keepsRuns false: a local Temporal forgets everything when it ends, and writes no file. Default true
 */
export async function startServices(
  config: Config,
  log: Log,
  signal?: AbortSignal,
  { keepsRuns = true }: { readonly keepsRuns?: boolean } = {},
): Promise<Services> {
  const { dataDir, temporalNamespace } = config;
  const failed = new AbortController();
  const waiting = { log, signal: AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]) };
  await mkdir(dataDir, { recursive: true });
  const local: KeptServer<LocalServer>[] = [];
  const keep = async <S extends LocalServer>(name: string, start: (before?: S) => Promise<S>): Promise<S> => {
    const kept = await keepRunning(name, start, log);
    local.push(kept);
    return kept.first;
  };

  const database = async () => {
    if (config.databaseUrl !== undefined) {
      await waitForDatabase(config.databaseUrl, waiting);
      return { databaseUrl: config.databaseUrl };
    }
    const { url } = await keep<LocalPostgres>('Postgres', (before) =>
      startLocalPostgres({ dataDir, port: before?.port, log }),
    );
    return { databaseUrl: url };
  };
  const temporal = async () => {
    if (config.temporalAddress !== undefined) {
      await waitForTemporal(config.temporalAddress, temporalNamespace, waiting);
      return { temporalAddress: config.temporalAddress };
    }
    const { address, uiUrl, metricsUrl } = await keep<LocalTemporal>('Temporal', (before) => {
      const ports = { uiPort: TEMPORAL_PAGES_PORT, ...before?.ports };
      return startLocalTemporal({ dataDir, kept: keepsRuns, namespace: temporalNamespace, log, ...ports });
    });
    return { temporalAddress: address, temporalUiUrl: uiUrl, temporalMetricsUrl: metricsUrl };
  };
  const mailbox = async () => {
    if (config.smtpUrl !== undefined) return { smtpUrl: config.smtpUrl };
    const { smtpUrl, webUrl } = await keep<LocalMailbox>('mailbox', (before) =>
      startLocalMailbox({ dataDir, webPort: MAILBOX_PAGES_PORT, ...before?.ports }),
    );
    return { smtpUrl, mailboxUrl: webUrl };
  };

  const stop = async () => {
    await Promise.all(local.map((kept) => kept.stop()));
    await removeServicesFile(dataDir);
  };
  const starting = [database(), temporal(), mailbox()] as const;
  try {
    const [first, second, third] = await Promise.all(starting);
    const addresses = { ...first, ...second, temporalNamespace, ...third };
    await writeServicesFile(dataDir, addresses);
    return { ...addresses, stop };
  } catch (error) {
    failed.abort();
    await Promise.allSettled(starting);
    await stop();
    throw error;
  }
}
