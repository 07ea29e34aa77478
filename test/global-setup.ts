import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { chromiumExecutable } from '../src/runtime/chromium.ts';
import { startLocalPostgres } from '../src/runtime/local-postgres.ts';
import { startLocalTemporal } from '../src/runtime/local-temporal.ts';
import { readableLine } from '../src/runtime/log.ts';
import { timeSkippingServerExecutable } from '../src/runtime/time-skipping-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string;
    temporalAddress: string;
  }
}

/**
 * One Postgres and one Temporal dev server for all tests: those that DATABASE_URL and TEMPORAL_ADDRESS name, else local
 * ones that live as long as the tests do.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = pino({ level: 'info' }, { write: (text) => process.stderr.write(readableLine(text)) });
  if (await testsNeedBrowser()) await chromiumExecutable(log);
  await timeSkippingServerExecutable(log);

  const { DATABASE_URL, TEMPORAL_ADDRESS } = process.env;
  const dataDir = await mkdtemp(join(tmpdir(), 'throughline-tests-'));
  // Postgres, started by root, runs as another user, who has to get there.
  await chmod(dataDir, 0o755);
  const [postgres, temporal] = await Promise.all([
    DATABASE_URL === undefined ? startLocalPostgres({ dataDir, log }) : undefined,
    TEMPORAL_ADDRESS === undefined ? startLocalTemporal({ dataDir, log }) : undefined,
  ]);
  project.provide('databaseUrl', postgres?.url ?? DATABASE_URL ?? '');
  project.provide('temporalAddress', temporal?.address ?? TEMPORAL_ADDRESS ?? '');
  return async () => {
    await Promise.all([postgres?.stop(), temporal?.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
}

async function testsNeedBrowser(): Promise<boolean> {
  const files = await readdir(fileURLToPath(new URL('.', import.meta.url)), { recursive: true });
  return files.some((file) => file.endsWith('.browser.test.ts'));
}
