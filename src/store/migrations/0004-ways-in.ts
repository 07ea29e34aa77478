import { type Kysely, sql } from 'kysely';

/** Imports and how far they are, facts asked of others, and until when what a profile did is history. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table profiles add column quiet_until timestamptz;

    create table imports (
      id text primary key,
      what text not null,
      file text not null,
      silent boolean not null,
      started_at timestamptz not null,
      updated_at timestamptz not null,
      finished_at timestamptz,
      bytes bigint not null default 0,
      lines bigint not null default 0,
      stored bigint not null default 0,
      reasons jsonb not null default '{}',
      rejects_bytes bigint not null default 0
    );
    create index imports_under_way on imports (started_at) where finished_at is null;

    create table enrichments (
      profile_id bigint not null,
      enrichment text not null,
      wanted boolean not null default true,
      due_at timestamptz,
      status text not null default 'waiting' check (status in ('waiting', 'done', 'not-found', 'failing', 'failed')),
      attempts integer not null default 0,
      url text,
      fetched_at timestamptz,
      problem text,
      answer jsonb,
      cache jsonb not null default '{}',
      primary key (profile_id, enrichment)
    );
    create index enrichments_due on enrichments (due_at) where wanted and due_at is not null;
    create index enrichments_listed on enrichments (enrichment, profile_id);
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table enrichments, imports;
    alter table profiles drop column quiet_until;
  `.execute(db);
}
