/**
 * People who qualified for a journey and did not enter, with why, for people to look at.
 * @module
 */
import type { Queryable } from '../store/database.ts';

export interface ReadRefusal {
  readonly id: number;
  readonly journey: string;
  readonly profileId: number;
  readonly instance: string | null;
  readonly at: Date;
  readonly reason: string;
}

export interface RefusalFilter {
  readonly journey: string;
  readonly profileId?: number | undefined;
  /** The id of the last one of the page before. */
  readonly after?: number | null;
  readonly limit: number;
}

/** Newest first. */
export function readEntryRefusals(
  db: Queryable,
  { journey, profileId, after = null, limit }: RefusalFilter,
): Promise<ReadRefusal[]> {
  let query = db
    .selectFrom('entry_refusals')
    .select(['id', 'journey', 'profile_id as profileId', 'instance', 'at', 'reason'])
    .where('journey', '=', journey)
    .orderBy('id', 'desc')
    .limit(limit);
  if (profileId !== undefined) query = query.where('profile_id', '=', profileId);
  if (after !== null) query = query.where('id', '<', after);
  return query.execute();
}
