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
  readonly kind: 'person' | 'account';
  readonly userId: string | null;
  readonly traits: JsonObject;
  readonly appliedAt: Instant;
  readonly filledTo: number;
  /** Instants up to here are imported history. */
  readonly quietUntil?: Instant | undefined;
}

/**
 * Locks the profiles, in order of id so that two who lock several wait for each other at most. Profiles merged away are
 * left out. Whoever only refers to one of them, as a person who joins an account does, does not wait.
 * @param whenBusy what to do about those that others hold; `look`: they are only read, and nobody waits for anybody
 */
export async function lockProfileRows(
  db: Queryable,
  ids: readonly number[],
  whenBusy: 'wait' | 'skip' | 'look' = 'wait',
): Promise<ProfileRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{
    id: number;
    kind: ProfileRow['kind'];
    user_id: string | null;
    traits: JsonObject;
    applied_at: Date;
    filled_to: number;
    quiet_until: Date | null;
  }>`
    select id, kind, user_id, traits, applied_at, filled_to, quiet_until from profiles
    where id = any(${ids}) and merged_into is null
    order by id ${LOCKED[whenBusy]}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    userId: row.user_id,
    traits: row.traits,
    appliedAt: row.applied_at.getTime(),
    filledTo: row.filled_to,
    quietUntil: row.quiet_until?.getTime(),
  }));
}

const LOCKED = {
  wait: sql`for no key update`,
  skip: sql`for no key update skip locked`,
  look: sql``,
};

/** A profile without `traits` keeps those that are stored. */
export async function saveProfileRows(
  db: Queryable,
  profiles: readonly (Omit<ProfileRow, 'kind' | 'userId' | 'traits'> & { readonly traits: JsonObject | undefined })[],
): Promise<void> {
  if (profiles.length === 0) return;
  const rows = profiles.map(({ id, traits, appliedAt, filledTo, quietUntil }) => ({
    id,
    traits,
    applied_at: new Date(appliedAt),
    filled_to: filledTo,
    quiet_until: quietUntil === undefined ? null : new Date(quietUntil),
  }));
  await sql`
    update profiles set traits = coalesce(row.traits, profiles.traits), applied_at = row.applied_at,
      filled_to = row.filled_to, quiet_until = row.quiet_until
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id bigint, traits jsonb, applied_at timestamptz, filled_to bigint, quiet_until timestamptz)
    where profiles.id = row.id
  `.execute(db);
}
