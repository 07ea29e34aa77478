/**
 * Reading profiles by the caller's own ids, for people to look at.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Queryable } from '../store/database.ts';

/** What a person is called outside: by user id, or by an anonymous id while nobody knows who it is. */
export interface PersonName {
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** Of an account: its id. */
  readonly account?: string;
}

export interface FoundPerson {
  /** The profile's. */
  readonly id: number;
  readonly userId: string | null;
  readonly traits: JsonObject;
  readonly createdAt: Date;
  /** Every id that names this person. */
  readonly identities: readonly { readonly kind: 'user' | 'anonymous' | 'account'; readonly value: string }[];
  readonly accounts: readonly { readonly id: string | null; readonly traits: JsonObject; readonly joinedAt: Date }[];
}

/** The profile that this user id names, else this anonymous id; after a merge the one that was merged into. */
export async function findPersonId(db: Queryable, id: string): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    with recursive named (id) as (
      (select profile_id from identities where value = ${id} and kind in ('user', 'anonymous') order by kind desc limit 1)
      union
      select merged_into from named join profiles using (id) where merged_into is not null
    )
    select id from named join profiles using (id) where merged_into is null
  `.execute(db);
  return rows[0]?.id ?? null;
}

/** Is it the anonymous id of somebody, and nobody's user id? */
export async function isAnonymousOnly(db: Queryable, id: string): Promise<boolean> {
  const kinds = db.selectFrom('identities').select('kind').where('value', '=', id);
  const rows = await kinds.where('kind', 'in', ['user', 'anonymous']).execute();
  return rows.length > 0 && rows.every(({ kind }) => kind === 'anonymous');
}

/** The person that a user id or an anonymous id names, or null. */
export async function findPerson(db: Queryable, id: string): Promise<FoundPerson | null> {
  const profileId = await findPersonId(db, id);
  if (profileId === null) return null;
  const [profile, identities, accounts] = await Promise.all([
    db
      .selectFrom('profiles')
      .select(['id', 'user_id', 'traits', 'created_at'])
      .where('id', '=', profileId)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('identities')
      .select(['kind', 'value'])
      .where('profile_id', '=', profileId)
      .orderBy('kind', 'desc')
      .orderBy('value')
      .execute(),
    db
      .selectFrom('account_members')
      .innerJoin('profiles', 'profiles.id', 'account_members.account_id')
      .select(['profiles.user_id as id', 'profiles.traits', 'account_members.joined_at as joinedAt'])
      .where('person_id', '=', profileId)
      .orderBy('joined_at')
      .execute(),
  ]);
  return {
    id: profile.id,
    userId: profile.user_id,
    traits: profile.traits,
    createdAt: profile.created_at,
    identities,
    accounts,
  };
}

/** What these profiles are called; of several anonymous ids the first by their order. */
export async function namesOf(db: Queryable, profileIds: readonly number[]): Promise<Map<number, PersonName>> {
  if (profileIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('profiles')
    .leftJoin('identities', (join) =>
      join.onRef('identities.profile_id', '=', 'profiles.id').on('identities.kind', '=', 'anonymous'),
    )
    .select(({ fn }) => [
      'profiles.id',
      'profiles.user_id as userId',
      'profiles.kind',
      fn.min<string | null>('identities.value').as('anonymousId'),
    ])
    .where('profiles.id', 'in', [...new Set(profileIds)])
    .groupBy('profiles.id')
    .execute();
  return new Map(
    rows.map(({ id, userId, anonymousId, kind }) => {
      const account = kind === 'account' && userId !== null ? { account: userId } : {};
      return [id, { userId, anonymousId, ...account }];
    }),
  );
}
