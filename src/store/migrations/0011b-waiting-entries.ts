import { type Kysely, sql } from 'kysely';

/** Entries that wait for the end of another run. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table waiting_entries (
      profile_id bigint not null,
      journey text not null,
      instance text,
      entry jsonb not null,
      since timestamptz not null
    );
    create unique index waiting_entries_one on waiting_entries (profile_id, journey, coalesce(instance, ''));
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table waiting_entries`.execute(db);
}
