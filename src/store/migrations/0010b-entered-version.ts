import { type Kysely, sql } from 'kysely';

/** By which version a run was entered that was moved to another. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column entered_version text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs drop column entered_version`.execute(db);
}
