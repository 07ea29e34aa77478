/**
 * One run from one version of its journey to another, or out of it: all of it under the lock on its person.
 *
 * A run with a message on its way is left alone until that is settled.
 * @module
 */
import type { StepId } from '../core/journey.ts';
import { awaitsTheSame, destinationOf, relocated, type StepMap } from '../core/migration.ts';
import type { LogEntry } from '../core/run.ts';
import type { Clock, Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { relocate, takeOut } from './relocate.ts';
import { type LockedRun, type RunState, readState } from './run-state.ts';
import type { SettingsShelf, VersionShelf } from './version-shelf.ts';

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
      await relocate(tx, locked, fate.state, saidOf(locked, fate.state, now), now);
      return 'moved';
    case 'out':
      await takeOut(tx, locked, TAKEN_OUT, now);
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

function saidOf({ row }: LockedRun, { cursor, version }: RunState, now: Instant): LogEntry {
  const { step, visit } = row.cursor;
  return { step, visit, kind: 'run', at: now, did: 'migrated', version: version.hash, to: cursor.step };
}
