/**
 * What people were said to be, and when: the traits of their `identify` calls, as the event log keeps them.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface SaidTraits {
  readonly at: Instant;
  readonly traits: JsonObject;
}

/** By profile, oldest first. Nothing of profiles of which nothing was said. */
export async function loadTraitHistory(
  db: Queryable,
  profileIds: readonly number[],
): Promise<Map<number, SaidTraits[]>> {
  const history = new Map<number, SaidTraits[]>();
  if (profileIds.length === 0) return history;
  const { rows } = await sql<{ id: number; at: Date; traits: JsonObject }>`
    select profile_id as id, occurred_at as at, properties as traits from events
    where profile_id = any(${profileIds}) and name = 'identify' and type = 'identify' and properties <> '{}'
    order by occurred_at, id
  `.execute(db);
  for (const { id, at, traits } of rows) {
    const said = history.get(id);
    const one = { at: at.getTime(), traits };
    if (said === undefined) history.set(id, [one]);
    else said.push(one);
  }
  return history;
}
