/**
 * The facts of many profiles at once, for questions about them that change nothing.
 * @module
 */
import { sql } from 'kysely';
import type { Condition, JsonObject } from '../core/condition.ts';
import type { Facts } from '../core/facts.ts';
import { interestOf } from '../core/interest.ts';
import type { Instant } from '../core/time.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { loadAccountTraits } from '../profiles/rows.ts';
import type { Queryable } from '../store/database.ts';
import { audiencesOf } from './membership.ts';
import { loadMemberships } from './states.ts';

export interface KnownPerson {
  readonly id: number;
  readonly userId: string | null;
  readonly facts: Facts;
}

/** People with ids above `after`, by id; everything `condition` asks about is loaded. */
export async function nextPeople(
  db: Queryable,
  condition: Condition,
  now: Instant,
  after: number,
  limit: number,
): Promise<KnownPerson[]> {
  const { rows } = await sql<{ id: number; user_id: string | null; traits: JsonObject }>`
    select id, user_id, traits from profiles
    where id > ${after} and kind = 'person' and merged_into is null order by id limit ${limit}
  `.execute(db);
  return withFacts(db, rows, condition, now);
}

/** One person, or undefined where there is none with this id. */
export async function onePerson(
  db: Queryable,
  id: number,
  condition: Condition,
  now: Instant,
): Promise<KnownPerson | undefined> {
  const { rows } = await sql<{
    id: number;
    user_id: string | null;
    traits: JsonObject;
  }>`select id, user_id, traits from profiles where id = ${id}`.execute(db);
  return (await withFacts(db, rows, condition, now))[0];
}

async function withFacts(
  db: Queryable,
  rows: readonly { id: number; user_id: string | null; traits: JsonObject }[],
  condition: Condition,
  now: Instant,
): Promise<KnownPerson[]> {
  const ids = rows.map(({ id }) => id);
  const interest = interestOf(condition);
  const events = await loadFacts(db, ids, [interest], now);
  const accounts = interest.traits.has('account') ? await loadAccountTraits(db, ids) : new Map<number, JsonObject>();
  const memberships = interest.audiences.size > 0 ? await loadMemberships(db, ids) : new Map();
  return rows.map(({ id, user_id: userId, traits }) => {
    const account = accounts.get(id);
    return {
      id,
      userId,
      facts: {
        traits: account === undefined ? traits : { ...traits, account },
        events: events.get(id) ?? [],
        audiences: audiencesOf({ memberships: memberships.get(id) ?? new Map() }),
      },
    };
  });
}
