import { type Kysely, sql } from 'kysely';

/** Journeys of accounts: whose account a message was sent for, why its receiver was chosen, and whom a task names. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table messages add column account_id bigint, add column chosen jsonb, add column origin_id bigint;
    create index messages_account on messages (account_id, reserved_at) where account_id is not null;

    alter table tasks add column stakeholders jsonb;
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tasks drop column stakeholders;
    drop index messages_account;
    alter table messages drop column origin_id, drop column chosen, drop column account_id;
  `.execute(db);
}
