/**
 * What the engine has recorded of its own work, for proofs to hold against other sources.
 * @module
 */
import type { Channel } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface RecordedCrossing {
  /** The caller's id of the person; empty for somebody anonymous. */
  readonly userId: string;
  readonly audience: string;
  readonly entered: boolean;
  readonly at: Instant;
}

/** Every entry into an audience and every exit up to an instant. */
export async function audienceCrossings(db: Queryable, upTo: Instant): Promise<RecordedCrossing[]> {
  const rows = await db
    .selectFrom('audience_changes as change')
    .innerJoin('profiles', 'profiles.id', 'change.profile_id')
    .select(['profiles.user_id', 'change.audience', 'change.entered', 'change.at'])
    .where('change.at', '<=', new Date(upTo))
    .orderBy('change.id')
    .execute();
  return rows.map(({ user_id, audience, entered, at }) => ({
    userId: user_id ?? '',
    audience,
    entered,
    at: at.getTime(),
  }));
}

/** How many events the log holds; what the engine reports itself is not among them. */
export async function countTrackedEvents(db: Queryable): Promise<number> {
  const { count } = await db
    .selectFrom('events')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('type', '=', 'track')
    .where('by_engine', '=', false)
    .executeTakeFirstOrThrow();
  return count;
}

/** The ids of all messages that this channel is recorded to have taken. */
export async function sentMessageIds(db: Queryable, channel: Channel): Promise<string[]> {
  const rows = await db
    .selectFrom('messages')
    .select('id')
    .where('channel', '=', channel)
    .where('status', '=', 'sent')
    .execute();
  return rows.map(({ id }) => id);
}
