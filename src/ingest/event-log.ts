/**
 * The event log: every event that was applied, by profile, in partitions of a month.
 * @module
 */
import { sql } from 'kysely';
import { DateTime } from 'luxon';
import type { JsonObject } from '../core/condition.ts';
import type { EventFact } from '../core/facts.ts';
import type { Interest } from '../core/interest.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { CallType } from './inbox.ts';

export interface LoggedEvent {
  readonly profileId: number;
  /** The profile that the event's own ids name, where that became another. */
  readonly originId?: number | undefined;
  /** The account it was done in. */
  readonly accountId?: number | undefined;
  readonly name: string;
  readonly type: CallType;
  readonly byEngine: boolean;
  readonly at: Instant;
  readonly receivedAt: string;
  readonly messageId: string;
  readonly properties: JsonObject;
  readonly context: JsonObject;
}

const MONTHS_AHEAD = 2;
const PARTITION_LOCK = 4_217_001;

/** Makes sure that the months around `now` have their partitions. Events of other months go to `events_other`. */
export async function ensureEventMonths(db: Database, now: Instant): Promise<void> {
  const first = DateTime.fromMillis(now, { zone: 'utc' }).startOf('month').minus({ months: 1 });
  for (let offset = 0; offset <= MONTHS_AHEAD + 1; offset += 1) {
    const month = first.plus({ months: offset });
    await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${PARTITION_LOCK})`.execute(tx);
      const name = `events_${month.toFormat('yyyy_MM')}`;
      const { rows } = await sql<{ there: boolean }>`select to_regclass(${name}) is not null as there`.execute(tx);
      if (rows[0]?.there) return;
      const [from, to] = [month, month.plus({ months: 1 })].map((at) => sql.lit(at.toISO()));
      const { rows: stray } = await sql<{ some: boolean }>`
        select exists (select 1 from events_other where occurred_at >= ${from} and occurred_at < ${to}) as some
      `.execute(tx);
      if (stray[0]?.some) return;
      await sql`create table ${sql.id(name)} partition of events for values from (${from}) to (${to})`.execute(tx);
    });
  }
}

/** Appends in one statement. */
export async function appendEvents(db: Queryable, events: readonly LoggedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    profile_id: event.profileId,
    origin_id: event.originId,
    account_id: event.accountId ?? null,
    name: event.name,
    type: event.type,
    by_engine: event.byEngine,
    occurred_at: new Date(event.at),
    received_at: event.receivedAt,
    message_id: event.messageId,
    properties: event.properties,
    context: event.context,
  }));
  await sql`
    insert into events (profile_id, origin_id, account_id, name, type, by_engine, occurred_at, received_at, message_id, properties, context)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (
      profile_id bigint, origin_id bigint, account_id bigint, name text, type text, by_engine boolean, occurred_at timestamptz, received_at timestamptz,
      message_id text, properties jsonb, context jsonb)
  `.execute(db);
}

/** Calls that are things a person does; the others only tell about the person. */
export function isDeed(type: CallType): boolean {
  return type === 'track' || type === 'page' || type === 'screen';
}

/**
 * The events that the interests are about, oldest first, for questions about `earliest` and later: what these people did,
 * or what was done in these accounts and by whom.
 */
export async function loadFacts(
  db: Queryable,
  profileIds: readonly number[],
  interests: readonly Interest[],
  earliest: Instant,
  of: 'person' | 'account' = 'person',
): Promise<Map<number, EventFact[]>> {
  const facts = new Map<number, EventFact[]>(profileIds.map((id) => [id, []]));
  const wanted = new Set(interests.flatMap(({ events }) => [...events]));
  if (profileIds.length === 0 || wanted.size === 0) return facts;
  const names = [...wanted].filter((name) => name !== '*');
  const inReach = (reach: Milliseconds) =>
    reach < earliest ? sql`and occurred_at > ${new Date(earliest - reach)}` : sql``;
  const named = inReach(Math.max(...interests.map(({ reach }) => reach)));
  const anything = wanted.has('*')
    ? sql`or (type in ('track', 'page', 'screen') and not by_engine
        ${inReach(Math.max(...interests.map(({ anythingReach }) => anythingReach)))})`
    : sql``;
  const subject = of === 'person' ? sql.ref('profile_id') : sql.ref('account_id');
  const { rows } = await sql<{
    subject: number;
    person: number;
    name: string;
    by_engine: boolean;
    at: string;
    properties: JsonObject;
  }>`
    select ${subject} as subject, profile_id as person, name, by_engine,
      (extract(epoch from occurred_at) * 1000)::float8 as at, properties
    from events
    where ${subject} = any(${profileIds}) and (name = any(${names}) ${named} ${anything})
    order by occurred_at, id
  `.execute(db);
  for (const row of rows) {
    facts.get(row.subject)?.push({
      name: row.name,
      at: Math.round(Number(row.at)),
      properties: row.properties,
      ...(row.by_engine ? { byEngine: true } : {}),
      // What the engine reports of the account itself is nobody's doing.
      ...(of === 'account' && row.person !== row.subject ? { person: row.person } : {}),
    });
  }
  return facts;
}
