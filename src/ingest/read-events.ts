/**
 * What a person did last, for people to look at.
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
