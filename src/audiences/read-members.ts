/**
 * Who is in which audience, for people to look at.
 * @module
 */
import type { Queryable } from '../store/database.ts';

export interface Member {
  readonly profileId: number;
  readonly kind: 'person' | 'account';
  /** When it entered. */
  readonly since: Date;
}

/** How many members each audience has; audiences without any are left out. */
export async function readAudienceSizes(db: Queryable): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('audience_states')
    .select(({ fn }) => ['audience', fn.countAll<number>().as('size')])
    .where('member', '=', true)
    .groupBy('audience')
    .execute();
  return new Map(rows.map(({ audience, size }) => [audience, size]));
}

/** Members in the order of their profiles, from the one that follows `after`. */
export function readMembers(db: Queryable, audience: string, after: number | null, limit: number): Promise<Member[]> {
  return db
    .selectFrom('audience_states')
    .innerJoin('profiles', 'profiles.id', 'profile_id')
    .select(['profile_id as profileId', 'kind', 'since'])
    .where('audience', '=', audience)
    .where('member', '=', true)
    .where('profile_id', '>', after ?? 0)
    .orderBy('profile_id')
    .limit(limit)
    .execute();
}

/** The audiences that this profile is in, by key; those of the engine's own making, with a `/` in their keys, left out. */
export function readAudiencesOf(db: Queryable, profileId: number): Promise<{ audience: string; since: Date }[]> {
  return db
    .selectFrom('audience_states')
    .select(['audience', 'since'])
    .where('profile_id', '=', profileId)
    .where('member', '=', true)
    .where('audience', 'not like', '%/%')
    .orderBy('audience')
    .execute();
}
