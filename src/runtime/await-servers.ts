/**
 * Waiting for servers that somebody else runs: they may come up after us, and a start that dies for it helps nobody.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { withoutPassword } from './config.ts';
import { hasNamespace } from './local-temporal.ts';
import type { Log } from './log.ts';

const LOOK_AGAIN_AFTER = 500;
const SAY_SO_EVERY = 5_000;

export interface Waiting {
  readonly log: Log;
  /** Ends the waiting: the returned promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Returns when the database takes queries. Until then says every few seconds what is in the way. */
export async function waitForDatabase(url: string, waiting: Waiting): Promise<void> {
  await until(`Postgres at ${withoutPassword(url)}`, waiting, async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
    } finally {
      await client.end().catch(() => undefined);
    }
  });
}

/** Returns when the server knows the namespace. Until then says every few seconds what is in the way. */
export async function waitForTemporal(address: string, namespace: string, waiting: Waiting): Promise<void> {
  await until(`Temporal at ${address}, namespace ${namespace}`, waiting, () => hasNamespace(address, namespace));
}

async function until(what: string, { log, signal }: Waiting, attempt: () => Promise<unknown>): Promise<void> {
  let saidAt: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    try {
      await attempt();
      if (saidAt !== undefined) log.info(`${what} is there.`);
      return;
    } catch (error) {
      if (saidAt === undefined || Date.now() - saidAt >= SAY_SO_EVERY) {
        log.warn(`Waiting for ${what}: ${reasonOf(error)}`);
        saidAt = Date.now();
      }
    }
    await delay(LOOK_AGAIN_AFTER, undefined, { signal });
  }
}

/** Node wraps what happened at each address of a host into one error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message.split('\n')[0] || error.name;
}
