/**
 * Everything the demo runs on, in this one process and in a folder of its own that starts empty.
 * @module
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { formatProblem } from '../definitions/problems.ts';
import { publish } from '../definitions/publish.ts';
import { loadWorkspace } from '../definitions/workspace.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import type { Config } from '../runtime/config.ts';
import { answers, freePort } from '../runtime/free-port.ts';
import { isAlive } from '../runtime/lock.ts';
import type { Log } from '../runtime/log.ts';
import { type Services, startServices } from '../runtime/services.ts';
import { readServicesFile } from '../runtime/services-file.ts';
import { type Product, startProduct } from '../runtime/start.ts';
import type { Database } from '../store/database.ts';
import type { PacedClock } from './paced-clock.ts';

export interface Stage {
  readonly workspace: Workspace;
  readonly db: Database;
  readonly url: string;
  readonly mailboxUrl: string;
  readonly temporalUiUrl: string | undefined;
  /** Rejects if a part of the engine dies of itself. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** The folder is in use: wiping it would take another demo's servers their data. */
export class DemoRunningError extends Error {
  override readonly name = 'DemoRunningError';

  constructor(
    readonly folder: string,
    readonly pid: number,
  ) {
    super(`A demo runs on ${folder} already (process ${pid}). End it first, or set DATA_DIR to another folder.`);
  }
}

export interface Logs {
  /** What a newcomer waits for, such as a server that is built first. */
  readonly starting: Log;
  readonly running: Logger;
}

/** What the environment says, with servers and data of the demo's own: it empties what it starts on. */
export async function demoConfig(config: Config): Promise<Config> {
  return {
    ...config,
    dataDir: join(config.dataDir, 'demo'),
    databaseUrl: undefined,
    temporalAddress: undefined,
    temporalNamespace: 'default',
    smtpUrl: undefined,
    port: await freePort(config.port === 0 ? undefined : config.port),
  };
}

/** An empty folder; what an earlier demo left there is gone. @throws {DemoRunningError} */
export async function emptyFolder(folder: string): Promise<void> {
  const left = await readServicesFile(folder).catch(() => undefined);
  if (left !== undefined && isAlive(left.pid) && (await answers(Number(new URL(left.databaseUrl).port)))) {
    throw new DemoRunningError(folder, left.pid);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/**
 * Starts servers, publishes the workspace as of the clock's present, then starts the API and the engine behind it.
 * @param config from {@link demoConfig}, its folder emptied
 */
export async function openStage(
  config: Config,
  clock: PacedClock,
  { starting, running: log }: Logs,
  signal: AbortSignal,
): Promise<Stage> {
  const loaded = await loadWorkspace(config.workspace);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const { workspace } = loaded;

  let services: Services | undefined;
  const products: Product[] = [];
  const close = async () => {
    for (const product of products.reverse()) await product.stop();
    await services?.stop();
  };
  try {
    services = await startServices(config, starting, signal, { keepsRuns: false });
    const { mailboxUrl = '', temporalUiUrl } = services;
    // The API's clock is ahead of the engine's, so they are two, as on two machines.
    const api = await startProduct({ config: { ...config, roles: ['api'] }, services, clock: clock.shop, log });
    products.push(api);
    const { db } = api.engine;
    await publish(db, workspace, new Date(clock.engine.now()));
    const roles = ['processor', 'worker'] as const;
    const publicUrl = config.publicUrl ?? api.url;
    const engine = await startProduct({ config: { ...config, roles, publicUrl }, services, clock: clock.engine, log });
    products.push(engine);
    return { workspace, db, url: api.url ?? '', mailboxUrl, temporalUiUrl, failed: engine.engine.failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}
