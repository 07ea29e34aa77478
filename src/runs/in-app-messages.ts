/**
 * In-app messages: they are delivered by being there when the person's page asks for them.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { type Answer, putsAway, type Wish, wishOf } from '../core/wishes.ts';
import { putInInbox } from '../ingest/inbox.ts';
import { holdSurvivor } from '../profiles/survivor.ts';
import type { Database, Queryable } from '../store/database.ts';
import { ABOUT_MESSAGE, type MessageEvent, type MessageEventName, messageEvent } from './message-events.ts';
import { suppress } from './suppression.ts';

const SHOWN_AT_MOST = 100;

export interface ShownMessage {
  readonly id: string;
  /** As `renderInApp` made it. */
  readonly content: JsonObject;
  readonly sentAt: Date | null;
  readonly expiresAt: Date | null;
  readonly seenAt: Date | null;
  readonly clickedAt: Date | null;
}

/** What is to be shown to the person at `now`, newest first; without what they do not want, or not yet again. */
export async function inAppMessagesOf(db: Queryable, profileId: number, now: Instant): Promise<ShownMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .select([
      'id',
      'content',
      'sent_at as sentAt',
      'expires_at as expiresAt',
      'seen_at as seenAt',
      'clicked_at as clickedAt',
    ])
    .where('profile_id', '=', profileId)
    .where('channel', '=', 'in-app')
    .where('status', '=', 'sent')
    .where('dismissed_at', 'is', null)
    .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(now))]))
    .where(isWanted(new Date(now)))
    .orderBy('reserved_at', 'desc')
    .orderBy('id', 'desc')
    .limit(SHOWN_AT_MOST)
    .execute();
  return rows.map((row) => ({ ...row, content: row.content ?? {} }));
}

/** SQL: does no wish of the person stand against the message at that time? */
function isWanted(at: Date) {
  return sql<boolean>`not exists (
    select from suppressions s where s.profile_id = messages.profile_id and (s.until is null or s.until > ${at})
      and s.what in ('all', messages.category, 'template:' || messages.template, 'journey:' || messages.journey, 'offer:' || messages.offer))`;
}

export type Reaction = 'seen' | 'clicked' | 'dismissed';

const EVENT_OF = {
  seen: 'In-App Message Seen',
  clicked: 'In-App Message Clicked',
  dismissed: 'In-App Message Dismissed',
} as const satisfies Record<Reaction, MessageEventName>;

interface Reacting {
  readonly profileId: number;
  readonly id: string;
  readonly reaction: Reaction;
  readonly now: Instant;
  /** What is meant by dismissing it. Default: this message alone. */
  readonly answer?: Answer | undefined;
}

/**
 * Notes what the person did with a message and reports it as an event, in one transaction; the second time changes
 * nothing. What a dismissal refuses is refused from the commit on.
 * @returns false where the person has no such message
 */
export async function reactToMessage(
  db: Database,
  { profileId, id, reaction, now, answer = { choice: 'dismiss' } }: Reacting,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    // Reservations lock the person first, too.
    if (reaction === 'dismissed' && answer.choice !== 'dismiss') await holdSurvivor(tx, profileId);
    const column = `${reaction}_at` as const;
    const message = await tx
      .selectFrom('messages')
      .select([...ABOUT_MESSAGE, column])
      .where('id', '=', id)
      .where('profile_id', '=', profileId)
      .where('channel', '=', 'in-app')
      .where('status', '=', 'sent')
      .forUpdate()
      .executeTakeFirst();
    if (message === undefined) return false;
    const before = message[column];
    const wish = reaction === 'dismissed' ? wishOf(answer, message) : null;
    const isNew = wish !== null && (await suppress(tx, profileId, wish, now, { by: 'in-app', message: id }));
    const notes = before === null && (reaction !== 'dismissed' || putsAway(answer));
    if (!notes && !isNew) return true;
    if (notes)
      await tx
        .updateTable('messages')
        .set({ [column]: new Date(now) })
        .where('id', '=', id)
        .execute();
    const at = new Date(now).toISOString();
    const event = { name: EVENT_OF[reaction], profileId, message, at, receivedAt: at };
    await putInInbox(tx, [messageEvent({ ...event, ...(wish === null ? {} : saying(answer, wish)) })]);
    return true;
  });
}

/** One can be told of several wishes, and each is an event of its own. */
function saying({ choice, of }: Answer, { what, until }: Wish): Pick<MessageEvent, 'properties' | 'occasion'> {
  const ends = until === null ? [] : [new Date(until).toISOString()];
  return {
    properties: Object.fromEntries([
      ['choice', choice],
      ...(of === undefined ? [] : [['of', of]]),
      ...ends.map((end) => ['snoozeUntil', end]),
    ]),
    occasion: [choice, what, ...ends].join(':'),
  };
}
