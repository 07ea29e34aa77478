/**
 * Draining the outbox to Temporal: at least once, idempotent on arrival. Temporal away: rows wait.
 * @module
 */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'kysely';
import type { DeliveryAhead } from '../core/ahead.ts';
import { type Clock, realMillisecondsUntil } from '../core/time.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { RunStart } from './instruction.ts';

export interface Dispatching {
  readonly db: Database;
  readonly clock: Clock;
  readonly client: Client;
  readonly taskQueue: string;
}

/** How many rows one pass takes; they go out side by side, those of one run in order. */
const BATCH = 200;
const DISPATCH_LOCK = 4_217_002;

interface Row {
  readonly id: number;
  readonly run_id: string;
  readonly kind: 'start' | 'wake' | 'end';
  readonly body: { readonly startAt?: number | null; readonly first?: DeliveryAhead; readonly outcome?: string };
  readonly version: string;
  readonly journey: string;
  readonly person: string;
}

/**
 * Tells Temporal what waits in the outbox, and says how many rows that were. Rows that Temporal would not take stay for
 * the next pass; the first error is thrown once the others are done.
 */
export async function dispatch(dispatching: Dispatching): Promise<number> {
  const failures: unknown[] = [];
  const told = await dispatching.db.transaction().execute(async (tx) => {
    const { rows: lease } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtext(current_schema()), ${DISPATCH_LOCK}) as mine
    `.execute(tx);
    if (!lease[0]?.mine) return 0;
    const byRun = await nextRows(tx);
    const done: number[] = [];
    await Promise.all(
      [...byRun.values()].map(async (rows) => {
        for (const row of rows) {
          try {
            await tell(row, dispatching);
            done.push(row.id);
          } catch (error) {
            failures.push(error);
            return;
          }
        }
      }),
    );
    if (done.length > 0) await sql`delete from outbox where id = any(${done})`.execute(tx);
    return done.length;
  });
  if (failures.length > 0) throw failures[0];
  return told;
}

async function nextRows(tx: Queryable): Promise<Map<string, Row[]>> {
  const { rows } = await sql<Row>`
    select o.id, o.run_id, o.kind, o.body, r.version, r.journey, r.person
    from outbox o join runs r on r.id = o.run_id order by o.id limit ${BATCH}
  `.execute(tx);
  const byRun = new Map<string, Row[]>();
  for (const row of rows) byRun.set(row.run_id, [...(byRun.get(row.run_id) ?? []), row]);
  return byRun;
}

async function tell(row: Row, { client, clock, taskQueue }: Dispatching): Promise<void> {
  try {
    if (row.kind === 'start') {
      const { startAt = null, first } = row.body;
      const start: RunStart = { run: row.run_id, version: row.version, ...(first !== undefined && { first }) };
      await client.workflow.start('journeyRun', {
        workflowId: row.run_id,
        taskQueue,
        args: [start],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `${row.journey} for ${row.person}`,
        ...(startAt === null ? {} : { startDelay: realMillisecondsUntil(startAt, clock) }),
      });
      return;
    }
    const handle = client.workflow.getHandle(row.run_id);
    if (row.kind === 'wake') await handle.signal('wake');
    else await handle.signal('end', row.body.outcome);
  } catch (error) {
    // Started by an earlier pass that died before it could say so; or ended by itself meanwhile.
    if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError) return;
    throw error;
  }
}
