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
import { type CurrentAccount, loadCurrentAccounts } from '../profiles/accounts.ts';
import { loadRelated } from '../profiles/related.ts';
import type { Queryable } from '../store/database.ts';
import { audiencesOf } from './membership.ts';
import { loadMemberships } from './states.ts';

export type ProfileKind = 'person' | 'account';

export interface KnownProfile {
  readonly id: number;
  readonly userId: string | null;
  readonly facts: Facts;
}

interface Row {
  readonly id: number;
  readonly kind: ProfileKind;
  readonly user_id: string | null;
  readonly traits: JsonObject;
}

/** People, or accounts, with ids above `after`, by id; everything `condition` asks about is loaded. */
export async function nextProfiles(
  db: Queryable,
  kind: ProfileKind,
  condition: Condition,
  now: Instant,
  after: number,
  limit: number,
): Promise<KnownProfile[]> {
  const { rows } = await sql<Row>`
    select id, kind, user_id, traits from profiles
    where id > ${after} and kind = ${kind} and merged_into is null order by id limit ${limit}
  `.execute(db);
  return withFacts(db, kind, rows, condition, now);
}

/** One person or account, or undefined where there is none with this id. */
export async function oneProfile(
  db: Queryable,
  id: number,
  condition: Condition,
  now: Instant,
): Promise<KnownProfile | undefined> {
  const { rows } = await sql<Row>`select id, kind, user_id, traits from profiles where id = ${id}`.execute(db);
  const [row] = rows;
  return row === undefined ? undefined : (await withFacts(db, row.kind, rows, condition, now))[0];
}

/** Those of the people, or accounts, that there are, by id; everything `condition` asks about is loaded. */
export async function theseProfiles(
  db: Queryable,
  kind: ProfileKind,
  ids: readonly number[],
  condition: Condition,
  now: Instant,
): Promise<KnownProfile[]> {
  const { rows } = await sql<Row>`
    select id, kind, user_id, traits from profiles where id = any(${ids}) and kind = ${kind} order by id
  `.execute(db);
  return withFacts(db, kind, rows, condition, now);
}

async function withFacts(
  db: Queryable,
  kind: ProfileKind,
  rows: readonly Row[],
  condition: Condition,
  now: Instant,
): Promise<KnownProfile[]> {
  const ids = rows.map(({ id }) => id);
  const interest = interestOf(condition);
  const events = await loadFacts(db, ids, [interest], now, kind);
  const asksAccount = kind === 'person' && interest.traits.has('account');
  const accounts = asksAccount ? await loadCurrentAccounts(db, ids) : new Map<number, CurrentAccount>();
  const related = await loadRelated(db, kind, ids, interest.related);
  const memberships = interest.audiences.size > 0 ? await loadMemberships(db, ids) : new Map();
  return rows.map(({ id, user_id: userId, traits }) => {
    const account = accounts.get(id)?.traits;
    return {
      id,
      userId,
      facts: {
        traits: account === undefined ? traits : { ...traits, account },
        events: events.get(id) ?? [],
        related: related.get(id),
        audiences: audiencesOf({ memberships: memberships.get(id) ?? new Map() }),
      },
    };
  });
}
