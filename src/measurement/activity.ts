/**
 * What is going on right now, at a glance.
 * @module
 */
import { sql } from 'kysely';
import type { Channel } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface ChannelActivity {
  readonly channel: Channel;
  /** Sent since the instant asked for. */
  readonly recently: number;
  /** Sent ever. */
  readonly sent: number;
  /** Wanted and not sent: refused by a rule of ours, or by the channel. */
  readonly notSent: number;
  readonly lastSentAt: Date | null;
}

/** By channel; channels that no message was wanted for are left out. */
export async function channelActivity(db: Queryable, since: Instant): Promise<ChannelActivity[]> {
  const { rows } = await sql<ChannelActivity>`
    select channel,
      count(*) filter (where sent_at >= ${new Date(since)}) as recently,
      count(*) filter (where sent_at is not null) as sent,
      count(*) filter (where status in ('refused', 'failed')) as "notSent",
      max(sent_at) as "lastSentAt"
    from messages group by channel order by channel
  `.execute(db);
  return rows;
}

/** Whether any event has been worked off, ever. */
export async function hasEvents(db: Queryable): Promise<boolean> {
  return (await db.selectFrom('events').select('id').limit(1).executeTakeFirst()) !== undefined;
}
