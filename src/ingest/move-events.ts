/**
 * Events of a profile that became another, and back. Every event keeps whose it was by the ids it came with.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';

/** @returns how many events moved */
export async function moveEvents(tx: Queryable, from: number, into: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    update events set profile_id = ${into}, origin_id = coalesce(origin_id, profile_id) where profile_id = ${from}
  `.execute(tx);
  return Number(numAffectedRows);
}

/**
 * Takes from `from` what belongs to these profiles: events that name them, and what the engine reported of these
 * messages of theirs.
 * @returns how many events moved
 */
export async function returnEvents(
  tx: Queryable,
  from: number,
  to: number,
  origins: readonly number[],
  messages: readonly string[],
): Promise<number> {
  const named = await sql`
    update events set profile_id = ${to}, origin_id = nullif(origin_id, ${to})
    where profile_id = ${from} and origin_id = any(${origins})
  `.execute(tx);
  if (messages.length === 0) return Number(named.numAffectedRows ?? 0n);
  const reported = await sql`
    update events set profile_id = ${to}, origin_id = null
    where profile_id = ${from} and by_engine and properties ->> 'message_id' = any(${messages})
  `.execute(tx);
  return Number(named.numAffectedRows ?? 0n) + Number(reported.numAffectedRows ?? 0n);
}
