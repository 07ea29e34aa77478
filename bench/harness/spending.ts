/**
 * What work costs: CPU of this process and of Postgres, and rows that Postgres read and wrote.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';
import { cpuSeconds } from './cpu.ts';
import type { Ground } from './ground.ts';

export interface Spent {
  /** CPU seconds of this process. */
  readonly engine: number;
  /** CPU seconds of Postgres, all of it. */
  readonly postgres: number;
  /** Rows read, by index or in passing. */
  readonly read: number;
  /** Rows inserted, updated and deleted. */
  readonly written: number;
}

/** A backend tells what it did at most once a second. */
const TOLD_WITHIN = 1_500;

/** Counts from now until `read` is called. The ground must be its own. */
export async function startSpending({ db, postgres }: Ground): Promise<{ read(): Promise<Spent> }> {
  if (postgres === undefined) throw new Error('What a Postgres costs that others use too cannot be told');
  await delay(TOLD_WITHIN);
  const rows = await rowsTouched(db);
  const engine = process.cpuUsage();
  const before = cpuSeconds(postgres.pid);
  return {
    read: async () => {
      const { user, system } = process.cpuUsage(engine);
      const after = cpuSeconds(postgres.pid);
      await delay(TOLD_WITHIN);
      const now = await rowsTouched(db);
      return {
        engine: (user + system) / 1e6,
        postgres: after - before,
        read: now.read - rows.read,
        written: now.written - rows.written,
      };
    },
  };
}

async function rowsTouched(db: Database): Promise<{ readonly read: number; readonly written: number }> {
  const { rows } = await sql<{ read: number; written: number }>`
    select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::float8 as read,
      sum(n_tup_ins + n_tup_upd + n_tup_del)::float8 as written
    from pg_stat_user_tables
  `.execute(db);
  return rows[0] ?? { read: 0, written: 0 };
}
