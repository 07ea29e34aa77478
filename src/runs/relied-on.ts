/**
 * Two runs that became one person's: which of them sends a message that both have come to.
 * @module
 */
import { sql } from 'kysely';
import type { Refusal } from '../core/pressure.ts';
import type { Queryable } from '../store/database.ts';

/**
 * SQL for whether the run that goes on for the run `r` of a message `m` has left that message to it. One that is over,
 * since there was nothing else to do, still counts on it.
 */
export const reliedOn = sql<boolean>`exists (
  select from runs other join messages o on o.run_id = other.id
  where other.id = r.merged_into and other.status in ('active', 'completed') and o.refusal ->> 'reason' = 'sent-before' and o.refusal ->> 'message' = m.id)`;

/** What forbade the message when it was taken does not any more: another run of the person has decided meanwhile. */
export class RefusalOvertakenError extends Error {
  override readonly name = 'RefusalOvertakenError';

  constructor(readonly messageId: string) {
    super(`What kept the message ${messageId} back has changed meanwhile: it is to be taken anew`);
  }
}

/**
 * A message is taken without a lock on its person, so that of two runs that became one each may have left it to the other.
 * Under the lock, this makes sure that one still sends it.
 * @throws {RefusalOvertakenError}
 */
export async function expectStillRefused(tx: Queryable, message: string, refusal: Refusal | null): Promise<void> {
  if (refusal?.reason !== 'ended' && refusal?.reason !== 'sent-before') return;
  const other = refusal.reason === 'sent-before' ? refusal.message : null;
  const { rows } = await sql`
    select from messages m join runs r on r.id = m.run_id
    where m.id = ${message} and case when ${other}::text is null then not (r.status = 'merged' and ${reliedOn})
      else exists (select from messages o where o.id = ${other} and o.status in ('sending', 'sent')) end
  `.execute(tx);
  if (rows.length === 0) throw new RefusalOvertakenError(message);
}
