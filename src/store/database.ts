/**
 * One Postgres, one dialect: the connection pool and the migrations.
 * @module
 */
import { Kysely, Migrator, sql, type Transaction } from 'kysely';
import pg from 'pg';
import * as backbone from './migrations/0001-backbone.ts';
import * as setQuestions from './migrations/0002-set-questions.ts';
import * as accounts from './migrations/0003-accounts.ts';
import * as waysIn from './migrations/0004-ways-in.ts';
import * as syncs from './migrations/0005-sync.ts';
import * as trackingPlan from './migrations/0006-tracking-plan.ts';
import * as merges from './migrations/0007-merges.ts';
import * as accountCaps from './migrations/0008-account-caps.ts';
import * as wishesAndOffers from './migrations/0009-wishes-and-offers.ts';
import * as offers from './migrations/0009b-offers.ts';
import * as experiments from './migrations/0010-experiments.ts';
import * as enteredVersion from './migrations/0010b-entered-version.ts';
import * as entries from './migrations/0011-entries.ts';
import * as waitingEntries from './migrations/0011b-waiting-entries.ts';
import * as broadcasts from './migrations/0011c-broadcasts.ts';
import * as entryCounts from './migrations/0011d-entry-counts.ts';
import * as accountJourneys from './migrations/0012-account-journeys.ts';
import * as control from './migrations/0013-control.ts';
import * as versions from './migrations/0014-versions.ts';
import { OwnSchemaDialect } from './own-schema.ts';
import { PreparingClient } from './preparing-client.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
/** A database or a transaction on it. */
export type Queryable = Database | Transaction<Tables>;

export interface DatabaseSettings {
  readonly url: string;
  /** Every table lives in this schema, so that tests can share a server. Default `public`. */
  readonly schema?: string;
  /** Connections at most. */
  readonly size?: number;
}

const INT8 = 20;
/** Milliseconds; a server that does not even answer counts as away after that. */
const CONNECT_WITHIN = 10_000;

/** A pool that connects when first used; it never throws for a server that is away, its queries do. */
export function openDatabase({ url, schema = 'public', size = 10 }: DatabaseSettings): Database {
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionTimeoutMillis: CONNECT_WITHIN,
    connectionString: url,
    max: size,
    // Reading one page costs about as much as the next one on any disk of today; Postgres would rather read whole tables.
    options: `-c search_path=${schema} -c timezone=UTC -c random_page_cost=1.1`,
    // Ids and counts stay far below 2^53.
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // An idle connection that breaks (server restarted) is replaced at the next query, which reports what is wrong.
  pool.on('error', () => undefined);
  // Likewise one in use between two queries of a transaction, of which the pool hears nothing.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new OwnSchemaDialect({ pool }, schema) });
}

/** Creates the schema where needed and brings its tables up to date. Safe to call from several processes at once. */
export async function migrate(db: Database, schema = 'public'): Promise<void> {
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db);
  const migrator = new Migrator({
    db,
    migrationTableSchema: schema,
    provider: {
      getMigrations: async () => ({
        '0001-backbone': backbone,
        '0002-set-questions': setQuestions,
        '0003-accounts': accounts,
        '0004-ways-in': waysIn,
        '0005-sync': syncs,
        '0006-tracking-plan': trackingPlan,
        '0007-merges': merges,
        '0008-account-caps': accountCaps,
        '0009-wishes-and-offers': wishesAndOffers,
        '0009b-offers': offers,
        '0010-experiments': experiments,
        '0010b-entered-version': enteredVersion,
        '0011-entries': entries,
        '0011b-waiting-entries': waitingEntries,
        '0011c-broadcasts': broadcasts,
        '0011d-entry-counts': entryCounts,
        '0012-account-journeys': accountJourneys,
        '0014-versions': versions,
        '0013-control': control,
      }),
    },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
