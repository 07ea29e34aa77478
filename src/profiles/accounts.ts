/**
 * Accounts and the people who belong to them. People's transactions add rows and never touch the account's own, so that
 * an account of ten thousand people makes none of them wait; what they say of it reaches it through the inbox.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface CurrentAccount {
  readonly id: number;
  readonly traits: JsonObject;
  readonly joinedAt: Instant;
}

/** SQL for the traits of the account `account`: as it has them, and what the inbox still has to tell it. */
export const accountTraits = sql<JsonObject>`(account.traits || coalesce((
  select jsonb_object_agg(said.key, said.value order by inbox.id)
  from inbox, jsonb_each(inbox.body -> 'traits') as said
  where inbox.account_id = account.id), '{}'))`;

/** The account that each person joined last. */
export async function loadCurrentAccounts(
  db: Queryable,
  personIds: readonly number[],
): Promise<Map<number, CurrentAccount>> {
  if (personIds.length === 0) return new Map();
  const { rows } = await sql<{ person_id: number; id: number; joined_at: Date; traits: JsonObject }>`
    select person_id, account.id, joined_at, ${accountTraits} as traits
    from (
      select distinct on (person_id) person_id, account_id, joined_at from account_members
      where person_id = any(${personIds}) order by person_id, joined_at desc, account_id desc
    ) as latest
    join profiles account on account.id = latest.account_id
  `.execute(db);
  return new Map(
    rows.map(({ person_id, id, joined_at, traits }) => [person_id, { id, traits, joinedAt: joined_at.getTime() }]),
  );
}

export async function loadAccountTraits(db: Queryable, accountId: number): Promise<JsonObject> {
  const { rows } = await sql<{ traits: JsonObject }>`
    select ${accountTraits} as traits from profiles account where id = ${accountId}
  `.execute(db);
  return rows[0]?.traits ?? {};
}

/** @returns true where the person had never joined this account before */
export async function joinAccount(
  db: Queryable,
  { accountId, personId, at }: { readonly accountId: number; readonly personId: number; readonly at: Instant },
): Promise<boolean> {
  const { rows } = await sql<{ first: boolean }>`
    insert into account_members as known (account_id, person_id, joined_at)
    values (${accountId}, ${personId}, ${new Date(at)})
    on conflict (account_id, person_id) do update set joined_at = greatest(known.joined_at, excluded.joined_at)
    returning xmax = 0 as first
  `.execute(db);
  return rows[0]?.first === true;
}

/** Every account that each of these people belongs to. */
export async function loadAccountsOf(db: Queryable, personIds: readonly number[]): Promise<Map<number, number[]>> {
  const accounts = new Map<number, number[]>(personIds.map((id) => [id, []]));
  if (personIds.length === 0) return accounts;
  const rows = await db
    .selectFrom('account_members')
    .select(['person_id', 'account_id'])
    .where('person_id', 'in', personIds)
    .orderBy('account_id')
    .execute();
  for (const { person_id, account_id } of rows) accounts.get(person_id)?.push(account_id);
  return accounts;
}
