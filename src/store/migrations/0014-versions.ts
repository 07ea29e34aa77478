import { type Kysely, sql } from 'kysely';

/** Moving runs from version to version. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table run_migrations (
      id bigint generated always as identity primary key,
      journey text not null,
      version text references journey_versions,
      map jsonb not null,
      asked_by text not null,
      asked_at timestamptz not null,
      done_at timestamptz
    );
    create unique index run_migrations_open on run_migrations (journey) where done_at is null;

    create table migrated_runs (
      migration_id bigint not null references run_migrations on delete cascade,
      run_id text not null references runs on delete cascade,
      outcome text check (outcome in ('moved', 'stayed', 'out', 'ended')),
      at timestamptz,
      primary key (migration_id, run_id)
    );
    create index migrated_runs_waiting on migrated_runs (migration_id, run_id) where outcome is null;
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table migrated_runs, run_migrations`.execute(db);
}
