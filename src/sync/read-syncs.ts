/**
 * How syncs fare, and what each has told, for people to look at.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { Queryable } from '../store/database.ts';
import { callBody, deliveryId } from './attempt.ts';

export const DELIVERY_STATUSES = ['waiting', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface ReadSync {
  readonly key: string;
  /** Null where the workspace has no such sync any more. */
  readonly audience: string | null;
  readonly url: string | null;
  readonly waiting: number;
  /** Ever. */
  readonly delivered: number;
  /** Of those that are kept. */
  readonly failed: number;
  readonly oldestWaiting: { readonly queuedAt: Date; readonly age: Milliseconds } | null;
  readonly lastError: { readonly message: string; readonly at: Date } | null;
  /** Told to stop by its receiver. */
  readonly stopped: { readonly at: Date; readonly because: string } | null;
  readonly removedAt: Date | null;
}

interface SyncRow {
  readonly key: string;
  readonly waiting: number;
  readonly delivered: number;
  readonly failed: number;
  readonly oldest: Date | null;
  readonly last_error: string | null;
  readonly last_error_at: Date | null;
  readonly stopped_url: string | null;
  readonly stopped_at: Date | null;
  readonly stopped_because: string | null;
  readonly removed_at: Date | null;
}

/** Every sync of the workspace, and those that were in it as long as their queue is kept; by key. */
export async function readSyncs(db: Queryable, now: Instant): Promise<ReadSync[]> {
  const published = (await currentPublication(db))?.workspace.syncs ?? {};
  const { rows } = await sql<SyncRow>`
    select wanted.key, coalesce(s.delivered, 0) as delivered, s.last_error, s.last_error_at, s.stopped_url, s.stopped_at,
      s.stopped_because, s.removed_at,
      (select count(*) from sync_deliveries d where d.sync = wanted.key and d.status = 'waiting') as waiting,
      (select count(*) from sync_deliveries d where d.sync = wanted.key and d.status = 'failed') as failed,
      (select min(queued_at) from sync_deliveries d where d.sync = wanted.key and d.status = 'waiting') as oldest
    from (select unnest(${Object.keys(published)}::text[]) as key union select key from syncs) as wanted
    left join syncs s on s.key = wanted.key
    order by wanted.key
  `.execute(db);
  return rows.map((row) => {
    const { key, waiting, delivered, failed, oldest } = row;
    const definition = published[key];
    return {
      key,
      audience: definition?.audience ?? null,
      url: definition?.url ?? null,
      waiting,
      delivered,
      failed,
      oldestWaiting: oldest === null ? null : { queuedAt: oldest, age: Math.max(0, now - oldest.getTime()) },
      lastError: said(row.last_error, row.last_error_at, (message, at) => ({ message, at })),
      stopped:
        definition?.url === row.stopped_url
          ? said(row.stopped_because, row.stopped_at, (because, at) => ({ at, because }))
          : null,
      removedAt: row.removed_at,
    };
  });
}

/** Of every sync that {@link readSyncs} knows. */
export async function readSyncKeys(db: Queryable): Promise<string[]> {
  const published = (await currentPublication(db))?.workspace.syncs ?? {};
  const { rows } = await sql<{ key: string }>`select key from syncs`.execute(db);
  return [...new Set([...Object.keys(published), ...rows.map(({ key }) => key)])].sort();
}

export interface ReadDelivery {
  readonly id: string;
  readonly seq: number;
  readonly profileId: number;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly queuedAt: Date;
  readonly doneAt: Date | null;
  readonly error: string | null;
  /** What is sent. */
  readonly body: JsonObject;
}

export interface DeliveryFilter {
  readonly status?: DeliveryStatus | undefined;
  readonly profileId?: number | undefined;
  /** Only those before this one. */
  readonly before: number | null;
  readonly limit: number;
}

/** Newest first. */
export async function readDeliveries(
  db: Queryable,
  sync: string,
  { status, profileId, before, limit }: DeliveryFilter,
): Promise<ReadDelivery[]> {
  const rows = await db
    .selectFrom('sync_deliveries')
    .selectAll()
    .where('sync', '=', sync)
    .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'waiting'))
    .$if(profileId !== undefined, (query) => query.where('profile_id', '=', profileId ?? 0))
    .$if(before !== null, (query) => query.where('seq', '<', before ?? 0))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ seq, profile_id: profileId, type, at, body, status, attempts, error, ...row }) => {
    const delivery = {
      seq,
      type,
      at: at.getTime(),
      body: body as { audience: string; person: JsonObject; fields: JsonObject },
    };
    return {
      ...{ id: deliveryId(sync, delivery), seq, profileId, status, attempts, error },
      queuedAt: row.queued_at,
      doneAt: row.done_at,
      body: callBody(sync, delivery),
    };
  });
}

function said<T>(text: string | null, at: Date | null, both: (text: string, at: Date) => T): T | null {
  return text === null || at === null ? null : both(text, at);
}
