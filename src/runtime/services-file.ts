/**
 * Word left in the data folder of where the servers of a running product are, for commands in another terminal.
 * @module
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Addresses = z.object({
  /** The process that wrote this. */
  pid: z.number(),
  databaseUrl: z.string(),
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
  smtpUrl: z.string(),
  mailboxUrl: z.string().optional(),
  temporalUiUrl: z.string().optional(),
  temporalMetricsUrl: z.string().optional(),
});

export type Addresses = z.infer<typeof Addresses>;

/** Readable for its owner only: it holds the local database's password. */
export async function writeServicesFile(dataDir: string, addresses: Omit<Addresses, 'pid'>): Promise<void> {
  const file = fileIn(dataDir);
  const text = JSON.stringify({ pid: process.pid, ...addresses } satisfies Addresses, null, 2);
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Undefined where nothing runs on this data folder, or nothing that was stopped in order. */
export async function readServicesFile(dataDir: string): Promise<Addresses | undefined> {
  const text = await readFile(fileIn(dataDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Addresses.parse(JSON.parse(text));
}

export async function removeServicesFile(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'services.json');
}
