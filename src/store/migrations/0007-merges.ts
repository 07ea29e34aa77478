import { type Kysely, sql } from 'kysely';

/**
 * What a merge joined, kept so that it can be undone. Read `../tables.ts` for what the columns mean. Columns that name
 * profiles behind a person refer to nothing: checking that would lock rows out of order.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events add column origin_id bigint;
    alter table identities add column origin_id bigint;
    alter table runs add column origin_id bigint, add column merged_into text;
    create index runs_merged_into on runs (merged_into) where merged_into is not null;
    create index profiles_merged_into on profiles (merged_into) where merged_into is not null;

    create table merges (
      id bigint generated always as identity primary key,
      from_id bigint not null references profiles,
      into_id bigint not null references profiles,
      from_named bigint not null,
      into_named bigint not null,
      message_id text not null,
      at timestamptz not null,
      recorded_at timestamptz not null,
      before jsonb not null,
      moved jsonb not null,
      undone_at timestamptz,
      rejoined_at timestamptz
    );
    create index merges_from on merges (from_id);
    create index merges_into on merges (into_id);
    create index merges_undone on merges (from_named) where undone_at is not null;

    create table said_since_merge (
      id bigint generated always as identity primary key,
      profile_id bigint not null,
      after_merge bigint not null,
      at timestamptz not null,
      traits jsonb,
      account_id bigint
    );
    create index said_since_merge_profile on said_since_merge (profile_id);
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table said_since_merge, merges;
    drop index profiles_merged_into, runs_merged_into;
    alter table runs drop column merged_into, drop column origin_id;
    alter table identities drop column origin_id;
    alter table events drop column origin_id;
  `.execute(db);
}
