/**
 * Runs as they are stored, their log, and the outbox that tells Temporal about them.
 * @module
 */
import { sql } from 'kysely';
import type { DeliveryAhead } from '../core/ahead.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Cursor, LogEntry } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { announcement } from '../store/notify.ts';
import { type Run, type RunsOfProfile, runKey } from './enter.ts';
import { type Urgency, USUAL } from './urgency.ts';

/** Instances whose runs may be entered now; `all` where that cannot be told before. */
export type Instances = readonly string[] | 'all';

/**
 * Each profile's last run of every journey it was in: the active one, else the latest. Where a journey has several side by
 * side: that of every instance which is under way or named.
 */
export async function loadLastRuns(
  db: Queryable,
  profileIds: readonly number[],
  instances: Instances = [],
): Promise<Map<number, RunsOfProfile>> {
  const runs = new Map<number, RunsOfProfile>(profileIds.map((id) => [id, new Map()]));
  if (profileIds.length === 0) return runs;
  const named = instances === 'all' ? sql`true` : sql`instance = any(${instances})`;
  // The last run of any instance says on which side of the hold-out the person is.
  const lastOfAny = sql`union all (
    select distinct on (profile_id, journey) * from runs where profile_id = any(${profileIds}) and instance is not null
    order by profile_id, journey, entered_at desc)`;
  const { rows } = await sql<{
    id: string;
    journey: string;
    instance: string | null;
    version: string;
    profile_id: number;
    person: string;
    visit: number;
    held_out: boolean;
    held_out_everywhere: boolean;
    entered_at: Date;
    entry: JsonObject;
    status: Run['status'];
    ended_at: Date | null;
    end_reason: string | null;
    cursor: Cursor;
    woken_at: Date | null;
    due_at: Date | null;
  }>`
    (select distinct on (profile_id, journey, instance) * from runs
    where profile_id = any(${profileIds}) and (instance is null or status = 'active' or ${named})
    order by profile_id, journey, instance, (status = 'active') desc, visit desc) ${instances.length > 0 ? lastOfAny : sql``}
  `.execute(db);
  for (const row of rows) {
    const ofPerson = runs.get(row.profile_id);
    const key = runKey(row);
    if (ofPerson === undefined || ofPerson.has(key)) continue;
    ofPerson.set(key, {
      id: row.id,
      journey: row.journey,
      instance: row.instance,
      version: row.version,
      person: row.person,
      visit: row.visit,
      heldOut: row.held_out,
      heldOutEverywhere: row.held_out_everywhere,
      enteredAt: row.entered_at.getTime(),
      entry: row.entry,
      status: row.status,
      endedAt: row.ended_at?.getTime() ?? null,
      endReason: row.end_reason,
      cursor: row.cursor,
      wokenAt: row.woken_at?.getTime() ?? null,
      dueAt: row.due_at?.getTime() ?? null,
    });
  }
  return runs;
}

/** What one batch did to runs. */
export interface RunChanges {
  readonly entered: {
    readonly profileId: number;
    readonly run: Run;
    readonly log: readonly LogEntry[];
    /** What comes first, where that is certain. */
    readonly first: DeliveryAhead | null;
    readonly urgency: Urgency;
  }[];
  readonly watched: Set<Run>;
  readonly ended: { readonly run: Run; readonly log: LogEntry }[];
  readonly woken: Run[];
  readonly refused: {
    readonly profileId: number;
    readonly journey: string;
    /** Which of the runs side by side it would have been. */
    readonly instance: string | null;
    readonly at: Instant;
    readonly reason: string;
  }[];
}

export function noRunChanges(): RunChanges {
  return { entered: [], watched: new Set(), ended: [], woken: [], refused: [] };
}

/** Stores the changes, their log and what Temporal is to be told, each in one statement. */
export async function saveRunChanges(
  db: Queryable,
  { entered, watched, ended, woken, refused }: RunChanges,
  now: Instant,
): Promise<void> {
  await insertRuns(db, entered);
  await updateWatched(
    db,
    [...watched].filter((run) => !entered.some((one) => one.run === run)),
  );
  await logRuns(
    db,
    [
      ...entered.flatMap(({ run, log }) => log.map((entry) => ({ runId: run.id, entry }))),
      ...ended.map(({ run, log }) => ({ runId: run.id, entry: log })),
    ],
    now,
  );
  await insertRefused(db, refused);
  await tellTemporal(db, [
    ...entered.map(({ run, first, urgency }) => ({
      run_id: run.id,
      kind: 'start',
      body: {
        startAt: run.cursor.phase === 'waiting' ? run.cursor.until : null,
        ...(first !== null && { first }),
        ...(urgency !== USUAL && { urgency }),
      },
    })),
    ...ended.map(({ run, log }) => ({
      run_id: run.id,
      kind: 'end',
      body: { outcome: log.did === 'ended' ? log.outcome : run.status },
    })),
    ...woken.map((run) => ({ run_id: run.id, kind: 'wake', body: {} })),
  ]);
}

export async function logRuns(
  db: Queryable,
  entries: readonly { runId: string; entry: LogEntry }[],
  now: Instant,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ runId, entry }) => ({
    run_id: runId,
    step: entry.step,
    kind: entry.kind,
    visit: entry.visit,
    at: new Date(entry.at),
    entry,
  }));
  await sql`
    insert into run_log (run_id, step, kind, visit, at, recorded_at, entry)
    select run_id, step, kind, visit, at, ${new Date(now)}, entry
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (run_id text, step text, kind text, visit integer, at timestamptz, entry jsonb)
  `.execute(db);
}

async function insertRuns(db: Queryable, entered: RunChanges['entered']): Promise<void> {
  if (entered.length === 0) return;
  const rows = entered.map(({ profileId, run }) => ({
    id: run.id,
    journey: run.journey,
    instance: run.instance,
    version: run.version,
    profile_id: profileId,
    person: run.person,
    visit: run.visit,
    held_out: run.heldOut,
    held_out_everywhere: run.heldOutEverywhere ?? false,
    entered_at: new Date(run.enteredAt),
    entry: run.entry,
    ...watchedColumns(run),
  }));
  await sql`
    insert into runs (id, journey, instance, version, profile_id, person, visit, held_out, held_out_everywhere, entered_at, entry, status,
      ended_at, end_reason, cursor, woken_at, due_at)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (
      id text, journey text, instance text, version text, profile_id bigint, person text, visit integer, held_out boolean, held_out_everywhere boolean,
      entered_at timestamptz, entry jsonb, status text, ended_at timestamptz, end_reason text, cursor jsonb, woken_at timestamptz, due_at timestamptz)
  `.execute(db);
}

async function updateWatched(db: Queryable, runs: readonly Run[]): Promise<void> {
  if (runs.length === 0) return;
  const rows = runs.map((run) => ({ id: run.id, ...watchedColumns(run) }));
  await sql`
    update runs set status = row.status, ended_at = row.ended_at, end_reason = row.end_reason, woken_at = row.woken_at, due_at = row.due_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id text, status text, ended_at timestamptz, end_reason text, woken_at timestamptz, due_at timestamptz)
    where runs.id = row.id
  `.execute(db);
}

function watchedColumns({ status, endedAt, endReason, cursor, wokenAt, dueAt }: Run) {
  return {
    status,
    ended_at: dateOrNull(endedAt),
    end_reason: endReason,
    cursor,
    woken_at: dateOrNull(wokenAt),
    due_at: dateOrNull(dueAt),
  };
}

async function insertRefused(db: Queryable, refused: RunChanges['refused']): Promise<void> {
  if (refused.length === 0) return;
  await db
    .insertInto('entry_refusals')
    .values(
      refused.map(({ profileId, journey, instance, at, reason }) => ({
        profile_id: profileId,
        journey,
        instance,
        at: new Date(at),
        reason,
      })),
    )
    .execute();
}

/** Puts rows into the outbox, in order. */
export async function tellTemporal(
  db: Queryable,
  rows: readonly { run_id: string; kind: string; body: object }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    with told as (
      insert into outbox (run_id, kind, body)
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (run_id text, kind text, body jsonb)
    )
    select ${announcement('outbox')}
  `.execute(db);
}

function dateOrNull(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}
