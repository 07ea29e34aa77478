import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { inject } from 'vitest';
import { type Database, migrate, openDatabase } from '../../src/store/database.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly url: string;
  readonly schema: string;
  drop(): Promise<void>;
}

/** A schema of its own on the shared server, with every table. */
export async function testDatabase(): Promise<TestDatabase> {
  const url = inject('databaseUrl');
  const schema = `t_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const db = openDatabase({ url, schema, size: 6 });
  await migrate(db, schema);
  return {
    db,
    url,
    schema,
    drop: async () => {
      await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db);
      await db.destroy();
    },
  };
}
