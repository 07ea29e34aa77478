/**
 * Which messages were wanted and what became of them, for people to look at.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Channel } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { ChosenBecause } from '../core/roles.ts';
import type { Queryable } from '../store/database.ts';

export const CHANNELS = ['email', 'in-app', 'sales-task', 'webhook'] as const satisfies Channel[];
export const MESSAGE_STATUSES = ['reserved', 'sending', 'sent', 'refused', 'failed'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

export interface ReadMessage {
  readonly id: string;
  readonly runId: string;
  readonly journey: string;
  readonly step: string;
  /** Whoever gets it. */
  readonly profileId: number;
  /** The account whose run it is; null: the run is about the receiver. */
  readonly accountId: number | null;
  /** Of an account's run: by which role the receiver was chosen, and why. */
  readonly chosen: ChosenBecause | null;
  readonly channel: Channel;
  readonly template: string | null;
  readonly category: string | null;
  /** What it offers. */
  readonly offer: string | null;
  readonly status: MessageStatus;
  /** Why it did not go out. */
  readonly refusal: Refusal | null;
  readonly detail: JsonObject | null;
  readonly attempts: number;
  readonly reservedAt: Date;
  readonly sentAt: Date | null;
  readonly seenAt: Date | null;
  readonly clickedAt: Date | null;
  readonly dismissedAt: Date | null;
}

/** The last message of a page: the next page goes on after it. */
export interface MessagePlace {
  readonly reservedAt: string;
  readonly id: string;
}

export interface MessageFilter {
  readonly run?: string | undefined;
  readonly journey?: string | undefined;
  readonly channel?: Channel | undefined;
  readonly status?: MessageStatus | undefined;
  readonly profileId?: number | undefined;
  readonly accountId?: number | undefined;
  readonly after?: MessagePlace | null | undefined;
  readonly limit: number;
}

/** Newest first. */
export function readMessages(
  db: Queryable,
  { run, journey, channel, status, profileId, accountId, after = null, limit }: MessageFilter,
): Promise<ReadMessage[]> {
  let query = db
    .selectFrom('messages')
    .select([
      'id',
      'run_id as runId',
      'journey',
      'step',
      'profile_id as profileId',
      'account_id as accountId',
      'chosen',
      'channel',
      'template',
      'category',
      'offer',
      'status',
      'refusal',
      'detail',
      'attempts',
      'reserved_at as reservedAt',
      'sent_at as sentAt',
      'seen_at as seenAt',
      'clicked_at as clickedAt',
      'dismissed_at as dismissedAt',
    ])
    .orderBy('reserved_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (run !== undefined) query = query.where('run_id', '=', run);
  if (journey !== undefined) query = query.where('journey', '=', journey);
  if (channel !== undefined) query = query.where('channel', '=', channel);
  if (status !== undefined) query = query.where('status', '=', status);
  if (profileId !== undefined) query = query.where('profile_id', '=', profileId);
  if (accountId !== undefined) query = query.where('account_id', '=', accountId);
  if (after !== null)
    query = query.where(sql<boolean>`(reserved_at, id) < (${after.reservedAt}::timestamptz, ${after.id})`);
  return query.execute();
}
