import { type Kysely, sql } from 'kysely';

/** What other systems are still to be told. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sync_deliveries (
      seq bigint generated always as identity primary key,
      sync text not null,
      profile_id bigint not null,
      change_id bigint,
      type text not null check (type in ('entered', 'left')),
      at timestamptz not null,
      body jsonb not null,
      queued_at timestamptz not null,
      status text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
      round integer not null default 0,
      attempts integer not null default 0,
      first_tried_at timestamptz,
      done_at timestamptz,
      error text
    );
    create unique index sync_deliveries_change on sync_deliveries (sync, change_id);
    create index sync_deliveries_person on sync_deliveries (sync, profile_id, seq);
    create index sync_deliveries_waiting on sync_deliveries (sync, profile_id, seq) where status = 'waiting';
    create index sync_deliveries_failed on sync_deliveries (sync, seq) where status = 'failed';
    create index sync_deliveries_done on sync_deliveries (done_at) where status <> 'waiting';

    create table sync_lanes (
      sync text not null,
      profile_id bigint not null,
      due_at timestamptz not null,
      leased boolean not null default false,
      primary key (sync, profile_id)
    );
    create index sync_lanes_due on sync_lanes (sync, due_at);

    create table syncs (
      key text primary key,
      next_call_at double precision not null default 0,
      delivered bigint not null default 0,
      last_error text,
      last_error_at timestamptz,
      stopped_url text,
      stopped_at timestamptz,
      stopped_because text,
      removed_at timestamptz
    );
  `.execute(db);
}
