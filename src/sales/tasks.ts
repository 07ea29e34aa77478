/**
 * Sales tasks: what a rep can do with one. Every change is one transaction with the event that reports it.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Clock, Instant } from '../core/time.ts';
import { jsonb } from '../store/columns.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { Stakeholder } from '../store/tables-runs.ts';
import { rowsOf, type Task } from './read-tasks.ts';

export const OUTCOMES = ['won', 'lost', 'not-now', 'no-answer', 'not-a-fit'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface NewTask {
  /** The message's. */
  readonly id: string;
  readonly profileId: number;
  readonly title: string;
  readonly owner: string;
  readonly brief: string;
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly stakeholders?: readonly Stakeholder[];
}

/** Once per id, however often it is called. Its event is the caller's. */
export async function createTask(
  tx: Queryable,
  { id, profileId, title, owner, brief, dueAt, createdAt, stakeholders }: NewTask,
): Promise<void> {
  await tx
    .insertInto('tasks')
    .values({
      ...{ id, profile_id: profileId, title, owner, brief, due_at: dueAt, created_at: createdAt },
      stakeholders: stakeholders === undefined ? null : jsonb(stakeholders),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The task is not in a state in which this can be done; the message says which and whose it is. */
export class TaskStateError extends Error {
  override readonly name = 'TaskStateError';

  constructor(
    readonly code: 'claimed' | 'completed',
    message: string,
    readonly task: Task,
  ) {
    super(message);
  }
}

/** What happened to a task, to be reported as an event of the person it is about. */
export interface TaskEvent {
  readonly name: 'Sales Task Claimed' | 'Sales Task Snoozed' | 'Sales Task Reassigned' | 'Sales Task Completed';
  /** The task's id is its message's. */
  readonly message: string;
  readonly profileId: number;
  readonly at: Instant;
  readonly properties: JsonObject;
  /** Set where the same can happen to a task again. */
  readonly occasion?: string;
}

export interface Tasks {
  readonly db: Database;
  readonly clock: Clock;
  /** Puts the event into the inbox, within the transaction that changes the task. */
  readonly report: (tx: Queryable, event: TaskEvent) => Promise<void>;
}

/** What `by` wants of task `id`. All answer null where there is no such task, and change nothing the second time. */
type Wish = { readonly id: string; readonly by: string };

/** @throws {TaskStateError} somebody else has it, or it is done */
export function claimTask(tasks: Tasks, { id, by }: Wish): Promise<Task | null> {
  return change(tasks, id, (task) => {
    mustBeOpenTo(task, by);
    if (task.status === 'claimed') return null;
    return {
      set: { status: 'claimed', claimed_by: by, snoozed_until: null },
      event: 'Sales Task Claimed',
      properties: { by },
    };
  });
}

/** @throws {TaskStateError} somebody else has it, or it is done with another outcome */
export function completeTask(
  tasks: Tasks,
  { id, by, outcome, note = null }: Wish & { readonly outcome: Outcome; readonly note?: string | null },
): Promise<Task | null> {
  return change(tasks, id, (task, now) => {
    if (task.status === 'completed' && task.outcome === outcome && task.claimedBy === by) return null;
    mustBeOpenTo(task, by);
    return {
      set: {
        status: 'completed',
        claimed_by: by,
        snoozed_until: null,
        outcome,
        note,
        completed_at: new Date(now),
      },
      event: 'Sales Task Completed',
      properties: { by, outcome, ...(note === null ? {} : { note }) },
    };
  });
}

/** Out of the list of open tasks until then; whose it is stays. @throws {TaskStateError} as for {@link claimTask} */
export function snoozeTask(tasks: Tasks, { id, by, until }: Wish & { readonly until: Date }): Promise<Task | null> {
  return change(tasks, id, (task) => {
    mustBeOpenTo(task, by);
    if (task.status === 'snoozed' && task.snoozedUntil?.getTime() === until.getTime()) return null;
    return {
      set: { status: 'snoozed', snoozed_until: until },
      event: 'Sales Task Snoozed',
      properties: { by, until: until.toISOString() },
    };
  });
}

/** To another owner, open again. Whoever had claimed it has it no more. @throws {TaskStateError} it is done */
export function reassignTask(tasks: Tasks, { id, by, owner }: Wish & { readonly owner: string }): Promise<Task | null> {
  return change(tasks, id, (task) => {
    if (task.status === 'completed') throw isDone(task);
    if (task.owner === owner && task.status === 'open') return null;
    return {
      set: { status: 'open', owner, claimed_by: null, snoozed_until: null },
      event: 'Sales Task Reassigned',
      properties: { by, from: task.owner, owner },
    };
  });
}

interface Change {
  readonly set: {
    readonly status: Task['status'];
    readonly owner?: string;
    readonly claimed_by?: string | null;
    readonly snoozed_until: Date | null;
    readonly outcome?: Outcome;
    readonly note?: string | null;
    readonly completed_at?: Date;
  };
  readonly event: TaskEvent['name'];
  readonly properties: JsonObject;
}

/** Decides under the task's lock; null from `decide` leaves it as it is. */
async function change(
  { db, clock, report }: Tasks,
  id: string,
  decide: (task: Task, now: Instant) => Change | null,
): Promise<Task | null> {
  return db.transaction().execute(async (tx) => {
    const now = clock.now();
    const [task] = await rowsOf(tx, now).where('id', '=', id).forUpdate().execute();
    if (task === undefined) return null;
    const decided = decide(task, now);
    if (decided === null) return task;
    await tx.updateTable('tasks').set(decided.set).where('id', '=', id).execute();
    await report(tx, {
      name: decided.event,
      message: id,
      profileId: task.profileId,
      at: now,
      properties: { owner: task.owner, ...decided.properties },
      // A task is completed once; the others may come again, after a reassignment.
      ...(decided.event === 'Sales Task Completed' ? {} : { occasion: new Date(now).toISOString() }),
    });
    return (await rowsOf(tx, now).where('id', '=', id).executeTakeFirst()) ?? null;
  });
}

function mustBeOpenTo(task: Task, by: string): void {
  if (task.status === 'completed') throw isDone(task);
  if (task.claimedBy !== null && task.claimedBy !== by) {
    throw new TaskStateError('claimed', `${task.claimedBy} has claimed this task`, task);
  }
}

function isDone(task: Task): TaskStateError {
  return new TaskStateError('completed', `${task.claimedBy} completed this task as ${task.outcome}`, task);
}
