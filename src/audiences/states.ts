/**
 * Where memberships are kept: a row per profile and audience that matters, and a log of every entry and exit.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { Change, Membership, Subject } from './membership.ts';

export async function loadMemberships(
  db: Queryable,
  profileIds: readonly number[],
): Promise<Map<number, Map<string, Membership>>> {
  const states = new Map<number, Map<string, Membership>>(profileIds.map((id) => [id, new Map()]));
  if (profileIds.length === 0) return states;
  const { rows } = await sql<{
    profile_id: number;
    audience: string;
    member: boolean;
    since: Date;
    due_at: Date | null;
  }>`
    select profile_id, audience, member, since, due_at from audience_states where profile_id = any(${profileIds})
  `.execute(db);
  for (const row of rows) {
    states.get(row.profile_id)?.set(row.audience, {
      member: row.member,
      since: row.since.getTime(),
      dueAt: row.due_at === null ? null : row.due_at.getTime(),
    });
  }
  return states;
}

/** Stores what {@link reevaluate} left dirty; rows that say nothing any more are deleted. */
export async function saveMemberships(db: Queryable, subjects: Iterable<readonly [number, Subject]>): Promise<void> {
  const kept: object[] = [];
  const gone: object[] = [];
  for (const [profileId, subject] of subjects) {
    for (const audience of subject.dirty) {
      const state = subject.memberships.get(audience);
      if (state === undefined || (!state.member && state.dueAt === null))
        gone.push({ profile_id: profileId, audience });
      else {
        const { member, since, dueAt } = state;
        kept.push({
          profile_id: profileId,
          audience,
          member,
          since: new Date(since),
          due_at: dueAt === null ? null : new Date(dueAt),
        });
      }
    }
  }
  if (kept.length > 0) {
    await sql`
      insert into audience_states (profile_id, audience, member, since, due_at)
      select * from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb)
        as row (profile_id bigint, audience text, member boolean, since timestamptz, due_at timestamptz)
      on conflict (profile_id, audience) do update set member = excluded.member, since = excluded.since, due_at = excluded.due_at
    `.execute(db);
  }
  if (gone.length > 0) {
    await sql`
      delete from audience_states using jsonb_to_recordset(${JSON.stringify(gone)}::jsonb) as row (profile_id bigint, audience text)
      where audience_states.profile_id = row.profile_id and audience_states.audience = row.audience
    `.execute(db);
  }
}

/** @returns the ids of the rows, in the order of the changes */
export async function logChanges(
  db: Queryable,
  changes: readonly (Change & { readonly profileId: number })[],
  now: Instant,
): Promise<number[]> {
  if (changes.length === 0) return [];
  const rows = changes.map(({ profileId, audience, entered, at, cause }) => ({
    profile_id: profileId,
    audience,
    entered,
    at: new Date(at),
    cause,
  }));
  const { rows: logged } = await sql<{ id: number }>`
    insert into audience_changes (profile_id, audience, entered, at, cause, recorded_at)
    select profile_id, audience, entered, at, cause, ${new Date(now)}
    from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as (profile_id bigint, audience text, entered boolean, at timestamptz, cause text)
    ) with ordinality as row (profile_id, audience, entered, at, cause, place)
    order by place
    returning id
  `.execute(db);
  return logged.map(({ id }) => id).sort((a, b) => a - b);
}

/** Drops the states of audiences that are not in the workspace any more. */
export async function forgetAudiencesBut(db: Queryable, keys: readonly string[]): Promise<void> {
  await sql`delete from audience_states where not (audience = any(${keys}))`.execute(db);
}
