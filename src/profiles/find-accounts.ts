/**
 * Reading accounts by the caller's own ids, for people to look at.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Queryable } from '../store/database.ts';
import { accountTraits } from './accounts.ts';

export interface FoundAccount {
  /** The profile's. */
  readonly profileId: number;
  /** The caller's. */
  readonly id: string;
  readonly createdAt: Date;
  readonly traits: JsonObject;
  /** How many people belong to it. */
  readonly people: number;
}

export interface AccountMember {
  readonly profileId: number;
  /** Last. */
  readonly joinedAt: Date;
}

const columns = sql`account.id as "profileId", account.user_id as id, account.created_at as "createdAt",
  ${accountTraits} as traits, (select count(*) from account_members m where m.account_id = account.id) as people`;

/** Accounts in the order in which they came to be, from the one that follows `after`. */
export async function listAccounts(db: Queryable, after: number | null, limit: number): Promise<FoundAccount[]> {
  const { rows } = await sql<FoundAccount>`
    select ${columns} from profiles account
    where account.kind = 'account' and account.id > ${after ?? 0} order by account.id limit ${limit}
  `.execute(db);
  return rows;
}

/** The account that `groupId` names, or null. */
export async function findAccount(db: Queryable, id: string): Promise<FoundAccount | null> {
  const { rows } = await sql<FoundAccount>`
    select ${columns} from identities named join profiles account on account.id = named.profile_id
    where named.kind = 'account' and named.value = ${id}
  `.execute(db);
  return rows[0] ?? null;
}

/** Its people, those who joined last first. */
export function readAccountMembers(db: Queryable, accountId: number, limit: number): Promise<AccountMember[]> {
  return db
    .selectFrom('account_members')
    .select(['person_id as profileId', 'joined_at as joinedAt'])
    .where('account_id', '=', accountId)
    .orderBy('joined_at', 'desc')
    .orderBy('person_id', 'desc')
    .limit(limit)
    .execute();
}
