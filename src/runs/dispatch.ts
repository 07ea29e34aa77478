/**
 * Draining the outbox to Temporal: at least once, idempotent on arrival. Temporal away: rows wait.
 * @module
 */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { sql } from 'kysely';
import type { DeliveryAhead } from '../core/ahead.ts';
import { type Clock, realMillisecondsUntil } from '../core/time.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { RunStart } from './instruction.ts';
import type { Urgency } from './urgency.ts';

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
  readonly body: {
    readonly startAt?: number | null;
    readonly first?: DeliveryAhead;
    readonly urgency?: Urgency;
    readonly outcome?: string;
  };
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

async function tell(row: Row, dispatching: Dispatching): Promise<void> {
  const { client } = dispatching;
  try {
    if (row.kind === 'start') {
      await start(row, { workflowIdReusePolicy: 'REJECT_DUPLICATE' }, dispatching);
      return;
    }
    const handle = client.workflow.getHandle(row.run_id);
    if (row.kind === 'end') await handle.signal('end', row.body.outcome);
    else if (row.body.startAt !== undefined && (await isYetToBegin(handle, dispatching)))
      await start(row, { workflowIdConflictPolicy: 'TERMINATE_EXISTING' }, dispatching);
    else await handle.signal('wake');
  } catch (error) {
    // Started by an earlier pass that died before it could say so; or ended by itself meanwhile.
    if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError) return;
    throw error;
  }
}

async function start(
  { run_id: run, version, journey, person, body: { startAt = null, first, urgency } }: Row,
  onDuplicate: Pick<WorkflowStartOptions, 'workflowIdReusePolicy' | 'workflowIdConflictPolicy'>,
  { client, clock, taskQueue }: Dispatching,
): Promise<void> {
  const ref: RunStart = { run, version, ...(first !== undefined && { first }) };
  await client.workflow.start('journeyRun', {
    workflowId: run,
    taskQueue,
    args: [ref],
    ...onDuplicate,
    staticSummary: `${journey} for ${person}`,
    ...(urgency === undefined ? {} : { priority: { priorityKey: urgency } }),
    ...(startAt === null ? {} : { startDelay: realMillisecondsUntil(startAt, clock) }),
  });
}

/** In its start delay a workflow hears no signal. As it has done nothing yet, one that starts sooner can take its place. */
async function isYetToBegin(handle: WorkflowHandle, { clock }: Dispatching): Promise<boolean> {
  const { executionTime, historyLength } = await handle.describe();
  return historyLength === 1 && executionTime !== undefined && executionTime.getTime() > clock.wall();
}
