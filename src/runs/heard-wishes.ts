/**
 * What people say about messages by events that others send: a page of theirs, a mail service, an import of who had
 * unsubscribed before. What the engine reports itself was kept when it happened.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import { putsAway, type Said, type Subjects, wishOf } from '../core/wishes.ts';
import type { Queryable } from '../store/database.ts';
import { suppress } from './suppression.ts';

export interface Heard {
  readonly profileId: number;
  /** The event's. */
  readonly messageId: string;
  readonly at: Instant;
  readonly said: Said;
}

/** Keeps it in the transaction that processes the events, under the locks on the people. */
export async function hearWishes(tx: Queryable, heard: readonly Heard[]): Promise<void> {
  for (const { profileId, messageId, at, said } of heard) {
    const wish =
      said.said === 'wish' ? said.wish : wishOf(said.answer, await answeredMessage(tx, { profileId, at, said }));
    if (wish !== null) await suppress(tx, profileId, wish, at, { by: 'event', messageId });
  }
}

/** Puts the message away, where the answer does, and says what it is about. */
async function answeredMessage(
  tx: Queryable,
  { profileId, at, said }: { profileId: number; at: Instant; said: Extract<Said, { said: 'answer' }> },
): Promise<Partial<Subjects>> {
  const { message, of, answer } = said;
  const { rows } = await sql<Subjects>`
    with meant as (
      select id, journey, template, category, offer from messages
      where profile_id = ${profileId} and channel = 'in-app' and status = 'sent'
        and (id = ${message} or (${message}::text is null and template = ${of.template ?? null}))
    ), put_away as (
      update messages set dismissed_at = ${new Date(at)} from meant
      where messages.id = meant.id and messages.dismissed_at is null and ${putsAway(answer)}
    )
    select journey, template, category, offer from meant order by id desc limit 1
  `.execute(tx);
  return { ...rows[0], ...of };
}
