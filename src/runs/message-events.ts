/**
 * What the engine reports of its own messages and tasks, by the names of Segment's specification where it has one.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';

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
  | 'Sales Task Completed';

export interface MessageEvent {
  readonly name: MessageEventName;
  readonly profileId: number;
  readonly message: {
    readonly id: string;
    readonly journey: string;
    readonly step: string;
    readonly channel: string;
    readonly template: string | null;
    readonly category: string | null;
  };
  /** ISO 8601. */
  readonly at: string;
  readonly receivedAt: string;
  readonly properties?: JsonObject;
}

/** The same message and name make the same `messageId`, so that saying it twice counts once. */
export function messageEvent({ name, profileId, message, at, receivedAt, properties = {} }: MessageEvent): IncomingEvent {
  const { id, journey, step, channel, template, category } = message;
  return {
    type: 'track',
    name,
    messageId: `${id}:${name.toLowerCase().replaceAll(' ', '-')}`,
    profileId,
    properties: { message: id, journey, step, channel, template, category, ...properties },
    context: {},
    occurredAt: at,
    receivedAt,
  };
}
