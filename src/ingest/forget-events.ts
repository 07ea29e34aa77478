/**
 * Events older than the workspace keeps them. Definitions that look back further are refused, so nobody misses them.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Database } from '../store/database.ts';

/** Of events that are in no month's partition, so many at once. */
const AT_ONCE = 10_000;

/**
 * Drops the months that ended before `before`, and deletes what is older in `events_other`.
 * @returns the names of the months dropped
 */
export async function forgetEvents(db: Database, before: Instant): Promise<string[]> {
  const limit = new Date(before);
  const { rows: months } = await sql<{ name: string }>`
    select partition.relname as name
    from pg_inherits join pg_class partition on partition.oid = inhrelid
    where inhparent = 'events'::regclass and partition.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
      and to_date(right(partition.relname, 7), 'YYYY_MM') + interval '1 month' <= ${limit}::timestamptz at time zone 'UTC'
    order by name
  `.execute(db);
  for (const { name } of months) await sql`drop table ${sql.id(name)}`.execute(db);
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from events_other where id in (select id from events_other where occurred_at < ${limit} limit ${AT_ONCE})
    `.execute(db);
    if (numAffectedRows < AT_ONCE) return months.map(({ name }) => name);
  }
}
