/**
 * One run from one version of its journey to another, or out of it: all of it under the lock on its person.
 *
 * A run with a message on its way is left alone until that is settled. What the workflow waits for may be another thing
 * afterwards: it is woken by the outbox where it would come too late, and looks anew.
 * @module
 */
import { sql } from 'kysely';
import type { StepId } from '../core/journey.ts';
import { awaitsTheSame, destinationOf, relocated, type StepMap } from '../core/migration.ts';
import type { LogEntry } from '../core/run.ts';
import type { Clock, Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { Run } from './enter.ts';
import { logRuns, tellTemporal } from './run-rows.ts';
import { type LockedRun, type RunState, readState } from './run-state.ts';
import type { SettingsShelf, VersionShelf } from './version-shelf.ts';
import { tellWaiting } from './waiting-entries.ts';
import { type Told, watch } from './watch.ts';

/** Where people of one journey go. */
export interface Migration {
  readonly journey: string;
  /** The hash of the version to go to; null: there is none, the journey is taken out. */
  readonly version: string | null;
  readonly map: StepMap;
}

export interface Migrating {
  readonly versions: VersionShelf;
  readonly settings: Pick<SettingsShelf, 'load' | 'offers'>;
  readonly clock: Clock;
}

/** Where one run goes. */
export type Fate =
  | { readonly kind: 'moves'; readonly to: StepId | null; readonly state: RunState }
  /** By the map; or because it does not say. */
  | { readonly kind: 'stays' }
  | { readonly kind: 'stranded' }
  | { readonly kind: 'out' }
  /** Of a message that is on its way: it is looked at again once that is settled. */
  | { readonly kind: 'later' }
  | { readonly kind: 'there' };

export const TAKEN_OUT = 'taken out when the journey changed';

/** @returns with the run as it would stand in the new version, where it moves */
export async function fateOf(
  tx: Queryable,
  locked: LockedRun,
  { version, map }: Migration,
  migrating: Migrating,
  now: Instant,
): Promise<Fate> {
  const { row } = locked;
  const { cursor } = row;
  if (row.status !== 'active' || row.version === version) return { kind: 'there' };
  if (cursor.phase === 'delivering') return { kind: 'later' };
  const { journey: before } = await migrating.versions.load(tx, row.version);
  const after = version === null ? null : (await migrating.versions.load(tx, version)).journey;
  if (after !== null && after.of !== before.of) return { kind: 'stranded' };
  const destination = destinationOf(cursor.step, before, after, map);
  if (destination === null) return { kind: 'stranded' };
  if (destination === 'out') return { kind: 'out' };
  if (destination === 'stay' || version === null || after === null) return { kind: 'stays' };

  const { to } = destination;
  const keepsWoken = awaitsTheSame(before.steps[cursor.step ?? ''], after.steps[to ?? '']);
  const moved: LockedRun = {
    ...locked,
    row: {
      ...row,
      version,
      cursor: relocated(cursor, after, to, row.entered_at.getTime(), now),
      woken_at: keepsWoken ? row.woken_at : null,
    },
  };
  return { kind: 'moves', to, state: await readState(tx, moved, migrating, now, 'with what ends it') };
}

/** What became of a run; null: nothing yet. */
export type MigratedAs = 'moved' | 'stayed' | 'out' | 'ended' | null;

/** Does with a locked run what {@link fateOf} says. Doing it again changes nothing. */
export async function migrateRun(
  tx: Queryable,
  locked: LockedRun,
  migration: Migration,
  migrating: Migrating,
): Promise<MigratedAs> {
  const now = migrating.clock.now();
  const fate = await fateOf(tx, locked, migration, migrating, now);
  switch (fate.kind) {
    case 'moves':
      await move(tx, locked, fate.state, now);
      return 'moved';
    case 'out':
      await takeOut(tx, locked, now);
      return 'out';
    case 'stays':
    case 'stranded':
      return 'stayed';
    case 'later':
      return null;
    case 'there':
      return locked.row.status === 'active' ? 'moved' : 'ended';
  }
}

async function move(tx: Queryable, { id, row }: LockedRun, state: RunState, now: Instant): Promise<void> {
  const { journey } = state.version;
  const run: Run = {
    id,
    journey: state.journey,
    instance: null,
    version: row.version,
    person: state.person,
    visit: 0,
    heldOut: state.heldOut,
    enteredAt: state.enteredAt,
    entry: state.entry,
    status: 'active',
    endedAt: null,
    endReason: null,
    cursor: state.cursor,
    wokenAt: state.wokenAt,
    dueAt: null,
  };
  const told = notBefore(now, run, watch(run, journey, state.facts, now));
  await sql`
    update runs set version = ${state.version.hash}, entered_version = coalesce(entered_version, version), cursor = ${JSON.stringify(run.cursor)}::jsonb, status = ${run.status},
      ended_at = ${dateOf(run.endedAt)}, end_reason = ${run.endReason}, woken_at = ${dateOf(run.wokenAt)}, due_at = ${dateOf(run.dueAt)}
    where id = ${id}
  `.execute(tx);
  await logRuns(
    tx,
    logOf(row.cursor, state, told, now).map((entry) => ({ runId: id, entry })),
    now,
  );
  if (told?.kind === 'end') {
    await tellTemporal(tx, [{ run_id: id, kind: 'end', body: { outcome: run.status } }]);
    await tellWaiting(tx, [row.profile_id], now);
  } else if (told !== null || comesEarlier(row.cursor, run.cursor)) {
    // In its first wait, the workflow may not have begun.
    const startAt = run.cursor.phase === 'waiting' && told === null ? run.cursor.until : now;
    const body = row.cursor.visit === 0 ? { startAt } : {};
    await tellTemporal(tx, [{ run_id: id, kind: 'wake', body }]);
  }
}

/** Whoever is beyond the new version's time limit already is out of time now, not back then. */
function notBefore(now: Instant, run: Run, told: Told): Told {
  if (told?.kind !== 'end') return told;
  run.endedAt = Math.max(now, told.log.at);
  return { kind: 'end', log: { ...told.log, at: run.endedAt } };
}

function logOf(before: RunState['cursor'], { cursor, version }: RunState, told: Told, now: Instant): LogEntry[] {
  const { step, visit } = before;
  const moved: LogEntry = {
    ...{ step, visit, kind: 'run', at: now, did: 'migrated' },
    ...{ version: version.hash, to: cursor.step },
  };
  if (told?.kind === 'end') return [moved, told.log];
  const goesOn = before.phase === 'waiting' && cursor.phase === 'waiting' && before.until === cursor.until;
  const kind = version.journey.steps[cursor.step ?? '']?.kind;
  if (cursor.phase !== 'waiting' || kind === undefined || (goesOn && before.step === cursor.step)) return [moved];
  const { until } = cursor;
  return [moved, { step: cursor.step, visit: cursor.visit, kind, at: now, did: 'waiting', until }];
}

/** A timer that rings too early finds that there is nothing to do yet; one that would ring too late has to be told. */
function comesEarlier(before: RunState['cursor'], after: RunState['cursor']): boolean {
  if (before.phase !== 'waiting') return false;
  return after.phase !== 'waiting' || after.until < before.until;
}

async function takeOut(tx: Queryable, { id, row }: LockedRun, now: Instant): Promise<void> {
  await sql`
    update runs set status = 'exited', ended_at = ${new Date(now)}, end_reason = ${TAKEN_OUT}, due_at = null where id = ${id}
  `.execute(tx);
  const { step, visit } = row.cursor;
  const ended: LogEntry = {
    ...{ step, visit, kind: 'run', at: now, did: 'ended' },
    ...{ outcome: 'exited', reason: TAKEN_OUT },
  };
  await logRuns(tx, [{ runId: id, entry: ended }], now);
  await tellTemporal(tx, [{ run_id: id, kind: 'end', body: { outcome: 'exited' } }]);
  await tellWaiting(tx, [row.profile_id], now);
}

function dateOf(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}
