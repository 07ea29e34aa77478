import { type Kysely, sql } from 'kysely';

/** What people do not want is no longer of categories and for ever only. Read `../tables-runs.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table suppressions rename column category to what;
    alter table suppressions add column until timestamptz;
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    delete from suppressions where until is not null or what like '%:%';
    alter table suppressions drop column until;
    alter table suppressions rename column what to category;
  `.execute(db);
}
