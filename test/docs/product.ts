/**
 * The whole product for one guide, as `npm start` runs it: on a database and a namespace of its own, with a mailbox that
 * takes everything.
 * @module
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createClock } from '../../src/core/time.ts';
import { readConfig } from '../../src/runtime/config.ts';
import { startProduct } from '../../src/runtime/start.ts';
import { ownNamespace } from '../kit/engine.ts';
import { testMailbox } from '../kit/mailbox.ts';
import { quietRuntime } from '../kit/temporal.ts';

export interface GuideProduct {
  readonly url: string;
  readonly databaseUrl: string;
  readonly webhookSecret: string;
  stop(): Promise<void>;
}

const WEBHOOK_SECRET = 'whsec_dGhyb3VnaGxpbmUgZ3VpZGVz';

export async function guideProduct(dataDir: string): Promise<GuideProduct> {
  quietRuntime();
  const database = await ownDatabase();
  const mailbox = await testMailbox();
  const { address, namespace } = await ownNamespace();
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    SMTP_URL: mailbox.url,
    WEBHOOK_SECRET,
  });
  if ('problems' in config) throw new Error(config.problems.map(({ message }) => message).join('\n'));
  const product = await startProduct({
    config,
    services: {
      databaseUrl: database.url,
      temporalAddress: address,
      temporalNamespace: namespace,
      smtpUrl: mailbox.url,
      stop: async () => undefined,
    },
    clock: createClock(),
    log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
  });
  return {
    url: product.url ?? '',
    databaseUrl: database.url,
    webhookSecret: WEBHOOK_SECRET,
    stop: async () => {
      await product.stop();
      await mailbox.close();
      await database.drop();
    },
  };
}

/** The command line works in the schema `public`: a database of its own keeps guides apart. */
async function ownDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `guide_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(inject('databaseUrl'));
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name}`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await client.query(`drop database ${name} with (force)`);
      await client.end();
    },
  };
}
