/**
 * Events that were kept aside, because they violate the tracking plan or cannot be applied: looked at, put back to be
 * processed, or discarded on purpose.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { Violation } from './check.ts';
import { countByHand } from './counts.ts';

export interface ToHold {
  readonly event: IncomingEvent;
  /** Continues a sentence that begins with the event. */
  readonly reason: string;
  /** Whether its message id counts as seen already. */
  readonly counted: boolean;
  /** Of the tracking plan; absent where the event is held for another reason. */
  readonly violations?: readonly Violation[];
  readonly publicationId?: number;
}

/** Keeps events aside, in one statement. */
export async function holdEvents(db: Queryable, held: readonly ToHold[], now: Instant): Promise<void> {
  if (held.length === 0) return;
  const rows = held.map(({ event, reason, counted, violations = null, publicationId = null }) => ({
    ...{ event: event.name, message_id: event.messageId, received_at: event.receivedAt, body: event },
    ...{ reason, counted, violations, publication_id: publicationId },
  }));
  await sql`
    insert into held_events (event, message_id, received_at, body, reason, counted, violations, publication_id, held_at)
    select *, ${new Date(now)} from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (
      event text, message_id text, received_at timestamptz, body jsonb, reason text, counted boolean, violations jsonb,
      publication_id bigint)
  `.execute(db);
}

export interface HeldEvent {
  readonly id: number;
  readonly event: IncomingEvent;
  readonly reason: string;
  readonly heldAt: Date;
  readonly violations: readonly Violation[] | null;
  readonly publicationId: number | null;
  readonly discardedAt: Date | null;
  readonly discardedBecause: string | null;
}

/** Which held events are meant; all conditions hold together. */
export interface HeldFilter {
  readonly ids?: readonly number[] | undefined;
  readonly event?: string | undefined;
  /** A user id, or an anonymous id. */
  readonly person?: string | undefined;
  /** The property that violates the plan. */
  readonly field?: string | undefined;
}

/** Those in hand, or those that were discarded; from the one that follows `after`. */
export async function readHeldEvents(
  db: Queryable,
  filter: HeldFilter & { readonly discarded?: boolean },
  after: number | null,
  limit: number,
): Promise<HeldEvent[]> {
  const { rows } = await sql<HeldEvent>`
    select id, body as event, reason, held_at as "heldAt", violations, publication_id as "publicationId",
      discarded_at as "discardedAt", discarded_because as "discardedBecause"
    from held_events
    where id > ${after ?? 0} and discarded_at is ${filter.discarded === true ? sql`not null` : sql`null`} and ${matches(filter)}
    order by id limit ${limit}
  `.execute(db);
  return rows;
}

/** How many events are in hand, by name. */
export async function countHeldEvents(db: Queryable): Promise<Map<string, number>> {
  const { rows } = await sql<{ event: string; count: number }>`
    select event, count(*) as count from held_events where discarded_at is null group by event
  `.execute(db);
  return new Map(rows.map(({ event, count }) => [event, count]));
}

const AT_ONCE = 500;

/**
 * Puts held events back into the inbox, where they are checked again by the plan in force then.
 * @returns how many
 */
export async function releaseHeldEvents(db: Database, filter: HeldFilter): Promise<number> {
  return inBatches(db, filter, async (tx, ids) => {
    const { rows } = await sql<{ id: number; event: IncomingEvent; counted: boolean; planned: boolean }>`
      delete from held_events where id = any(${ids})
      returning id, body as event, counted, violations is not null as planned
    `.execute(tx);
    rows.sort((a, b) => a.id - b.id);
    const counted = rows.flatMap((row) => (row.counted ? [row.event.messageId] : []));
    if (counted.length > 0) await sql`delete from message_ids where message_id = any(${counted})`.execute(tx);
    await countByHand(tx, 'released', namesOfPlanned(rows));
    await putInInbox(
      tx,
      rows.map(({ event }) => event),
    );
  });
}

/**
 * Gives held events up. They stay on record with the reason, and are never processed.
 * @returns how many
 */
export async function discardHeldEvents(
  db: Database,
  filter: HeldFilter,
  because: string,
  now: Instant,
): Promise<number> {
  return inBatches(db, filter, async (tx, ids) => {
    const { rows } = await sql<{ event: IncomingEvent; planned: boolean }>`
      update held_events set discarded_at = ${new Date(now)}, discarded_because = ${because} where id = any(${ids})
      returning body as event, violations is not null as planned
    `.execute(tx);
    await countByHand(tx, 'discarded', namesOfPlanned(rows));
  });
}

function namesOfPlanned(rows: readonly { readonly event: IncomingEvent; readonly planned: boolean }[]): string[] {
  return rows.flatMap(({ event, planned }) => (planned ? [event.name] : []));
}

/** Events that are held while this is under way are left alone, or releasing what violates the plan would never end. */
async function inBatches(
  db: Database,
  filter: HeldFilter,
  work: (tx: Queryable, ids: readonly number[]) => Promise<void>,
): Promise<number> {
  const { rows: last } = await sql<{ id: number | null }>`select max(id) as id from held_events`.execute(db);
  const upTo = last[0]?.id ?? 0;
  let count = 0;
  for (let after = 0; ; ) {
    const from = after;
    const ids = await db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: number }>`
        select id from held_events
        where id > ${from} and id <= ${upTo} and discarded_at is null and ${matches(filter)}
        order by id limit ${AT_ONCE} for update
      `.execute(tx);
      const found = rows.map(({ id }) => id);
      if (found.length > 0) await work(tx, found);
      return found;
    });
    const end = ids.at(-1);
    if (end === undefined) return count;
    count += ids.length;
    after = end;
  }
}

function matches({ ids, event, person, field }: HeldFilter) {
  const conditions = [
    ...(ids === undefined ? [] : [sql<boolean>`id = any(${ids})`]),
    ...(event === undefined ? [] : [sql<boolean>`event = ${event}`]),
    ...(person === undefined ? [] : [sql<boolean>`${person} in (body->>'userId', body->>'anonymousId')`]),
    ...(field === undefined ? [] : [sql<boolean>`violations @> ${JSON.stringify([{ field }])}::jsonb`]),
  ];
  return conditions.length === 0 ? sql<boolean>`true` : sql.join(conditions, sql` and `);
}
