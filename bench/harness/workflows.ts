/**
 * What Temporal says of a bench's workflows.
 * @module
 */
import type { Client } from '@temporalio/client';
import { type Patience, until } from './until.ts';

/** A count costs the server some milliseconds, which are missing elsewhere. */
const LOOK_EVERY = 200;

/** How many workflows of a type there are that fit Temporal's list filter. */
export async function countWorkflows(client: Client, type: string, filter?: string): Promise<number> {
  const query = `WorkflowType = '${type}'${filter === undefined ? '' : ` AND ${filter}`}`;
  return (await client.workflow.count(query)).count;
}

/** Returns when so many have completed; visibility follows what happens by some milliseconds. */
export async function completed(client: Client, type: string, count: number, patience?: Patience): Promise<void> {
  await until(
    `${count} workflows ${type} have completed`,
    async () => (await countWorkflows(client, type, "ExecutionStatus = 'Completed'")) >= count,
    { every: LOOK_EVERY, ...patience },
  );
}
