/**
 * What the engine reports about its own messages: events like any other, named as Segment's specifications name them.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Channel } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';

export type MessageEventName =
  | 'Email Delivered'
  | 'Email Bounced'
  | 'Unsubscribed'
  | 'In-App Message Sent'
  | 'In-App Message Seen'
  | 'In-App Message Clicked'
  | 'In-App Message Dismissed'
  | 'Sales Task Created'
  | 'Sales Task Claimed'
  | 'Sales Task Snoozed'
  | 'Sales Task Reassigned'
  | 'Sales Task Completed';

/** What an event says of its message. */
export interface AboutMessage {
  readonly id: string;
  readonly journey: string;
  readonly step: string;
  readonly channel: Channel;
  readonly template: string | null;
  readonly category: string | null;
  /** What it offers. */
  readonly offer?: string | null;
  /** The id of the account whose run it is; null or absent: the run is about the person. */
  readonly account?: string | null;
}

export interface MessageEvent {
  readonly name: MessageEventName;
  readonly profileId: number;
  readonly message: AboutMessage;
  /** ISO 8601, in the product's time. */
  readonly at: string;
  readonly receivedAt: string;
  readonly properties?: JsonObject;
  /** Tells apart what can happen to one message more than once, such as claims of a task. */
  readonly occasion?: string;
}

/** The same happening always makes the same `messageId`, so that twice is once. */
export function messageEvent({
  name,
  profileId,
  message,
  at,
  receivedAt,
  properties = {},
  occasion,
}: MessageEvent): IncomingEvent {
  const what = name.slice(name.lastIndexOf(' ') + 1).toLowerCase();
  return {
    type: 'track',
    name,
    messageId: [message.id, what, ...(occasion === undefined ? [] : [occasion])].join(':'),
    profileId,
    properties: {
      message_id: message.id,
      journey: message.journey,
      step: message.step,
      channel: message.channel,
      ...(message.template === null ? {} : { template: message.template }),
      ...(message.category === null ? {} : { category: message.category }),
      ...(message.offer ? { offer: message.offer } : {}),
      ...properties,
    },
    // What becomes of a message of an account's run is done in that account, whichever the person joined last.
    context: message.account == null ? {} : { groupId: message.account },
    occurredAt: at,
    receivedAt,
  };
}

/** The columns of `messages` that {@link AboutMessage} is made of. */
export const ABOUT_MESSAGE = [
  'id',
  'journey',
  'step',
  'channel',
  'template',
  'category',
  'offer',
  sql<string | null>`(select user_id from profiles where profiles.id = messages.account_id)`.as('account'),
] as const;

/** What {@link messageEvent} needs to know of a stored message; null where there is none by that id. */
export async function aboutMessage(db: Queryable, id: string): Promise<AboutMessage | null> {
  const row = await db.selectFrom('messages').select(ABOUT_MESSAGE).where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** Puts the event of a stored message into the inbox; nothing where the message is gone. */
export async function reportOnMessage(
  tx: Queryable,
  event: Pick<MessageEvent, 'name' | 'profileId' | 'properties' | 'occasion'> & { message: string; at: Instant },
): Promise<void> {
  const message = await aboutMessage(tx, event.message);
  const at = new Date(event.at).toISOString();
  if (message !== null) await putInInbox(tx, [messageEvent({ ...event, message, at, receivedAt: at })]);
}
