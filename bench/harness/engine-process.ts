/**
 * One process of the product, from its environment: publishes the workspace where it has the role `api`, then serves.
 * @module
 */
import { createClock } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { publish } from '../../src/definitions/publish.ts';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import { readConfig } from '../../src/runtime/config.ts';
import { createLog } from '../../src/runtime/log.ts';
import { startProduct } from '../../src/runtime/start.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';

const config = readConfig(process.env);
if ('problems' in config) throw new Error(config.problems.map(({ message }) => message).join('\n'));
const { databaseUrl, temporalAddress, smtpUrl, temporalNamespace } = config;
if (databaseUrl === undefined || temporalAddress === undefined || smtpUrl === undefined) {
  throw new Error('A bench names every server that its processes use');
}
const log = createLog(config.logLevel);
const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });

if (config.roles.includes('api')) {
  const loaded = await loadWorkspace(config.workspace);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const db = openDatabase({ url: databaseUrl, size: 1 });
  await migrate(db);
  await publish(db, loaded.workspace, new Date(clock.now()));
  await db.destroy();
}

const services = { databaseUrl, temporalAddress, temporalNamespace, smtpUrl, stop: async () => undefined };
const product = await startProduct({ config, services, clock, log });

process.once('SIGTERM', async () => {
  await product.stop();
  process.exit(0);
});
product.engine.failed.catch((error: unknown) => {
  log.fatal({ err: error }, 'A part of the engine ended by itself.');
  process.exit(1);
});
