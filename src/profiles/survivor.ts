/**
 * Who a stored profile id stands for today: merges leave old ids in links and tokens.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';

/**
 * Follows merges to the profile that is in use and keeps it from being merged, parted or locked by others until the
 * transaction ends; null where it is gone. Nothing but that one is locked, so that this never stands in a merge's way.
 */
export async function holdSurvivor(tx: Queryable, profileId: number): Promise<number | null> {
  for (;;) {
    const id = await survivorOf(tx, profileId);
    if (id === null) return null;
    await tx.selectFrom('profiles').select('id').where('id', '=', id).forShare().execute();
    // Between finding it and holding it, it may have become another.
    if ((await survivorOf(tx, profileId)) === id) return id;
  }
}

/** The profile that this one is today; null where it is gone. */
export async function survivorOf(db: Queryable, profileId: number): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    with recursive path (id, merged_into) as (
      select id, merged_into from profiles where id = ${profileId}
      union all select p.id, p.merged_into from path join profiles p on p.id = path.merged_into
    ) select id from path where merged_into is null
  `.execute(db);
  return rows[0]?.id ?? null;
}
