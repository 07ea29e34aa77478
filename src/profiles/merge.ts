/**
 * Making two profiles one: names and accounts of `from` become those of `into`, whose traits win. Every row keeps the
 * profile it came from, so that a merge can be undone.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';
import type { MergeMoved } from '../store/tables-profiles.ts';

/** What a call names as two ids of one person: `from` is to become `into`. */
export interface MergeAsked<Profile> {
  readonly from: Profile;
  readonly into: Profile;
  /** Which of the profiles behind `from` the call named; undefined: itself. */
  readonly fromNamed: number | undefined;
  readonly intoNamed: number | undefined;
}

/**
 * Locks both for the rest of the transaction, in order of id, so that merges of the same people wait for each other.
 * @returns false where one of them is another by now; the ids are to be resolved anew then
 */
export async function lockForMerge(tx: Queryable, from: number, into: number): Promise<boolean> {
  const rows = await tx
    .selectFrom('profiles')
    .select(['id', 'merged_into'])
    .where('id', 'in', [from, into])
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.length === 2 && rows.every((row) => row.merged_into === null);
}

/** Moves what the profile rooms own. Events, memberships and runs are the caller's, in the same transaction. */
export async function mergeProfiles(
  tx: Queryable,
  from: number,
  into: number,
): Promise<Pick<MergeMoved, 'identities' | 'accounts'>> {
  const identities = await tx
    .updateTable('identities')
    .set({ profile_id: into, origin_id: sql<number>`coalesce(origin_id, profile_id)` })
    .where('profile_id', '=', from)
    .returning(['kind', 'value'])
    .execute();
  await sql`
    insert into account_members (account_id, person_id, joined_at)
    select account_id, ${into}::bigint, joined_at from account_members where person_id = ${from}
    on conflict (account_id, person_id) do update set joined_at = greatest(account_members.joined_at, excluded.joined_at)
  `.execute(tx);
  const left = await tx.deleteFrom('account_members').where('person_id', '=', from).returning('account_id').execute();
  await sql`
    update profiles p set
      traits = f.traits || p.traits,
      created_at = least(p.created_at, f.created_at),
      applied_at = greatest(p.applied_at, f.applied_at)
    from profiles f where f.id = ${from} and p.id = ${into}
  `.execute(tx);
  await sql`update profiles set merged_into = ${into}, user_id = null, traits = '{}' where id = ${from}`.execute(tx);
  return { identities, accounts: left.map(({ account_id }) => account_id) };
}
