import { type Kysely, sql } from 'kysely';

/** Events that violate the tracking plan: kept with what is wrong with them, and counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table held_events
      add column event text,
      add column held_at timestamptz,
      add column counted boolean not null default false,
      add column violations jsonb,
      add column publication_id bigint references publications,
      add column discarded_at timestamptz,
      add column discarded_because text;
    update held_events set event = body->>'name', held_at = received_at;
    alter table held_events alter column event set not null, alter column held_at set not null;
    create index held_events_event on held_events (event, id);

    create table plan_events (
      event text not null,
      lane smallint not null,
      seen bigint not null default 0,
      passed bigint not null default 0,
      held bigint not null default 0,
      released bigint not null default 0,
      discarded bigint not null default 0,
      first_seen timestamptz,
      last_seen timestamptz,
      primary key (event, lane)
    );

    create table plan_violations (
      event text not null,
      field text not null,
      kind text not null,
      lane smallint not null,
      passed bigint not null,
      held bigint not null,
      first_seen timestamptz not null,
      last_seen timestamptz not null,
      sample jsonb not null,
      primary key (event, field, kind, lane)
    );
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table plan_violations, plan_events;
    alter table held_events drop column event, drop column held_at, drop column counted, drop column violations,
      drop column publication_id, drop column discarded_at, drop column discarded_because;
  `.execute(db);
}
