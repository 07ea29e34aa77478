/**
 * Rows of `enrichments` whose time has come, and what becomes of them.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { EnrichmentCache } from '../store/tables-exchange.ts';

export interface DueEnrichment {
  readonly profileId: number;
  readonly enrichment: string;
  readonly attempts: number;
  readonly cache: EnrichmentCache;
  /** The address whose answer the profile has. */
  readonly lastUrl: string | null;
  /** The caller's id of the account or person; null for a visitor. */
  readonly name: string | null;
  readonly anonymousId: string | null;
  readonly traits: JsonObject;
  /** Of a person: the account joined last. */
  readonly account: { readonly name: string | null; readonly traits: JsonObject } | null;
  /** Until then nobody else takes the row. */
  readonly leasedUntil: Instant;
}

/** Leases the rows that are due longest. Profiles that became another are forgotten. */
export async function leaseDue(
  db: Queryable,
  keys: readonly string[],
  now: Instant,
  lease: Milliseconds,
  most: number,
): Promise<DueEnrichment[]> {
  const until = new Date(now + lease);
  const { rows } = await sql<{
    profile_id: number;
    enrichment: string;
    attempts: number;
    cache: EnrichmentCache;
    last_url: string | null;
    user_id: string | null;
    anonymous_id: string | null;
    traits: JsonObject;
    account_name: string | null;
    account_traits: JsonObject | null;
  }>`
    with due as (
      select profile_id, enrichment from enrichments
      where wanted and due_at <= ${new Date(now)} and enrichment = any(${keys})
      order by due_at limit ${most} for update skip locked
    ), leased as (
      update enrichments e set due_at = ${until} from due
      where e.profile_id = due.profile_id and e.enrichment = due.enrichment
      returning e.profile_id, e.enrichment, e.attempts, e.cache, case when e.fetched_at is null then null else e.url end as last_url
    )
    select leased.*, p.user_id, p.traits, a.user_id as account_name, a.traits as account_traits,
      (select min(value) from identities i where i.profile_id = p.id and i.kind = 'anonymous') as anonymous_id
    from leased join profiles p on p.id = leased.profile_id and p.merged_into is null
    left join lateral (
      select account.user_id, account.traits
      from account_members m join profiles account on account.id = m.account_id
      where m.person_id = p.id order by m.joined_at desc, m.account_id desc limit 1
    ) a on true
  `.execute(db);
  return rows.map((row) => ({
    ...{ profileId: row.profile_id, enrichment: row.enrichment, attempts: row.attempts, cache: row.cache },
    lastUrl: row.last_url,
    ...{ name: row.user_id, anonymousId: row.anonymous_id, traits: row.traits, leasedUntil: until.getTime() },
    account: row.account_traits === null ? null : { name: row.account_name, traits: row.account_traits },
  }));
}

export interface Settled {
  readonly status: 'done' | 'not-found' | 'failing' | 'failed';
  readonly dueAt: Instant;
  readonly attempts: number;
  readonly url: string;
  readonly problem: string | null;
  /** Absent: it stays as it is. */
  readonly answered?: { readonly at: Instant; readonly traits: JsonObject | null };
  readonly cache: EnrichmentCache;
}

/** Records what came of it. A row that was called for again meanwhile is due at once. */
export async function settle(tx: Queryable, due: DueEnrichment, settled: Settled): Promise<void> {
  const { status, attempts, url, problem, answered, cache } = settled;
  const next = new Date(settled.dueAt);
  await tx
    .updateTable('enrichments')
    .set({
      ...{ status, attempts, url, problem, cache: JSON.stringify(cache) },
      due_at: sql<Date>`case when due_at = ${new Date(due.leasedUntil)} then ${next} else least(due_at, ${next}) end`,
      ...(answered === undefined
        ? {}
        : {
            fetched_at: new Date(answered.at),
            answer: answered.traits === null ? null : JSON.stringify(answered.traits),
          }),
    })
    .where('profile_id', '=', due.profileId)
    .where('enrichment', '=', due.enrichment)
    .execute();
}
