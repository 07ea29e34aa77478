/**
 * Postgres as Kysely's migrator sees it: our own schema and its tables, nobody else's.
 *
 * Kysely would look at every table of the server, column by column, and fails where another program drops one meanwhile.
 * @module
 */
import {
  type DatabaseIntrospector,
  type Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  type SchemaMetadata,
  sql,
  type TableMetadata,
} from 'kysely';

export class OwnSchemaDialect extends PostgresDialect {
  readonly #schema: string;

  constructor(config: PostgresDialectConfig, schema: string) {
    super(config);
    this.#schema = schema;
  }

  override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    const getTables = () => tablesIn(this.#schema, db);
    return {
      getSchemas: () => schemasNamed(this.#schema, db),
      getTables,
      getMetadata: async () => ({ tables: await getTables() }),
    };
  }
}

async function schemasNamed(schema: string, db: Kysely<unknown>): Promise<SchemaMetadata[]> {
  const { rows } = await sql<SchemaMetadata>`
    select nspname as name from pg_catalog.pg_namespace where nspname = ${schema}
  `.execute(db);
  return rows;
}

/** By name alone: their columns are nobody's concern here. */
async function tablesIn(schema: string, db: Kysely<unknown>): Promise<TableMetadata[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_catalog.pg_tables where schemaname = ${schema} order by 1
  `.execute(db);
  return rows.map(({ name }) => ({ name, schema, isView: false, columns: [] }));
}
