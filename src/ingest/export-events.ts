/**
 * The event log for other programs.
 * @module
 */
import { sql } from 'kysely';
import type { Json, JsonObject } from '../core/condition.ts';
import { readPath } from '../core/matching.ts';
import type { Queryable } from '../store/database.ts';
import { batchesOf } from '../store/snapshot.ts';

/** Those that every event has; `properties.<path>` reads into the event. */
export const EVENT_FIELDS = [
  'messageId',
  'type',
  'event',
  'userId',
  'anonymousId',
  'timestamp',
  'receivedAt',
  'properties',
] as const;

interface Row {
  readonly message_id: string;
  readonly type: string;
  readonly name: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly occurred_at: Date;
  readonly received_at: Date;
  readonly properties: JsonObject;
}

/** In order of time, batch by batch. What the engine itself reports is left out. */
export async function* exportEvents(
  tx: Queryable,
  fields: readonly string[],
): AsyncGenerator<JsonObject[], void, undefined> {
  const anonymousId = fields.includes('anonymousId')
    ? sql`(select min(value) from identities where profile_id = e.profile_id and kind = 'anonymous')`
    : sql`null::text`;
  const query = sql<Row>`
    select e.message_id, e.type, e.name, p.user_id, ${anonymousId} as anonymous_id, e.occurred_at, e.received_at, e.properties
    from events e join profiles p on p.id = e.profile_id
    where not e.by_engine order by e.occurred_at, e.id
  `;
  for await (const rows of batchesOf(tx, query)) {
    yield rows.map((row) => {
      const known = knownOf(row);
      return Object.fromEntries(fields.map((field) => [field, readPath(known, field) ?? null]));
    });
  }
}

function knownOf(row: Row): { readonly [field in (typeof EVENT_FIELDS)[number]]: Json } {
  return {
    messageId: row.message_id,
    type: row.type,
    event: row.name,
    userId: row.user_id,
    anonymousId: row.anonymous_id,
    timestamp: row.occurred_at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    properties: row.properties,
  };
}
