import { type Kysely, sql } from 'kysely';

/** Who got which variant of an experiment, and which won. Read `../tables-runs.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs
      add column held_out_everywhere boolean not null default false,
      add column exposed_at timestamptz,
      add column variants jsonb;

    create table experiment_winners (
      id bigint generated always as identity primary key,
      journey text not null,
      experiment text not null,
      variant text not null,
      by_hand boolean not null,
      figures jsonb,
      decided_at timestamptz not null,
      undone_at timestamptz
    );
    create unique index experiment_winners_in_force on experiment_winners (journey, experiment) where undone_at is null;
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table experiment_winners;
    alter table runs drop column variants, drop column exposed_at, drop column held_out_everywhere;
  `.execute(db);
}
