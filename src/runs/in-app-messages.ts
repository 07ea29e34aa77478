/**
 * In-app messages: they are delivered by being there when the person's page asks for them.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { putInInbox } from '../ingest/inbox.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type MessageEventName, messageEvent } from './message-events.ts';

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

/** What is to be shown to the person at `now`, newest first. */
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
    .orderBy('reserved_at', 'desc')
    .orderBy('id', 'desc')
    .limit(SHOWN_AT_MOST)
    .execute();
  return rows.map((row) => ({ ...row, content: row.content ?? {} }));
}

export const REACTIONS = ['seen', 'clicked', 'dismissed'] as const;
export type Reaction = (typeof REACTIONS)[number];

const EVENT_OF = {
  seen: 'In-App Message Seen',
  clicked: 'In-App Message Clicked',
  dismissed: 'In-App Message Dismissed',
} as const satisfies Record<Reaction, MessageEventName>;

/**
 * Notes what the person did with a message and reports it as an event, in one transaction; the second time changes
 * nothing.
 * @returns false where the person has no such message
 */
export async function reactToMessage(
  db: Database,
  { profileId, id, reaction, now }: { profileId: number; id: string; reaction: Reaction; now: Instant },
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const column = `${reaction}_at` as const;
    const message = await tx
      .selectFrom('messages')
      .select(['id', 'journey', 'step', 'channel', 'template', 'category', column])
      .where('id', '=', id)
      .where('profile_id', '=', profileId)
      .where('channel', '=', 'in-app')
      .where('status', '=', 'sent')
      .forUpdate()
      .executeTakeFirst();
    if (message === undefined) return false;
    if (message[column] !== null) return true;
    await tx
      .updateTable('messages')
      .set({ [column]: new Date(now) })
      .where('id', '=', id)
      .execute();
    const at = new Date(now).toISOString();
    await putInInbox(tx, [messageEvent({ name: EVENT_OF[reaction], profileId, message, at, receivedAt: at })]);
    return true;
  });
}
