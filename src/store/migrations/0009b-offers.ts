import { type Kysely, sql } from 'kysely';

/** What runs offer, and what is left of limited offers. Read `../tables-runs.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table messages add column offer text;

    create table offer_grants (
      run_id text not null references runs on delete cascade,
      step text not null,
      visit integer not null,
      offer text not null,
      value double precision not null,
      propensity double precision not null,
      at timestamptz not null,
      primary key (run_id, step, visit)
    );

    create table offer_stock (
      offer text not null,
      shard smallint not null,
      taken integer not null,
      room integer not null,
      publication_id bigint not null,
      primary key (offer, shard)
    );
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table offer_stock, offer_grants;
    alter table messages drop column offer;
  `.execute(db);
}
