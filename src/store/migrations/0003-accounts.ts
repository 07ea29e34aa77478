import { type Kysely, sql } from 'kysely';

/**
 * Events by the account they were done in, what the inbox tells of an account's traits, and the oldest event that waits.
 * Accounts of before then had no audiences, so that nothing is left to be filled for them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events add column account_id bigint;
    create index events_account on events (account_id, name, occurred_at) where account_id is not null;

    alter table inbox add column account_id bigint;
    create index inbox_account on inbox (account_id, id) where account_id is not null;
    create index inbox_oldest on inbox (occurred_at) where body -> 'silent' is null;
    create index inbox_imported on inbox (received_at) where body -> 'silent' is not null;

    update profiles set filled_to = (select coalesce(max(id), 0) from publications) where kind = 'account';
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop index inbox_imported, inbox_oldest, inbox_account, events_account;
    alter table inbox drop column account_id;
    alter table events drop column account_id;
  `.execute(db);
}
