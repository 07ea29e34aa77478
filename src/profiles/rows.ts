/**
 * Reading profiles under lock and storing what an event changed in them.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface ProfileRow {
  readonly id: number;
  readonly userId: string | null;
  readonly traits: JsonObject;
  readonly appliedAt: Instant;
  readonly filledTo: number;
}

/** Locks the profiles, in order of id so that two who lock several wait for each other at most. Profiles merged away are left out. */
export async function lockProfiles(
  db: Queryable,
  ids: readonly number[],
  whenBusy: 'wait' | 'skip' = 'wait',
): Promise<ProfileRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{
    id: number;
    user_id: string | null;
    traits: JsonObject;
    applied_at: Date;
    filled_to: number;
  }>`
    select id, user_id, traits, applied_at, filled_to from profiles
    where id = any(${ids}) and merged_into is null
    order by id for update ${whenBusy === 'skip' ? sql`skip locked` : sql``}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    traits: row.traits,
    appliedAt: row.applied_at.getTime(),
    filledTo: row.filled_to,
  }));
}

/** The traits of the account each person joined last. */
export async function loadAccountTraits(db: Queryable, personIds: readonly number[]): Promise<Map<number, JsonObject>> {
  if (personIds.length === 0) return new Map();
  const { rows } = await sql<{ person_id: number; traits: JsonObject }>`
    select distinct on (m.person_id) m.person_id, p.traits
    from account_members m join profiles p on p.id = m.account_id
    where m.person_id = any(${personIds})
    order by m.person_id, m.joined_at desc
  `.execute(db);
  return new Map(rows.map((row) => [row.person_id, row.traits]));
}

export async function saveProfiles(db: Queryable, profiles: readonly ProfileRow[]): Promise<void> {
  if (profiles.length === 0) return;
  const rows = profiles.map(({ id, traits, appliedAt, filledTo }) => ({
    id,
    traits,
    applied_at: new Date(appliedAt),
    filled_to: filledTo,
  }));
  await sql`
    update profiles set traits = row.traits, applied_at = row.applied_at, filled_to = row.filled_to
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id bigint, traits jsonb, applied_at timestamptz, filled_to bigint)
    where profiles.id = row.id
  `.execute(db);
}

/** Stores account traits and who belongs to the account; returns the members whose conditions may look at them. */
export async function saveAccount(
  db: Queryable,
  account: {
    readonly id: number;
    readonly said: JsonObject | undefined;
    readonly personId: number | undefined;
    readonly at: Instant;
  },
): Promise<JsonObject> {
  const { rows } = await sql<{ traits: JsonObject }>`
    update profiles set traits = traits || ${JSON.stringify(account.said ?? {})}::jsonb where id = ${account.id} returning traits
  `.execute(db);
  if (account.personId !== undefined) {
    await sql`
      insert into account_members (account_id, person_id, joined_at)
      values (${account.id}, ${account.personId}, ${new Date(account.at)})
      on conflict (account_id, person_id) do update set joined_at = greatest(account_members.joined_at, excluded.joined_at)
    `.execute(db);
  }
  return rows[0]?.traits ?? {};
}
