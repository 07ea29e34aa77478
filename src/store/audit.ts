/**
 * The audit log: what people did to journeys and runs by hand, who and why. A line is written in the transaction that does it.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { jsonb } from './columns.ts';
import type { Queryable } from './database.ts';

/** Who does something by hand, and why. */
export interface ByHand {
  readonly by: string;
  readonly reason: string;
}

/** Likewise where nobody has to say why. */
export interface ByWhom {
  readonly by: string;
  readonly reason: string | null;
}

export interface AuditEntry {
  /** In the past tense: `paused`. */
  readonly did: string;
  readonly journey?: string;
  readonly run?: string;
  /** What else there is to know. */
  readonly detail?: JsonObject;
}

export interface ReadAudit {
  readonly id: number;
  readonly at: Date;
  readonly by: string;
  readonly did: string;
  readonly journey: string | null;
  readonly run: string | null;
  readonly reason: string | null;
  readonly detail: JsonObject;
}

export async function audit(
  tx: Queryable,
  { by, reason }: ByWhom,
  { did, journey, run, detail = {} }: AuditEntry,
  now: Instant,
): Promise<void> {
  await tx
    .insertInto('audit')
    .values({
      at: new Date(now),
      who: by,
      did,
      journey: journey ?? null,
      run_id: run ?? null,
      reason,
      detail: jsonb(detail),
    })
    .execute();
}

export interface AuditFilter {
  readonly journey?: string | undefined;
  readonly run?: string | undefined;
  /** The id of the last line of the page before. */
  readonly before?: number | null | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function readAudit(
  db: Queryable,
  { journey, run, before = null, limit }: AuditFilter,
): Promise<ReadAudit[]> {
  let query = db
    .selectFrom('audit')
    .select(['id', 'at', 'who as by', 'did', 'journey', 'run_id as run', 'reason', 'detail'])
    .orderBy('id', 'desc')
    .limit(limit);
  if (journey !== undefined) query = query.where('journey', '=', journey);
  if (run !== undefined) query = query.where('run_id', '=', run);
  if (before !== null) query = query.where('id', '<', before);
  return query.execute();
}
