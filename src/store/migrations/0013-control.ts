import { type Kysely, sql } from 'kysely';

/**
 * Journeys paused and stopped, runs held by that, and who did what by hand. Read `../tables-control.ts` for what the columns
 * mean. A journey without a row in `journey_controls` is as its definition says.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table audit (
      id bigint generated always as identity primary key,
      at timestamptz not null,
      who text not null,
      did text not null,
      journey text,
      run_id text,
      reason text,
      detail jsonb not null
    );
    create index audit_journey on audit (journey, id);
    create index audit_run on audit (run_id, id) where run_id is not null;

    create table journey_controls (
      journey text primary key,
      state text not null check (state in ('published', 'paused', 'stopped')),
      refuses boolean not null,
      ends boolean not null,
      since timestamptz not null,
      who text not null,
      reason text not null
    );

    create table held_runs (
      run_id text primary key references runs on delete cascade,
      visit integer not null,
      due_at timestamptz not null,
      asleep boolean not null,
      release_at timestamptz,
      stale boolean not null default false
    );
    create index held_runs_release on held_runs (release_at) where asleep and release_at is not null;

    create index runs_active on runs (journey, id) where status = 'active';

    -- Why nobody enters these journeys now: as of when it is called, not as of when its statement began.
    create function closed_journeys() returns jsonb
    language plpgsql volatile as $$
    begin
      return (select jsonb_object_agg(journey, 'the journey is ' || state) from journey_controls where refuses);
    end $$;
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop function closed_journeys;
    drop index runs_active;
    drop table held_runs, journey_controls, audit;
  `.execute(db);
}
