/**
 * Making two profiles one: names, events, accounts and refusals of `from` become those of `into`, whose traits win.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';

/** Moves what the profile rooms own. Memberships and runs are the caller's, in the same transaction. */
export async function mergeProfiles(db: Queryable, from: number, into: number): Promise<void> {
  await db.selectFrom('profiles').select('id').where('id', 'in', [from, into]).orderBy('id').forUpdate().execute();
  await db.updateTable('identities').set({ profile_id: into }).where('profile_id', '=', from).execute();
  await db.updateTable('events').set({ profile_id: into }).where('profile_id', '=', from).execute();
  await sql`
    insert into account_members (account_id, person_id, joined_at)
    select account_id, ${into}, joined_at from account_members where person_id = ${from}
    on conflict do nothing
  `.execute(db);
  await db.deleteFrom('account_members').where('person_id', '=', from).execute();
  await sql`
    insert into suppressions (profile_id, category, at, cause)
    select ${into}, category, at, cause from suppressions where profile_id = ${from}
    on conflict do nothing
  `.execute(db);
  await db.deleteFrom('suppressions').where('profile_id', '=', from).execute();
  await sql`
    update profiles set
      traits = (select traits from profiles where id = ${from}) || traits,
      created_at = least(created_at, (select created_at from profiles where id = ${from})),
      applied_at = greatest(applied_at, (select applied_at from profiles where id = ${from}))
    where id = ${into}
  `.execute(db);
  await sql`update profiles set merged_into = ${into}, user_id = null, traits = '{}' where id = ${from}`.execute(db);
}
