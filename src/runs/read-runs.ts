/**
 * Where runs stand and what they did, for people to look at.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Cursor, LogEntry, Outcome } from '../core/run.ts';
import type { Queryable } from '../store/database.ts';
import type { StoredVariant } from '../store/tables-runs.ts';

export type RunStatus = 'active' | Outcome;

export const RUN_STATUSES = [
  'active',
  'converted',
  'exited',
  'timed-out',
  'completed',
  'merged',
] as const satisfies RunStatus[];

export interface ReadRun {
  readonly id: string;
  readonly journey: string;
  readonly instance: string | null;
  /** The hash of the journey's definition that the run follows. */
  readonly version: string;
  readonly profileId: number;
  readonly visit: number;
  readonly heldOut: boolean;
  /** Held out of every journey. */
  readonly heldOutEverywhere: boolean;
  /** What the person got in experiments, by their names; null: the run came to none. */
  readonly variants: Readonly<Record<string, StoredVariant>> | null;
  readonly status: RunStatus;
  readonly enteredAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: string | null;
  readonly entry: JsonObject;
  readonly cursor: Cursor;
}

/** The last run of a page: the next page goes on after it. */
export interface RunPlace {
  readonly enteredAt: string;
  readonly id: string;
}

export interface RunFilter {
  readonly journey?: string | undefined;
  readonly profileId?: number | undefined;
  readonly status?: RunStatus | undefined;
  readonly after?: RunPlace | null | undefined;
  readonly limit: number;
}

/** Newest first. */
export function readRuns(
  db: Queryable,
  { journey, profileId, status, after = null, limit }: RunFilter,
): Promise<ReadRun[]> {
  let query = db
    .selectFrom('runs')
    .select([
      'id',
      'journey',
      'instance',
      'version',
      'profile_id as profileId',
      'visit',
      'held_out as heldOut',
      'held_out_everywhere as heldOutEverywhere',
      'variants',
      'status',
      'entered_at as enteredAt',
      'ended_at as endedAt',
      'end_reason as endReason',
      'entry',
      'cursor',
    ])
    .orderBy('entered_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (journey !== undefined) query = query.where('journey', '=', journey);
  if (profileId !== undefined) query = query.where('profile_id', '=', profileId);
  if (status !== undefined) query = query.where('status', '=', status);
  if (after !== null)
    query = query.where(sql<boolean>`(entered_at, id) < (${after.enteredAt}::timestamptz, ${after.id})`);
  return query.execute();
}

/** Runs of each journey by how they stand: `journey`, then status, then count. */
export async function countRuns(db: Queryable): Promise<Map<string, Partial<Record<RunStatus, number>>>> {
  const rows = await db
    .selectFrom('runs')
    .select(({ fn }) => ['journey', 'status', fn.countAll<number>().as('count')])
    .groupBy(['journey', 'status'])
    .orderBy('journey')
    .execute();
  const counts = new Map<string, Partial<Record<RunStatus, number>>>();
  for (const { journey, status, count } of rows) counts.set(journey, { ...counts.get(journey), [status]: count });
  return counts;
}

export interface ReadLogEntry {
  readonly id: number;
  readonly recordedAt: Date;
  readonly entry: LogEntry;
}

/** What the run did, oldest first; null where there is no such run. */
export async function readRunLog(
  db: Queryable,
  runId: string,
  after: number | null,
  limit: number,
): Promise<ReadLogEntry[] | null> {
  const run = await db.selectFrom('runs').select('id').where('id', '=', runId).executeTakeFirst();
  if (run === undefined) return null;
  return db
    .selectFrom('run_log')
    .select(['id', 'recorded_at as recordedAt', 'entry'])
    .where('run_id', '=', runId)
    .where('id', '>', after ?? 0)
    .orderBy('id')
    .limit(limit)
    .execute();
}
