/**
 * What was asked of others, for people to look at, and to be asked again.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export const ENRICHMENT_STATUSES = ['waiting', 'done', 'not-found', 'failing', 'failed'] as const;
export type EnrichmentStatus = (typeof ENRICHMENT_STATUSES)[number];

export interface ReadEnrichment {
  readonly enrichment: string;
  readonly profileId: number;
  readonly kind: 'person' | 'account';
  readonly userId: string | null;
  readonly status: EnrichmentStatus;
  /** Failures in a row. */
  readonly attempts: number;
  readonly url: string | null;
  readonly fetchedAt: Date | null;
  /** Null where its condition does not hold any more. */
  readonly dueAt: Date | null;
  readonly problem: string | null;
  readonly answer: JsonObject | null;
}

export interface EnrichmentsAsked {
  readonly enrichment?: string | undefined;
  readonly status?: EnrichmentStatus | undefined;
  /** After this one in the list. */
  readonly after: readonly [enrichment: string, profileId: number] | null;
  readonly limit: number;
}

/** By enrichment and profile. */
export async function readEnrichments(
  db: Queryable,
  { enrichment, status, after, limit }: EnrichmentsAsked,
): Promise<ReadEnrichment[]> {
  const rows = await db
    .selectFrom('enrichments as e')
    .innerJoin('profiles as p', 'p.id', 'e.profile_id')
    .select([
      'e.enrichment',
      'e.profile_id as profileId',
      'p.kind',
      'p.user_id as userId',
      'e.status',
      'e.attempts',
      'e.url',
      'e.fetched_at as fetchedAt',
      'e.due_at as dueAt',
      'e.wanted',
      'e.problem',
      'e.answer',
    ])
    .where('p.merged_into', 'is', null)
    .$if(enrichment !== undefined, (query) => query.where('e.enrichment', '=', enrichment ?? ''))
    .$if(status !== undefined, (query) => query.where('e.status', '=', status ?? 'done'))
    .$if(after !== null, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('e.enrichment', 'e.profile_id'), '>', tuple(after?.[0] ?? '', after?.[1] ?? 0)),
      ),
    )
    .orderBy('e.enrichment')
    .orderBy('e.profile_id')
    .limit(limit)
    .execute();
  return rows.map(({ wanted, dueAt, ...row }) => ({ ...row, dueAt: wanted ? dueAt : null }));
}

/** Makes those that failed due at once; of one enrichment, or of all. Says how many. */
export async function retryEnrichments(db: Queryable, enrichment: string | undefined, now: Instant): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('enrichments')
    .set({ due_at: new Date(now), attempts: 0 })
    .where('status', 'in', ['failing', 'failed'])
    .where('wanted', '=', true)
    .$if(enrichment !== undefined, (query) => query.where('enrichment', '=', enrichment ?? ''))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
