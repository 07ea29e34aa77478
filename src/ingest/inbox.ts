/**
 * The inbox: where an event is safe. What is in here was answered with 200 and will be processed.
 * @module
 */

import { type RawBuilder, sql } from 'kysely';
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
  /** History that was imported: it changes what is true of people, and starts no journey. */
  readonly silent?: true;
  /** A request that the person enters this journey, with `properties`. It is counted like an event, and not logged. */
  readonly enters?: string;
  /** What the profile hears of those it is related to. Such a row is no event: it is neither counted nor logged. */
  readonly news?: News;
}

/** What happened to a profile's relatives, the people of an account or the accounts of a person, as far as it cares. */
export interface News {
  /** To an account: one of its people did this in it; the log has it. With what it says where a journey may start by it. */
  readonly event?: {
    readonly name: string;
    readonly byEngine: boolean;
    readonly entering?: { readonly messageId: string; readonly properties: JsonObject };
  };
  /** To a person: the account's traits changed. */
  readonly traits?: readonly 'account'[];
  /** Audiences that a relative entered or left; `*`: it became one. */
  readonly related?: readonly string[];
  /** To an account: the person who joined it. */
  readonly joined?: number;
  /** To a person: a run of theirs is over, and another journey of its group may have waited for that. */
  readonly ended?: true;
  /** People became one or two: whatever is counted by person may be another number. */
  readonly people?: true;
  /** Only those whom a publisher asks in enter journeys by it, or nobody; absent: everybody does. */
  readonly entering?: 'asked' | 'nobody';
}

/** A row of the inbox with news for one profile. */
export function newsFor(
  profileId: number,
  news: News,
  { occurredAt, receivedAt, silent }: Pick<IncomingEvent, 'occurredAt' | 'receivedAt' | 'silent'>,
  traits?: IncomingEvent['traits'],
): IncomingEvent {
  return {
    ...{
      type: 'track',
      name: 'news',
      messageId: 'news',
      profileId,
      properties: {},
      context: {},
      occurredAt,
      receivedAt,
    },
    news,
    ...(silent === undefined ? {} : { silent }),
    ...(traits === undefined ? {} : { traits }),
  };
}

/** Lanes are worked on side by side; within one, strictly in order. */
export const LANES = 16;

/**
 * The lane of a person: by user id where known, so that one person's events keep their order; of an account alone: by its
 * id. What the engine tells a profile is in the lane that {@link laneOfProfile} says in SQL.
 */
export function laneOf({
  userId,
  anonymousId,
  previousId,
  profileId,
  groupId,
}: Pick<IncomingEvent, 'userId' | 'anonymousId' | 'previousId' | 'profileId' | 'groupId'>): number {
  const name = userId ?? anonymousId ?? previousId;
  if (name === undefined && profileId !== undefined) return profileId % LANES;
  return murmurhash.v3(name ?? groupId ?? '') % LANES;
}

export function laneOfProfile(id: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(${id} % ${sql.lit(LANES)})`;
}

/** Stores the events, all or none, in one statement. When the promise resolves outside a transaction they are durable. */
export async function putInInbox(db: Queryable, events: readonly IncomingEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql`with stored as (${storing(events)}) select ${announcement('inbox')}`.execute(db);
}

/** SQL that stores the events, for statements that store more; where there are any they announce the inbox, too. */
export function storing(events: readonly IncomingEvent[]): RawBuilder<unknown> {
  const rows = events.map((event) => ({
    lane: laneOf(event),
    message_id: event.messageId,
    occurred_at: event.occurredAt,
    received_at: event.receivedAt,
    body: event,
    account_id: event.news !== undefined && event.traits !== undefined ? event.profileId : null,
  }));
  return sql`
    insert into inbox (lane, message_id, occurred_at, received_at, body, account_id)
    select lane, message_id, occurred_at, received_at, body, account_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (lane smallint, message_id text, occurred_at timestamptz, received_at timestamptz, body jsonb, account_id bigint)
  `;
}

/** How many events wait to be processed. */
export async function inboxDepth(db: Queryable): Promise<number> {
  const { depth } = await db
    .selectFrom('inbox')
    .select(({ fn }) => fn.countAll<number>().as('depth'))
    .executeTakeFirstOrThrow();
  return depth;
}
