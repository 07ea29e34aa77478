/**
 * How far audiences hold the same members.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';

export interface AudienceSizeOf {
  readonly key: string;
  readonly size: number;
}

/** Two audiences, `a` before `b` in the order asked for. */
export interface SharedMembers {
  readonly a: string;
  readonly b: string;
  readonly both: number;
  /** Of the members of `a`, those who are in `b` too; in [0, 1], 0 where `a` is empty. */
  readonly ofA: number;
  readonly ofB: number;
  /** Jaccard's index: of those who are in either, those who are in both. */
  readonly jaccard: number;
}

export interface Overlap {
  readonly audiences: readonly AudienceSizeOf[];
  /** Every pair, the most alike first. */
  readonly pairs: readonly SharedMembers[];
}

/** Members now, from one look at the memberships. An audience that nobody is in, or that there is not, has size 0. */
export async function readOverlap(db: Queryable, keys: readonly string[]): Promise<Overlap> {
  const { rows } = await sql<{ a: string; b: string; both: number }>`
    with members as (
      select array_agg(array_position(${keys}::text[], audience) order by array_position(${keys}::text[], audience)) as places
      from audience_states where member and audience = any(${keys}) group by profile_id
    ),
    -- However many people there are, few differ in which audiences they are in.
    alike as (select places, count(*) as people from members group by places)
    select (${keys}::text[])[a] as a, (${keys}::text[])[b] as b, sum(people)::bigint as both
    from alike, unnest(places) as a, unnest(places) as b where a <= b group by 1, 2
  `.execute(db);
  const counts = new Map(rows.map(({ a, b, both }) => [`${a} ${b}`, both]));
  const sizeOf = (key: string) => counts.get(`${key} ${key}`) ?? 0;
  const pairs = keys.flatMap((a, index) =>
    keys.slice(index + 1).map((b) => sharedBy(a, b, sizeOf(a), sizeOf(b), counts.get(`${a} ${b}`) ?? 0)),
  );
  return {
    audiences: keys.map((key) => ({ key, size: sizeOf(key) })),
    pairs: pairs.sort((one, other) => other.jaccard - one.jaccard || other.both - one.both),
  };
}

function sharedBy(a: string, b: string, sizeA: number, sizeB: number, both: number): SharedMembers {
  const share = (of: number) => (of === 0 ? 0 : both / of);
  return { a, b, both, ofA: share(sizeA), ofB: share(sizeB), jaccard: share(sizeA + sizeB - both) };
}
