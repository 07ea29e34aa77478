import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';

/** Lets `work` fill a table by the million, and makes its indexes and primary key anew afterwards, which is faster. */
export async function withoutIndexes(db: Database, table: string, work: () => Promise<unknown>): Promise<void> {
  const { rows: indexes } = await sql<{ name: string; definition: string; constraint: string | null }>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition, quote_ident(conname) as constraint
    from pg_index left join pg_constraint on conindid = indexrelid and contype = 'p'
    where indrelid = ${table}::regclass
  `.execute(db);
  const at = sql.id(table);
  for (const { name, constraint } of indexes) {
    if (constraint === null) await sql`drop index ${sql.raw(name)}`.execute(db);
    else await sql`alter table ${at} drop constraint ${sql.raw(constraint)}`.execute(db);
  }
  await work();
  for (const { name, definition, constraint } of indexes) {
    await sql.raw(definition.replace(' ON ONLY ', ' ON ')).execute(db);
    if (constraint !== null)
      await sql`alter table ${at} add constraint ${sql.raw(constraint)} primary key using index ${sql.raw(name)}`.execute(
        db,
      );
  }
}
