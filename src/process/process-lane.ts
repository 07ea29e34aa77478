/**
 * The way of an event, from the inbox to what it changed: one transaction for a batch of one or more lanes.
 * @module
 */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { withTags } from '../core/tags.ts';
import type { Clock } from '../core/time.ts';
import { type IncomingEvent, LANES } from '../ingest/inbox.ts';
import { resolveIdentities } from '../profiles/identity.ts';
import { type Places, withPlaces } from '../runs/entry-places.ts';
import type { Database, Queryable } from '../store/database.ts';
import { mayPass } from '../store/fault.ts';
import { guardedBy } from '../tracking-plan/enforce.ts';
import { holdEvents } from '../tracking-plan/held-events.ts';
import type { Applying } from './apply.ts';
import { applyBatch, PeopleMovedError } from './apply-batch.ts';
import type { Catalog, CatalogShelf, ClosedJourneys } from './catalog.ts';
import { mergePeople } from './merge-people.ts';

/** What the processing of events needs. */
export interface Processing {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogs: CatalogShelf;
  readonly log: Logger;
}

/** Events in one transaction, at most. */
export const BATCH = 250;
const LANE_LOCKS = 4_217_100;

interface Waiting {
  readonly id: number;
  readonly event: IncomingEvent;
}

interface Next {
  /** Oldest first. */
  readonly batch: readonly Waiting[];
  /** One of those that are leased. */
  readonly lane: number;
  readonly publicationId: number | null;
  readonly closed: ClosedJourneys | null;
}

/**
 * Processes the next events of these lanes, oldest first, and says how many. 0: there are none, or others have the lanes.
 *
 * A lane is leased by an advisory lock that lives as long as the transaction, so that a processor that dies, or one
 * that was believed dead, can never work on a person at the same time as another.
 */
export async function processLanes(
  lanes: readonly number[],
  processing: Processing,
  most: number = BATCH,
): Promise<number> {
  try {
    return await withPlaces(processing.db, (tx, places) => processNext(tx, lanes, processing, most, places));
  } catch (error) {
    // Whoever the events name is found anew.
    if (error instanceof PeopleMovedError) return processLanes(lanes, processing, most);
    throw error;
  }
}

async function processNext(
  tx: Queryable,
  lanes: readonly number[],
  processing: Processing,
  most: number,
  places: Places,
): Promise<number> {
  const { batch, lane, publicationId, closed } = await leaseNext(tx, lanes, most);
  if (batch.length === 0) return 0;
  const catalog = await processing.catalogs.at(tx, publicationId, closed);
  if (catalog === null) return 0;

  const fresh = await notCountedYet(tx, batch);
  const guarded = guardedBy(catalog.trackingPlan, fresh);
  const resolved = await resolveIdentities(
    tx,
    guarded.passing.map(({ event }) => event),
  );
  const applying: Applying = { catalog, versions: processing.catalogs.versions, places };
  const now = processing.clock.now();
  // What a merge stands before is left for the next batch, and so is whatever comes after it.
  const next = guarded.passing[resolved.upTo];
  const done = next === undefined ? batch : batch.slice(0, batch.indexOf(next));
  await forget(tx, next === undefined ? [] : fresh.slice(fresh.indexOf(next)));
  if (resolved.upTo === 0 && resolved.merge !== null && next !== undefined) {
    const { messageId, occurredAt, silent = false } = next.event;
    await mergePeople(tx, resolved.merge, { messageId, at: Date.parse(occurredAt), silent }, applying, now);
  } else {
    const ready = guarded.passing.slice(0, resolved.upTo).map(({ event }) => ({ event: tagged(event, catalog) }));
    await applyBatch(tx, ready, resolved, applying, now);
  }
  await guarded.settle(tx, done, { lane, publicationId: catalog.publicationId, now });
  return removeFromInbox(tx, done);
}

/** Conditions see the tags of an event as its properties. */
function tagged(event: IncomingEvent, { tags = [] }: Catalog): IncomingEvent {
  const properties = withTags(tags, event.name, event.properties);
  return properties === event.properties ? event : { ...event, properties };
}

/**
 * Works lanes off and says how many events that were. An event that cannot be applied whatever one does is put aside
 * with the reason, so that it does not hold up the others.
 */
export async function workLanes(lanes: readonly number[], processing: Processing): Promise<number> {
  try {
    return await processLanes(lanes, processing);
  } catch (error) {
    if (mayPass(error)) throw error;
  }
  let worked = 0;
  for (const lane of lanes) worked += await workCarefully(lane, processing);
  return worked;
}

/** One event of a lane that holds one which cannot be applied. */
async function workCarefully(lane: number, processing: Processing): Promise<number> {
  try {
    return await processLanes([lane], processing, 1);
  } catch (error) {
    if (mayPass(error)) throw error;
    return putAside(lane, processing, error instanceof Error ? error.message : String(error));
  }
}

async function putAside(lane: number, { db, clock, log }: Processing, reason: string): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { batch } = await leaseNext(tx, [lane], 1);
    for (const { event } of batch) {
      log.error({ messageId: event.messageId, reason }, 'an event could not be applied and was put aside');
      await holdEvents(tx, [{ event, reason, counted: false }], clock.now());
    }
    return removeFromInbox(tx, batch);
  });
}

/** Waits for whoever works on this lane, and keeps it from being worked on until the transaction ends. */
export async function holdLane(tx: Queryable, lane: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(current_schema()), ${LANE_LOCKS + lane}::int)`.execute(tx);
}

/** Waits for whoever works on a lane, and keeps every lane from being worked on until the transaction ends. */
export async function holdLanes(tx: Queryable): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtext(current_schema()), ${LANE_LOCKS}::int + lane)
    from generate_series(0, ${LANES - 1}::int) as lane
  `.execute(tx);
}

/**
 * Leases those of the lanes that nobody else has, and reads what is next in them. What another processor has done between
 * this statement's look at the inbox and its lease of the lane is seen once more, and left out as counted already. The
 * publication is looked up once the lanes are leased: whoever waits for all lanes then knows that no older one is worked by.
 */
async function leaseNext(tx: Queryable, lanes: readonly number[], most: number): Promise<Next> {
  const { rows } = await sql<{
    id: number;
    lane: number;
    body: IncomingEvent;
    publication: number | null;
    closed: ClosedJourneys | null;
  }>`
    with mine as materialized (
      select lane from unnest(${lanes}::int[]) as lane
      where pg_try_advisory_xact_lock(hashtext(current_schema()), ${LANE_LOCKS}::int + lane)
    )
    select next.id, mine.lane, next.body, (select newest_publication() where (select count(*) from mine) >= 0) as publication,
      (select closed_journeys() where (select count(*) from mine) >= 0) as closed
    from mine, lateral (select id, body from inbox where inbox.lane = mine.lane order by id limit ${most}) as next
    order by next.id limit ${most}
  `.execute(tx);
  const { lane = 0, publication: publicationId = null, closed = null } = rows[0] ?? {};
  return { batch: rows.map(({ id, body: event }) => ({ id, event })), lane, publicationId, closed };
}

/** Counts message ids; those seen before, in this batch or ever, are left out. News has none, and is told once by being there. */
async function notCountedYet(tx: Queryable, batch: readonly Waiting[]): Promise<Waiting[]> {
  const events = batch.filter(({ event }) => event.news === undefined).map(({ event }) => event);
  const { rows } = await sql<{ message_id: string }>`
    insert into message_ids (message_id, received_at)
    select message_id, received_at::timestamptz
    from unnest(${events.map(({ messageId }) => messageId)}::text[], ${events.map(({ receivedAt }) => receivedAt)}::text[]) as row (message_id, received_at)
    on conflict do nothing
    returning message_id
  `.execute(tx);
  const counted = new Set(rows.map((row) => row.message_id));
  const news = events.length === batch.length ? new Set<number>() : await stillWaiting(tx, batch);
  return batch.filter(({ id, event }) => (event.news === undefined ? counted.delete(event.messageId) : news.has(id)));
}

async function stillWaiting(tx: Queryable, batch: readonly Waiting[]): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`
    select id from inbox where id = any(${batch.map(({ id }) => id)})
  `.execute(tx);
  return new Set(rows.map(({ id }) => id));
}

/** Takes back the count of events that are left for the next batch. */
async function forget(tx: Queryable, waiting: readonly Waiting[]): Promise<void> {
  if (waiting.length === 0) return;
  await tx
    .deleteFrom('message_ids')
    .where(
      'message_id',
      'in',
      waiting.map(({ event }) => event.messageId),
    )
    .execute();
}

async function removeFromInbox(tx: Queryable, batch: readonly Waiting[]): Promise<number> {
  if (batch.length > 0) await sql`delete from inbox where id = any(${batch.map(({ id }) => id)})`.execute(tx);
  return Math.max(batch.length, 1);
}
