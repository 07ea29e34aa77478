/**
 * How many accounts a person has, or people an account, and how many of those are in which audience.
 * @module
 */
import { sql } from 'kysely';
import type { Related } from '../core/facts.ts';
import type { Queryable } from '../store/database.ts';

/**
 * @param of what the profiles are; what is related to them is of the other kind
 * @param audiences of that other kind; where there are none nothing is read
 */
export async function loadRelated(
  db: Queryable,
  of: 'person' | 'account',
  profileIds: readonly number[],
  audiences: ReadonlySet<string>,
): Promise<Map<number, Related>> {
  if (profileIds.length === 0 || audiences.size === 0) return new Map();
  const own = sql.ref(of === 'person' ? 'm.person_id' : 'm.account_id');
  const other = sql.ref(of === 'person' ? 'm.account_id' : 'm.person_id');
  const { rows } = await sql<{ id: number; audience: string | null; count: number }>`
    select ${own} as id, null as audience, count(*) from account_members m where ${own} = any(${profileIds}) group by 1
    union all
    select ${own}, s.audience, count(*) from account_members m join audience_states s on s.profile_id = ${other}
    where ${own} = any(${profileIds}) and s.member and s.audience = any(${[...audiences]}) group by 1, 2
  `.execute(db);
  const related = new Map<number, { total: number; inAudience: Map<string, number> }>();
  for (const { id, audience, count } of rows) {
    const found = related.get(id) ?? { total: 0, inAudience: new Map() };
    related.set(id, found);
    if (audience === null) found.total = count;
    else found.inAudience.set(audience, count);
  }
  return related;
}
