/**
 * Sales tasks as reps see them.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { Stakeholder } from '../store/tables-runs.ts';

export const TASK_STATUSES = ['open', 'claimed', 'snoozed', 'completed'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export interface Task {
  readonly id: string;
  /** The person or the account that it is about. */
  readonly profileId: number;
  readonly title: string;
  readonly owner: string;
  readonly brief: string;
  /** A task whose snooze is over is what it was before. */
  readonly status: TaskStatus;
  readonly claimedBy: string | null;
  readonly snoozedUntil: Date | null;
  readonly outcome: string | null;
  readonly note: string | null;
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  /** People of the account who matter. Null: the task is about a person. */
  readonly stakeholders: readonly Stakeholder[] | null;
}

/** The last task of a page: the next page goes on after it. */
export interface TaskPlace {
  readonly dueAt: string;
  readonly id: string;
}

export interface TaskFilter {
  readonly status?: TaskStatus | undefined;
  readonly owner?: string | undefined;
  readonly profileId?: number | undefined;
  readonly after?: TaskPlace | null | undefined;
  readonly limit: number;
}

/** What is due first comes first. */
export function listTasks(
  db: Queryable,
  { status, owner, profileId, after = null, limit }: TaskFilter,
  now: Instant,
): Promise<Task[]> {
  let query = rowsOf(db, now).orderBy('due_at').orderBy('id').limit(limit);
  if (status !== undefined) query = query.where(statusAt(now), '=', status);
  if (owner !== undefined) query = query.where('owner', '=', owner);
  if (profileId !== undefined) query = query.where('profile_id', '=', profileId);
  if (after !== null) query = query.where(sql<boolean>`(due_at, id) > (${after.dueAt}::timestamptz, ${after.id})`);
  return query.execute();
}

export async function readTask(db: Queryable, id: string, now: Instant): Promise<Task | null> {
  return (await rowsOf(db, now).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** All columns, as they are at `now`. */
export function rowsOf(db: Queryable, now: Instant) {
  return db
    .selectFrom('tasks')
    .select([
      'id',
      'profile_id as profileId',
      'title',
      'owner',
      'brief',
      statusAt(now).as('status'),
      'claimed_by as claimedBy',
      sql<Date | null>`case when ${statusAt(now)} = 'snoozed' then snoozed_until end`.as('snoozedUntil'),
      'outcome',
      'note',
      'due_at as dueAt',
      'created_at as createdAt',
      'completed_at as completedAt',
      'stakeholders',
    ]);
}

function statusAt(now: Instant) {
  return sql<TaskStatus>`case
    when status <> 'snoozed' or snoozed_until > ${new Date(now)} then status
    when claimed_by is null then 'open'
    else 'claimed' end`;
}
