/**
 * What went out by which channel, and what did not and why.
 * @module
 */
import { sql } from 'kysely';
import type { Channel } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { Queryable } from '../store/database.ts';

export interface ChannelMessages {
  readonly channel: Channel;
  readonly journey: string;
  readonly sent: number;
  /** Reserved, and not out yet. */
  readonly onTheWay: number;
  /** By a rule of ours: hold-out, cap, suppression, or the run had ended. */
  readonly refused: number;
  /** The channel would not take it. */
  readonly failed: number;
}

/** By channel and journey; pairs without any message are left out. */
export async function messagesByChannel(db: Queryable): Promise<ChannelMessages[]> {
  const { rows } = await sql<ChannelMessages>`
    select channel, journey,
      count(*) filter (where status = 'sent') as sent,
      count(*) filter (where status in ('reserved', 'sending')) as "onTheWay",
      count(*) filter (where status = 'refused') as refused,
      count(*) filter (where status = 'failed') as failed
    from messages group by channel, journey order by channel, journey
  `.execute(db);
  return rows;
}

export interface Refusals {
  readonly journey: string;
  /** What was refused: a message, or the entry into the journey. */
  readonly what: 'message' | 'entry';
  readonly reason: Refusal['reason'] | string;
  readonly count: number;
}

/** What was wanted and did not happen, by journey and reason, the most frequent first. */
export async function refusals(db: Queryable): Promise<Refusals[]> {
  // The reason of an entry may end with an instant, which is another for everybody.
  const { rows } = await sql<Refusals>`
    select journey, 'message' as what, refusal->>'reason' as reason, count(*) as count
    from messages where refusal is not null group by 1, 3
    union all
    select journey, 'entry', regexp_replace(reason, ' until .*$', ' yet'), count(*)
    from entry_refusals group by 1, 3
    order by count desc, journey, reason
  `.execute(db);
  return rows;
}
