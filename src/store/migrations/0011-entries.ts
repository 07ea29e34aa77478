import { type Kysely, sql } from 'kysely';

/** Several runs of one journey for one person, side by side. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs add column instance text;
    alter table runs drop constraint runs_journey_profile_id_visit_key;
    create unique index runs_visit on runs (journey, profile_id, coalesce(instance, ''), visit);
    alter table entry_refusals add column instance text;
    create index entry_refusals_journey on entry_refusals (journey, id);
    create index entry_refusals_profile on entry_refusals (profile_id, id);
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop index entry_refusals_profile, entry_refusals_journey, runs_visit;
    alter table entry_refusals drop column instance;
    alter table runs drop column instance, add unique (journey, profile_id, visit);
  `.execute(db);
}
