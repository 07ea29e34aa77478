/**
 * What a person did last, or was done in an account, for people to look at.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Queryable } from '../store/database.ts';

export interface RecentEvent {
  readonly name: string;
  readonly type: string;
  readonly messageId: string;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  readonly byEngine: boolean;
  readonly properties: JsonObject;
}

/** Newest first. */
export function readRecentEvents(db: Queryable, profileId: number, limit: number): Promise<RecentEvent[]> {
  return db
    .selectFrom('events')
    .select([
      'name',
      'type',
      'message_id as messageId',
      'occurred_at as occurredAt',
      'received_at as receivedAt',
      'by_engine as byEngine',
      'properties',
    ])
    .where('profile_id', '=', profileId)
    .orderBy('occurred_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export interface AccountEvent extends Omit<RecentEvent, 'type' | 'receivedAt'> {
  /** Of whoever did it. */
  readonly profileId: number;
}

/** What was done in an account, newest first. */
export function readAccountEvents(db: Queryable, accountId: number, limit: number): Promise<AccountEvent[]> {
  return db
    .selectFrom('events')
    .select([
      'profile_id as profileId',
      'name',
      'message_id as messageId',
      'occurred_at as occurredAt',
      'by_engine as byEngine',
      'properties',
    ])
    .where('account_id', '=', accountId)
    .where('type', '!=', 'group')
    .orderBy('occurred_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
