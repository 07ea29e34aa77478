/**
 * What people do not want to get any more, by category; `all` is every one.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { jsonb } from '../store/columns.ts';
import type { Queryable } from '../store/database.ts';

export const EVERY_CATEGORY = 'all';

/**
 * From the commit on, no message of the category is reserved for this person.
 * @param cause what made it so, for people to see
 * @returns false where it was so already
 */
export async function suppress(
  db: Queryable,
  profileId: number,
  category: string,
  at: Instant,
  cause: JsonObject,
): Promise<boolean> {
  const added = await db
    .insertInto('suppressions')
    .values({ profile_id: profileId, category, at: new Date(at), cause: jsonb(cause) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('category')
    .executeTakeFirst();
  return added !== undefined;
}

/** What either did not want, `into` does not want from now on. */
export async function moveSuppressions(tx: Queryable, from: number, into: number): Promise<void> {
  await sql`
    insert into suppressions (profile_id, category, at, cause)
    select ${into}::bigint, category, at, cause from suppressions where profile_id = ${from}
    on conflict do nothing
  `.execute(tx);
  await tx.deleteFrom('suppressions').where('profile_id', '=', from).execute();
}

/** Leaves to `from` and gives to `to` what each does not want. */
export async function partSuppressions(
  tx: Queryable,
  from: number,
  to: number,
  { stays, goes }: { readonly stays: ReadonlySet<string>; readonly goes: ReadonlySet<string> },
): Promise<void> {
  await sql`
    insert into suppressions (profile_id, category, at, cause)
    select ${to}::bigint, category, at, cause from suppressions
    where profile_id = ${from} and category = any(${[...goes]})
    on conflict do nothing
  `.execute(tx);
  await sql`delete from suppressions where profile_id = ${from} and not (category = any(${[...stays]}))`.execute(tx);
}

/** Every profile asked for has an entry. */
export async function suppressedCategories(
  db: Queryable,
  profileIds: readonly number[],
): Promise<Map<number, Set<string>>> {
  const categories = new Map<number, Set<string>>(profileIds.map((id) => [id, new Set()]));
  if (profileIds.length === 0) return categories;
  const rows = await db
    .selectFrom('suppressions')
    .select(['profile_id', 'category'])
    .where('profile_id', 'in', [...profileIds])
    .execute();
  for (const row of rows) categories.get(row.profile_id)?.add(row.category);
  return categories;
}
