/**
 * What a bench stands on: a Postgres and a Temporal server of its own in a folder of its own, or a fresh database and
 * namespace on those that DATABASE_URL and TEMPORAL_ADDRESS name. Everything ends with the bench.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { waitForTemporal } from '../../src/runtime/await-servers.ts';
import { type LocalPostgres, startLocalPostgres } from '../../src/runtime/local-postgres.ts';
import { type LocalTemporal, startLocalTemporal } from '../../src/runtime/local-temporal.ts';
import type { Log } from '../../src/runtime/log.ts';
import { type Database, migrate, openDatabase } from '../../src/store/database.ts';

export interface Ground {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** Absent where the server is not ours. */
  readonly postgres?: LocalPostgres;
  /** Absent where the server is not ours. */
  readonly temporal?: LocalTemporal;
  readonly db: Database;
  readonly client: Client;
  readonly log: Log;
  /** To be done at the end, before the servers go; the last given is done first. */
  atEnd(stop: () => Promise<unknown>): void;
}

export interface GroundSettings {
  readonly say: (line: string) => void;
  /** Servers of our own whatever the environment names, for benches that kill them. */
  readonly own?: boolean;
}

/**
 * Lets `work` run on ground of its own. When it fails, the folder with what the servers wrote is kept, and the message
 * says where.
 */
export async function onGround<T>(
  { say, own = false }: GroundSettings,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'throughline-bench-'));
  // Postgres, started by root, runs as another user, who has to get there.
  await chmod(dataDir, 0o755);
  const endings: (() => Promise<unknown>)[] = [];
  const atEnd = (stop: () => Promise<unknown>) => void endings.unshift(stop);
  const log: Log = { debug: () => undefined, info: say, warn: sayFirst(say), error: sayFirst(say) };
  let failed = true;
  try {
    const environment = own ? {} : process.env;
    const [database, server] = await Promise.all([
      aDatabase(environment.DATABASE_URL, dataDir, log, atEnd),
      aTemporal(environment.TEMPORAL_ADDRESS, dataDir, log, atEnd),
    ]);
    const db = openDatabase({ url: database.databaseUrl, size: 4 });
    atEnd(() => db.destroy());
    await migrate(db);
    const connection = await Connection.connect({ address: server.temporalAddress });
    atEnd(() => connection.close());
    const client = new Client({ connection, namespace: server.temporalNamespace });
    const done = await work({ dataDir, ...database, ...server, db, client, log, atEnd });
    failed = false;
    return done;
  } finally {
    for (const end of endings) await end().catch((error: unknown) => say(`At the end: ${error}`));
    if (failed) say(`What the servers wrote is in ${dataDir}.`);
    else await rm(dataDir, { recursive: true, force: true });
  }
}

async function aDatabase(given: string | undefined, dataDir: string, log: Log, atEnd: Ground['atEnd']) {
  if (given === undefined) {
    const postgres = await startLocalPostgres({ dataDir, log });
    atEnd(() => postgres.stop());
    return { databaseUrl: postgres.url, postgres };
  }
  const name = `bench_${randomUUID().slice(0, 8)}`;
  await command(given, `create database ${name}`);
  atEnd(() => command(given, `drop database ${name} with (force)`));
  const url = new URL(given);
  url.pathname = `/${name}`;
  return { databaseUrl: url.href };
}

async function aTemporal(given: string | undefined, dataDir: string, log: Log, atEnd: Ground['atEnd']) {
  if (given === undefined) {
    const temporal = await startLocalTemporal({ dataDir, log });
    atEnd(() => temporal.stop());
    return { temporalAddress: temporal.address, temporalNamespace: 'default', temporal };
  }
  const namespace = `bench-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address: given });
  try {
    const workflowExecutionRetentionPeriod = { seconds: 24 * 60 * 60 };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod } as object);
  } finally {
    await connection.close();
  }
  await waitForTemporal(given, namespace, { log });
  return { temporalAddress: given, temporalNamespace: namespace };
}

async function command(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function sayFirst(say: (line: string) => void) {
  return (first: unknown, message?: string) => say(typeof first === 'string' ? first : (message ?? String(first)));
}
