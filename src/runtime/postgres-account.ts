/**
 * Postgres refuses to run as root. Started by root, it runs as another user, from folders that this user can reach.
 * @module
 */
import { createHash } from 'node:crypto';
import { chown, cp, lstat, mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists, run } from './installed.ts';

/** Open to every user, unlike a home. Only used where what was asked for lies in a place that is not. */
const OPEN_FOLDER = '/var/lib/throughline';
const NAME = 'postgres';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The user to run Postgres as, made where there is none; undefined where we are not root and can run it ourselves. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await accountOf(NAME);
  if (known !== undefined) return known;
  await run('useradd', ['--system', '--user-group', '--no-create-home', NAME]).catch(() => undefined);
  const account = (await accountOf(NAME)) ?? (await accountOf('nobody'));
  if (account === undefined) {
    throw new Error('Postgres cannot run as root. Add a user named `postgres`, or run this as another user.');
  }
  return account;
}

/**
 * The folder for the cluster: `wanted`, or, where the account cannot reach it, an open one that `wanted` then links to.
 * Whoever removes the link starts with an empty database, as by removing the folder.
 */
export async function clusterFolder(wanted: string, account: Account | undefined): Promise<string> {
  if (account === undefined || (await canReach(dirname(wanted), account))) return wanted;
  const name = `postgres-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`;
  const folder = join(OPEN_FOLDER, name);
  const linked = await lstat(wanted).then(
    (info) => info.isSymbolicLink(),
    () => false,
  );
  if (linked) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(OPEN_FOLDER, { recursive: true, mode: 0o755 });
  await symlink(folder, wanted);
  return folder;
}

/** The folder of Postgres' programs: as it is, or a copy that the account can reach. */
export async function programFolder(native: string, version: string, account: Account | undefined): Promise<string> {
  if (account === undefined || (await canReach(native, account))) return native;
  const copy = join(OPEN_FOLDER, `postgres-${version}`);
  if (await exists(copy)) return copy;
  await mkdir(OPEN_FOLDER, { recursive: true, mode: 0o755 });
  const making = `${copy}.${process.pid}.making`;
  await cp(native, making, { recursive: true, verbatimSymlinks: true });
  // Another process may have been faster; then its copy is as good.
  await rename(making, copy).catch(() => rm(making, { recursive: true, force: true }));
  return copy;
}

/** An empty folder that belongs to the account. */
export async function makeFolderFor(folder: string, account: Account | undefined): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(folder, account.uid, account.gid);
}

/** Whether every folder from the root down to this one lets the account pass. */
export async function canReach(folder: string, { uid, gid }: Account): Promise<boolean> {
  const info = await stat(folder).catch(() => undefined);
  if (info !== undefined) {
    const pass = info.uid === uid ? 0o100 : info.gid === gid ? 0o010 : 0o001;
    if ((info.mode & pass) === 0) return false;
  }
  return basename(folder) === '' || canReach(dirname(folder), { uid, gid });
}

async function accountOf(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}
