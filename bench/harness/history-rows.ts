/**
 * People and events by the million, made by the database in its real tables and indexes.
 * @module
 */
import { sql } from 'kysely';
import { DAY, type Instant } from '../../src/core/time.ts';
import { ensureEventMonths } from '../../src/ingest/event-log.ts';
import type { Database } from '../../src/store/database.ts';
import { withoutIndexes } from './without-indexes.ts';

export interface History {
  readonly people: number;
  readonly eventsEach: number;
  /** The last event is before this. */
  readonly now: Instant;
  /** Over so many days. */
  readonly days: number;
}

/** Of a hundred events, how many have which name. */
export const EVENT_SHARES: Readonly<Record<string, number>> = {
  'Page Viewed': 40,
  'Project Opened': 20,
  'Report Shared': 12,
  'Export Completed': 8,
  'Member Invited': 6,
  'Upgrade Page Viewed': 5,
  'Premium Feature Attempted': 4,
  'Support Ticket Opened': 3,
  'Plan Compared': 2,
};
const PLANS = ['free', 'starter', 'pro', 'enterprise', 'free'];
/** Events are inserted about in the order they happened, as they come in life: so many parts of the time. */
export const TIME_SLICES = 20;
/** Draws that are the same each time, spread evenly below 1. */
const draw = (of: string, salt: number) =>
  sql`((hashint8extended((${sql.raw(of)})::bigint, ${sql.lit(salt)}) & 2147483647) / 2147483648.0)`;

/** Makes everybody, with `filled_to` 1. */
export async function makePeople(db: Database, { people, now, days }: History): Promise<void> {
  const registered = sql`to_timestamp(${sql.lit(now / 1_000)}) - ${draw('n', 1)} * ${sql.lit(days * 4)} * interval '1 day'`;
  await sql`
    insert into profiles (kind, user_id, traits, created_at, applied_at, filled_to)
    select 'person', 'user-' || n,
      jsonb_build_object(
        'email', 'user-' || n || '@example.com',
        'firstName', 'Person ' || n,
        'plan', (${sql.lit(`{${PLANS.join()}}`)}::text[])[1 + floor(${draw('n', 2)} * ${sql.lit(PLANS.length)})::int],
        'createdAt', to_char(registered at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
      registered, to_timestamp(${sql.lit(now / 1_000)}), 1
    from (select n, ${registered} as registered from generate_series(1, ${sql.lit(people)}) as n) as someone
  `.execute(db);
}

/** Makes their events; some people do far more than others. */
export async function makeEvents(db: Database, history: History): Promise<void> {
  const { now, days } = history;
  for (let ago = days; ago >= 0; ago -= 30) await ensureEventMonths(db, now - ago * DAY);
  const slices = Array.from({ length: TIME_SLICES }, (_, slice) => slice);
  const work = async () => {
    for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) await makeSlice(db, history, slice);
  };
  await withoutIndexes(db, 'events', () => Promise.all([work(), work()]));
}

/** Those of one part of the time. */
async function makeSlice(db: Database, { people, eventsEach, now, days }: History, slice: number): Promise<void> {
  const each = Math.floor((people * eventsEach) / TIME_SLICES);
  const length = (days * DAY) / TIME_SLICES;
  const from = now - days * DAY + slice * length;
  await sql`
    insert into events (profile_id, name, type, occurred_at, received_at, message_id, properties)
    select person, ${nameOf('place')}, 'track', at, at, 'message-' || n,
      jsonb_build_object('source', 'web', 'seconds', (n % 600), 'label', 'item ' || (n % 1000))
    from (
      select n, ${draw('n', 4)} as place,
        1 + floor(power(${draw('n', 5)}, 1.5) * ${sql.lit(people)})::bigint as person,
        date_trunc('milliseconds', to_timestamp(
          (${sql.lit(from)} + (n - ${sql.lit(slice * each)}) * ${sql.lit(length / each)}::float8) / 1000)) as at
      from generate_series(${sql.lit(slice * each)}, ${sql.lit((slice + 1) * each - 1)}) as n
    ) as one
  `.execute(db);
}

export async function vacuum(db: Database): Promise<void> {
  for (const table of ['profiles', 'events']) await sql`vacuum analyze ${sql.id(table)}`.execute(db);
}

function nameOf(place: string) {
  const total = Object.values(EVENT_SHARES).reduce((sum, share) => sum + share, 0);
  let below = 0;
  const cases = Object.entries(EVENT_SHARES).map(([name, share]) => {
    below += share;
    return sql`when ${sql.raw(place)} < ${sql.lit(below / total)} then ${sql.lit(name)}`;
  });
  return sql`case ${sql.join(cases, sql` `)} end`;
}
