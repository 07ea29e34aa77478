/**
 * Serving until somebody asks us to end.
 * @module
 */
import type { Logger } from 'pino';
import { type Clock, createClock } from '../core/time.ts';
import { currentPublication, publish } from '../definitions/publish.ts';
import type { Config } from '../runtime/config.ts';
import { requireFreePort } from '../runtime/free-port.ts';
import { createLog } from '../runtime/log.ts';
import { type Services, startServices } from '../runtime/services.ts';
import { type Product, startProduct } from '../runtime/start.ts';
import { type Database, migrate, openDatabase } from '../store/database.ts';
import { aborted, endSignal } from './until-signal.ts';
import { describeProblems, readWorkspace } from './workspace.ts';

/** Starts what is needed, serves, and ends it all in order when a signal comes or a part fails. */
export async function serve(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const signal = endSignal();
  if (config.roles.includes('api')) await requireFreePort(config.port, 'PORT');
  for (const warning of config.warnings) log.warn(warning);
  const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });

  let services: Services | undefined;
  let product: Product | undefined;
  try {
    services = await startServices(config, log, signal);
    await publishFirst(services, config, clock, log);
    product = await startProduct({ config, services, clock, log });
    for (const { label, url } of product.pages) log.info(`${label}: ${url}`);
    log.info(`Running as ${config.roles.join(', ')}.`);
    await Promise.race([aborted(signal), product.engine.failed]);
    log.info('Ending.');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await product?.stop();
    await services?.stop();
  }
}

/** A database in which nothing was published yet gets the workspace; later only `throughline publish` changes what holds. */
async function publishFirst({ databaseUrl }: Services, config: Config, clock: Clock, log: Logger): Promise<void> {
  const db = openDatabase({ url: databaseUrl, size: 1 });
  try {
    await migrate(db);
    await publishWhereEmpty(db, config, clock, log);
  } finally {
    await db.destroy();
  }
}

async function publishWhereEmpty(db: Database, config: Config, clock: Clock, log: Logger): Promise<void> {
  const current = await currentPublication(db);
  const loaded = await readWorkspace(config.workspace).catch((error: Error) => ({ missing: error.message }));
  if ('missing' in loaded) {
    if (current === null) log.warn(`Nothing is published yet. ${loaded.missing}`);
  } else if ('problems' in loaded) {
    const text = describeProblems(config.workspace, loaded.problems);
    if (current === null) throw new Error(text);
    log.warn(`The workspace was changed and is not right; what was published before stays in force.\n${text}`);
  } else if (current === null) {
    await publish(db, loaded.workspace, new Date(clock.now()));
    log.info(`Published ${config.workspace}.`);
  } else if (current.hash !== loaded.workspace.hash) {
    log.warn(`${config.workspace} differs from what is published. \`throughline publish\` puts it in force.`);
  }
}
