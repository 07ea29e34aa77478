import { type Kysely, sql } from 'kysely';

/** How many entered a journey on a day. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table entry_counts (
      journey text not null,
      day text not null,
      entered integer not null,
      primary key (journey, day)
    )
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table entry_counts`.execute(db);
}
