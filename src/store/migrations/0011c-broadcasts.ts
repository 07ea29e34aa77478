import { type Kysely, sql } from 'kysely';

/** Times of scheduled journeys. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table broadcasts (
      id bigint generated always as identity primary key,
      journey text not null,
      occurrence text not null,
      status text not null check (status in ('planned', 'running', 'paused', 'cancelled', 'done', 'missed')),
      pass_at timestamptz not null,
      since timestamptz not null,
      zones text[],
      after_id bigint not null default 0,
      turn_at timestamptz not null,
      entered integer not null default 0,
      refused integer not null default 0,
      planned_at timestamptz not null,
      unique (journey, occurrence)
    );
    create table broadcast_people (
      broadcast_id bigint not null references broadcasts on delete cascade,
      profile_id bigint not null,
      primary key (broadcast_id, profile_id)
    );
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table broadcast_people, broadcasts`.execute(db);
}
