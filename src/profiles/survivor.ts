/**
 * Who a stored profile id stands for today: merges leave old ids in links and tokens.
 * @module
 */
import type { Queryable } from '../store/database.ts';

/**
 * Follows merges to the profile that is in use and keeps it from being merged or locked by others until the transaction
 * ends; null where it is gone.
 */
export async function holdSurvivor(tx: Queryable, profileId: number): Promise<number | null> {
  let id = profileId;
  for (;;) {
    const row = await tx
      .selectFrom('profiles')
      .select('merged_into')
      .where('id', '=', id)
      .forShare()
      .executeTakeFirst();
    if (row === undefined) return null;
    if (row.merged_into === null) return id;
    id = row.merged_into;
  }
}
