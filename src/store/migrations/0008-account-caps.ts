import { type Kysely, sql } from 'kysely';

/** Messages know the account that their person was in, so that caps of accounts count them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table messages add column in_account bigint;
    create index messages_in_account on messages (in_account, reserved_at) where in_account is not null;
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index messages_in_account; alter table messages drop column in_account`.execute(db);
}
