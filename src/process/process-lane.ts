/**
 * The way of an event, from the inbox to what it changed: one transaction for a batch of one or more lanes.
 * @module
 */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Clock, Instant } from '../core/time.ts';
import { appendEvents, isDeed, type LoggedEvent } from '../ingest/event-log.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import { type ProfileRef, resolveIdentities } from '../profiles/identity.ts';
import { saveAccount } from '../profiles/rows.ts';
import { applyTraits } from '../profiles/traits.ts';
import type { Database, Queryable } from '../store/database.ts';
import { mayPass } from '../store/fault.ts';
import { type Applying, applyHappening } from './apply.ts';
import type { CatalogShelf } from './catalog.ts';
import { mergePeople } from './merge-people.ts';
import { loadPeople, type Person, savePeople } from './person.ts';

/** What the processing of events needs. */
export interface Processing {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogs: CatalogShelf;
  readonly log: Logger;
}

/** Events in one transaction, at most. */
export const BATCH = 100;
const LANE_LOCKS = 4_217_100;

interface Waiting {
  readonly id: number;
  readonly event: IncomingEvent;
}

interface Next {
  /** Oldest first. */
  readonly batch: readonly Waiting[];
  readonly publicationId: number | null;
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
  return processing.db.transaction().execute(async (tx) => {
    const { batch, publicationId } = await leaseNext(tx, lanes, most);
    if (batch.length === 0) return 0;
    const catalog = await processing.catalogs.at(tx, publicationId);
    if (catalog === null) return 0;

    const fresh = await notCountedYet(tx, batch);
    const resolved = await resolveIdentities(
      tx,
      fresh.map(({ event }) => event),
    );
    const applying: Applying = { catalog, versions: processing.catalogs.versions };
    const now = processing.clock.now();
    if (resolved.upTo === 0 && resolved.merge !== null && fresh[0] !== undefined) {
      await mergePeople(
        tx,
        resolved.merge.from,
        resolved.merge.into,
        Date.parse(fresh[0].event.occurredAt),
        applying,
        now,
      );
      // The event itself is next: it finds one person now.
      await forget(tx, [fresh[0]]);
      return removeFromInbox(tx, batch.slice(0, batch.indexOf(fresh[0])));
    }
    const ready = fresh.slice(0, resolved.upTo);
    const rest = fresh.slice(resolved.upTo);
    await forget(tx, rest);
    await applyBatch(tx, ready, resolved.people, resolved.accounts, applying, now);
    const done = rest[0] === undefined ? batch : batch.slice(0, batch.indexOf(rest[0]));
    return removeFromInbox(tx, done);
  });
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

async function putAside(lane: number, { db, log }: Processing, reason: string): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { batch } = await leaseNext(tx, [lane], 1);
    for (const { event } of batch) {
      log.error({ messageId: event.messageId, reason }, 'an event could not be applied and was put aside');
      await hold(tx, event, reason);
    }
    return removeFromInbox(tx, batch);
  });
}

async function applyBatch(
  tx: Queryable,
  batch: readonly Waiting[],
  people: readonly (ProfileRef | undefined)[],
  accounts: readonly (ProfileRef | undefined)[],
  applying: Applying,
  now: Instant,
): Promise<void> {
  const ids = [...new Set(people.flatMap((ref) => ref?.id ?? []))];
  const earliest = Math.min(now, ...batch.map(({ event }) => Date.parse(event.occurredAt)));
  const loaded = await loadPeople(tx, applying.catalog, applying.versions, ids, earliest);
  const logged: LoggedEvent[] = [];

  for (const [index, { event }] of batch.entries()) {
    const ref = people[index];
    const person = ref === undefined ? undefined : loaded.get(ref.id);
    const account = accounts[index];
    const at = Date.parse(event.occurredAt);
    const accountTraits =
      account === undefined
        ? undefined
        : await saveAccount(tx, { id: account.id, said: event.traits, personId: person?.id, at });
    if (account !== undefined) await touchOtherMembers(tx, account.id, person?.id, event);
    if (person === undefined) {
      if (account === undefined) await hold(tx, event, 'it names nobody: neither userId nor anonymousId');
      continue;
    }
    person.userId = ref?.userId ?? person.userId;
    const byEngine = event.profileId !== undefined;
    applyHappening(
      person,
      {
        at,
        ...(isDeed(event.type)
          ? {
              event: {
                name: event.name,
                at,
                properties: event.properties,
                messageId: event.messageId,
                ...(byEngine ? { byEngine } : {}),
              },
            }
          : {}),
        ...(event.type === 'identify' ? traitsSaid(person, event) : {}),
        ...(accountTraits === undefined ? {} : { account: accountTraits }),
      },
      applying,
    );
    logged.push({
      profileId: person.id,
      name: event.name,
      type: event.type,
      byEngine,
      at,
      receivedAt: event.receivedAt,
      messageId: event.messageId,
      properties: event.properties,
      context: event.context,
    });
  }
  await appendEvents(tx, logged);
  await savePeople(tx, loaded.values(), now);
}

function traitsSaid(person: Person, event: IncomingEvent) {
  const { traits, changed } = applyTraits(person.ownTraits, event.traits);
  return { traits: { after: traits, changed } };
}

/** The other people of an account hear of its new traits by an event of the engine's own, each in their own lane. */
async function touchOtherMembers(
  tx: Queryable,
  accountId: number,
  personId: number | undefined,
  event: IncomingEvent,
): Promise<void> {
  if (event.profileId !== undefined || Object.keys(event.traits ?? {}).length === 0) return;
  const members = await tx
    .selectFrom('account_members')
    .select('person_id')
    .where('account_id', '=', accountId)
    .where('person_id', '!=', personId ?? 0)
    .execute();
  await putInInbox(
    tx,
    members.map(({ person_id }) => ({
      type: 'group',
      name: 'group',
      messageId: `${event.messageId}:member:${person_id}`,
      profileId: person_id,
      ...(event.groupId === undefined ? {} : { groupId: event.groupId }),
      properties: {},
      context: {},
      occurredAt: event.occurredAt,
      receivedAt: event.receivedAt,
    })),
  );
}

/**
 * Leases those of the lanes that nobody else has, and reads what is next in them. What another processor has done between
 * this statement's look at the inbox and its lease of the lane is seen once more, and left out as counted already.
 */
async function leaseNext(tx: Queryable, lanes: readonly number[], most: number): Promise<Next> {
  const { rows } = await sql<{ id: number; body: IncomingEvent; publication: number | null }>`
    with mine as materialized (
      select lane from unnest(${lanes}::int[]) as lane
      where pg_try_advisory_xact_lock(hashtext(current_schema()), ${LANE_LOCKS}::int + lane)
    )
    select next.id, next.body, (select max(id) from publications) as publication
    from mine, lateral (select id, body from inbox where inbox.lane = mine.lane order by id limit ${most}) as next
    order by next.id limit ${most}
  `.execute(tx);
  return { batch: rows.map(({ id, body: event }) => ({ id, event })), publicationId: rows[0]?.publication ?? null };
}

/** Counts message ids; those seen before, in this batch or ever, are left out. */
async function notCountedYet(tx: Queryable, batch: readonly Waiting[]): Promise<Waiting[]> {
  const { rows } = await sql<{ message_id: string }>`
    insert into message_ids (message_id, received_at)
    select message_id, received_at::timestamptz
    from unnest(${batch.map(({ event }) => event.messageId)}::text[], ${batch.map(({ event }) => event.receivedAt)}::text[]) as row (message_id, received_at)
    on conflict do nothing
    returning message_id
  `.execute(tx);
  const counted = new Set(rows.map((row) => row.message_id));
  return batch.filter(({ event }) => counted.delete(event.messageId));
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

async function hold(tx: Queryable, event: IncomingEvent, reason: string): Promise<void> {
  await tx
    .insertInto('held_events')
    .values({
      message_id: event.messageId,
      received_at: new Date(event.receivedAt),
      body: JSON.stringify(event),
      reason,
    })
    .execute();
}
