/**
 * A word across processes that there is work: Postgres LISTEN and NOTIFY. It is only a hint; whoever waits for it also
 * looks by itself now and then, so a lost word costs a moment and nothing else.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import type { Queryable } from './database.ts';

export type Topic = 'inbox' | 'outbox' | 'published' | 'controls';

const RECONNECT_AFTER = 500;

/** Announces after commit when called inside a transaction. */
export async function announce(db: Queryable, topic: Topic): Promise<void> {
  await sql`select ${announcement(topic)}`.execute(db);
}

/** To be selected by a statement that makes the work, so that both are one commit. */
export function announcement(topic: Topic): RawBuilder<unknown> {
  return sql`pg_notify(${topic} || ':' || current_schema(), '')`;
}

export interface Listener {
  close(): Promise<void>;
}

/** Calls `heard` for every announcement, from a connection of its own that is remade whenever it breaks. */
export function listen(url: string, schema: string, topics: readonly Topic[], heard: (topic: Topic) => void): Listener {
  let client: pg.Client | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  const connect = async () => {
    const mine = new pg.Client({ connectionString: url });
    client = mine;
    const lost = () => {
      if (closed || client !== mine) return;
      client = undefined;
      mine.end().catch(() => undefined);
      retry = setTimeout(() => void connect(), RECONNECT_AFTER);
    };
    mine.on('error', lost);
    mine.on('end', lost);
    mine.on('notification', ({ channel }) => heard(channel.split(':')[0] as Topic));
    try {
      await mine.connect();
      for (const topic of topics) await mine.query(`listen ${pg.escapeIdentifier(`${topic}:${schema}`)}`);
      // Whatever was announced while nobody listened.
      for (const topic of topics) heard(topic);
    } catch {
      lost();
    }
  };
  void connect();

  return {
    close: async () => {
      closed = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
