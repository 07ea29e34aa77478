/**
 * The least a database can do with events: plain inserts of many rows into a table like ours, with the same indexes.
 * @module
 */
import { sql } from 'kysely';
import pg from 'pg';
import type { Ground } from './ground.ts';
import type { Call } from './tracking.ts';

const COLUMNS = ['profile_id', 'name', 'type', 'occurred_at', 'received_at', 'message_id', 'properties', 'context'];

export interface PlainInsert {
  /** Inserts the batches one after the other on each connection; returns when all are committed. */
  insert(batches: readonly (readonly Call[])[]): Promise<void>;
}

export async function plainInsert(ground: Ground, connections: number): Promise<PlainInsert> {
  await sql`create table plain_events (like events including all)`.execute(ground.db);
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: ground.databaseUrl }));
  await Promise.all(clients.map((client) => client.connect()));
  ground.atEnd(() => Promise.all(clients.map((client) => client.end())));
  return {
    insert: async (batches) => {
      const left = batches.values();
      await Promise.all(
        clients.map(async (client) => {
          for (const batch of left) await client.query(statementOf(batch));
        }),
      );
    },
  };
}

function statementOf(batch: readonly Call[]): pg.QueryConfig {
  const rows = batch.map((_, row) => `(${COLUMNS.map((_column, index) => `$${row * COLUMNS.length + index + 1}`)})`);
  const now = new Date().toISOString();
  return {
    name: `insert-${batch.length}`,
    text: `insert into plain_events (${COLUMNS}) values ${rows}`,
    values: batch.flatMap(({ userId, event, messageId, properties }) => {
      const profileId = Number(userId.slice(userId.lastIndexOf('-') + 1));
      return [profileId, event, 'track', now, now, messageId, JSON.stringify(properties), '{}'];
    }),
  };
}
