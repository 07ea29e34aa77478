/**
 * Reading much at one instant, a little at a time.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database, Queryable } from './database.ts';

const ROWS_AT_ONCE = 1_000;
/** A reader that takes nothing for so long is given up: old rows cannot be cleaned away as long as it is there. */
const LONGEST_PAUSE = '60s';

/** Whatever is read sees the database as it is when the first item is asked for. Ends when the reader does, early too. */
export async function* inSnapshot<Item>(
  db: Database,
  read: (tx: Queryable) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, undefined> {
  const tx = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute();
  try {
    await sql`set local idle_in_transaction_session_timeout = ${sql.lit(LONGEST_PAUSE)}`.execute(tx);
    yield* read(tx);
  } finally {
    await tx
      .rollback()
      .execute()
      // The connection may be what failed.
      .catch(() => undefined);
  }
}

/**
 * The rows of a query, batch by batch, by a cursor of the database.
 * @param query without parameters, which a cursor cannot have: values by `sql.lit`
 */
export async function* batchesOf<Row>(tx: Queryable, query: RawBuilder<Row>): AsyncGenerator<Row[], void, undefined> {
  await sql`declare batches no scroll cursor for ${query}`.execute(tx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(ROWS_AT_ONCE)} from batches`.execute(tx);
    if (rows.length === 0) break;
    yield rows;
  }
  await sql`close batches`.execute(tx);
}
