/**
 * Migrations as they are stored: what was asked, how far it has come, and the work of it. Whoever has the role
 * `processor` works on them, so that one whose beginner died goes on.
 * @module
 */
import { sql } from 'kysely';
import type { StepMap } from '../core/migration.ts';
import { audit, type ByWhom } from '../store/audit.ts';
import { jsonb } from '../store/columns.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type MigratedAs, type Migrating, type Migration, migrateRun } from './migrate-run.ts';
import { lockRun } from './run-state.ts';

export interface AskedMigration extends Migration, ByWhom {}

export interface StoredMigration {
  readonly id: number;
  readonly journey: string;
  readonly version: string | null;
  readonly map: StepMap;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly doneAt: Date | null;
  /** People it concerns. */
  readonly people: number;
  readonly moved: number;
  readonly stayed: number;
  readonly out: number;
  /** By themselves, before it was their turn. */
  readonly ended: number;
  /** Still to be looked at: most of them have a message on its way. */
  readonly left: number;
}

/** Another migration of this journey is under way. */
export class MigrationUnderWayError extends Error {
  override readonly name = 'MigrationUnderWayError';

  constructor(readonly migration: StoredMigration) {
    const { id, journey, left } = migration;
    super(`People of \`${journey}\` are being moved already: migration ${id} has ${left} of them left`);
  }
}

/**
 * Stores what is to be done, with everybody it concerns. The work is {@link workMigrations}'s.
 * @throws {MigrationUnderWayError}
 */
export async function askMigration(
  db: Database,
  { journey, version, map, ...who }: AskedMigration,
  now: Date,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: number }>`
      insert into run_migrations (journey, version, map, asked_by, asked_at)
      values (${journey}, ${version}, ${jsonb(map)}::jsonb, ${who.by}, ${now})
      on conflict (journey) where done_at is null do nothing returning id
    `.execute(tx);
    const id = rows[0]?.id;
    if (id !== undefined) {
      const people = await addRuns(tx, { id, journey, version });
      const detail = { migration: id, version, people };
      await audit(tx, who, { did: 'migrated', journey, detail }, now.getTime());
      return id;
    }
    const open = (await readMigrations(tx, journey, null, 1))[0];
    if (open === undefined) throw new Error(`No migration of ${journey} can be stored, and none is under way`);
    throw new MigrationUnderWayError(open);
  });
}

/** Runs of older versions that it does not have yet: somebody may have entered by one just then. */
async function addRuns(
  tx: Queryable,
  { id, journey, version }: Pick<StoredMigration, 'id' | 'journey' | 'version'>,
): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into migrated_runs (migration_id, run_id)
    select ${id}, id from runs where journey = ${journey} and status = 'active' and version is distinct from ${version}
    on conflict do nothing
  `.execute(tx);
  return Number(numAffectedRows ?? 0);
}

const BATCH = 50;
/** Transactions side by side. */
const AT_ONCE = 4;

/** Does the next part of every migration that is under way, and says how many runs that were. */
export async function workMigrations(db: Database, migrating: Migrating): Promise<number> {
  const open = await db
    .selectFrom('run_migrations')
    .select(['id', 'journey', 'version', 'map'])
    .where('done_at', 'is', null)
    .orderBy('id')
    .execute();
  let worked = 0;
  for (const migration of open) {
    const parts = await Promise.all(Array.from({ length: AT_ONCE }, () => workOn(db, migration, migrating)));
    worked += parts.reduce((sum, part) => sum + part.worked, 0);
    if (parts.every(({ isThrough }) => isThrough)) await finish(db, migration, migrating);
  }
  return worked;
}

/** One run after the other, as long as there are some that nobody else is at work on. */
async function workOn(
  db: Database,
  migration: Migration & { readonly id: number },
  migrating: Migrating,
): Promise<{ readonly worked: number; readonly isThrough: boolean }> {
  let worked = 0;
  let last: Next | null = { run: '', outcome: null };
  while (last !== null && worked < BATCH) {
    last = await migrateNext(db, migration, last.run, migrating);
    if (last?.outcome) worked += 1;
  }
  return { worked, isThrough: last === null };
}

interface Next {
  readonly run: string;
  readonly outcome: MigratedAs;
}

/** The next run nobody else is at work on, in a transaction of its own. */
async function migrateNext(
  db: Database,
  migration: Migration & { readonly id: number },
  after: string,
  migrating: Migrating,
): Promise<Next | null> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ run_id: string }>`
      select run_id from migrated_runs where migration_id = ${migration.id} and outcome is null and run_id > ${after}
      order by run_id limit 1 for update skip locked
    `.execute(tx);
    const run = rows[0]?.run_id;
    if (run === undefined) return null;
    const outcome = await migrateRun(tx, await lockRun(tx, run), migration, migrating);
    if (outcome !== null)
      await tx
        .updateTable('migrated_runs')
        .set({ outcome, at: new Date(migrating.clock.now()) })
        .where('migration_id', '=', migration.id)
        .where('run_id', '=', run)
        .execute();
    return { run, outcome };
  });
}

async function finish(
  db: Database,
  migration: Pick<StoredMigration, 'id' | 'journey' | 'version'>,
  { clock }: Migrating,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if ((await addRuns(tx, migration)) > 0) return;
    await sql`
      update run_migrations set done_at = ${new Date(clock.now())}
      where id = ${migration.id} and done_at is null
        and not exists (select from migrated_runs where migration_id = ${migration.id} and outcome is null)
    `.execute(tx);
  });
}

/** Newest first; of one journey, if it is named. */
export async function readMigrations(
  db: Queryable,
  journey: string | undefined,
  before: number | null,
  limit: number,
): Promise<StoredMigration[]> {
  const { rows } = await sql<StoredMigration>`
    select m.id, m.journey, m.version, m.map, m.asked_by as "askedBy", m.asked_at as "askedAt", m.done_at as "doneAt", fates.*
    from run_migrations m, lateral (
      select count(*) as people, count(*) filter (where outcome = 'moved') as moved, count(*) filter (where outcome = 'stayed') as stayed,
        count(*) filter (where outcome = 'out') as out, count(*) filter (where outcome = 'ended') as ended,
        count(*) filter (where outcome is null) as left
      from migrated_runs where migration_id = m.id
    ) as fates
    where (${journey ?? null}::text is null or m.journey = ${journey ?? null}) and (${before}::bigint is null or m.id < ${before})
    order by m.id desc limit ${limit}
  `.execute(db);
  return rows;
}
