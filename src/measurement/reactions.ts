/**
 * When somebody saw or clicked a message: as the product's pages reported it, or as an event of an email says that names
 * its message (`message_id`), which a mail provider sends in.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';

function reactedAt(column: RawBuilder<Date | null>, event: string): RawBuilder<Date | null> {
  return sql<Date | null>`least(${column}, (
    select min(occurred_at) from events where events.profile_id = m.profile_id and name = ${event}
      and properties->>'message_id' = m.id))`;
}

/** SQL, of the message `m`. */
export const SEEN_AT = reactedAt(sql`m.seen_at`, 'Email Opened');
/** SQL, of the message `m`. */
export const CLICKED_AT = reactedAt(sql`m.clicked_at`, 'Email Link Clicked');
