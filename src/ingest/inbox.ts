/**
 * The inbox: where an event is safe. What is in here was answered with 200 and will be processed.
 * @module
 */

import { sql } from 'kysely';
import murmurhash from 'murmurhash';
import type { JsonObject } from '../core/condition.ts';
import type { Queryable } from '../store/database.ts';
import { announcement } from '../store/notify.ts';

export type CallType = 'track' | 'identify' | 'group' | 'page' | 'screen' | 'alias';

/** An event as the inbox keeps it: checked, times settled. Instants are ISO 8601 in UTC. */
export interface IncomingEvent {
  readonly type: CallType;
  readonly messageId: string;
  /** `track`: the event's name; `page`: `Page Viewed`; `screen`: `Screen Viewed`; the others: their type. */
  readonly name: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  /** `alias`: the id that becomes another name of `userId`. */
  readonly previousId?: string;
  readonly groupId?: string;
  /** Set by the engine for what it reports itself; stands for `userId` and `anonymousId`. */
  readonly profileId?: number;
  /** `identify` and `group`. */
  readonly traits?: JsonObject;
  readonly properties: JsonObject;
  readonly context: JsonObject;
  readonly occurredAt: string;
  readonly receivedAt: string;
}

/** Lanes are worked on side by side; within one, strictly in order. */
export const LANES = 16;

/** The lane of a person: by user id where known, so that one person's events keep their order. */
export function laneOf({
  userId,
  anonymousId,
  previousId,
  profileId,
}: Pick<IncomingEvent, 'userId' | 'anonymousId' | 'previousId' | 'profileId'>): number {
  return murmurhash.v3(userId ?? anonymousId ?? previousId ?? String(profileId ?? '')) % LANES;
}

/** Stores the events, all or none, in one statement. When the promise resolves outside a transaction they are durable. */
export async function putInInbox(db: Queryable, events: readonly IncomingEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    lane: laneOf(event),
    message_id: event.messageId,
    occurred_at: event.occurredAt,
    received_at: event.receivedAt,
    body: event,
  }));
  await sql`
    with stored as (
      insert into inbox (lane, message_id, occurred_at, received_at, body)
      select lane, message_id, occurred_at, received_at, body
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (lane smallint, message_id text, occurred_at timestamptz, received_at timestamptz, body jsonb)
    )
    select ${announcement('inbox')}
  `.execute(db);
}

/** How many events wait to be processed. */
export async function inboxDepth(db: Queryable): Promise<number> {
  const { depth } = await db
    .selectFrom('inbox')
    .select(({ fn }) => fn.countAll<number>().as('depth'))
    .executeTakeFirstOrThrow();
  return depth;
}
