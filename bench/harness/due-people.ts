/**
 * People whom time alone makes members of `gone-quiet` of the clock's workspace, with the state that the engine would have
 * kept of them.
 * @module
 */
import { sql } from 'kysely';
import { DAY, type Instant, type Milliseconds } from '../../src/core/time.ts';
import { ensureEventMonths } from '../../src/ingest/event-log.ts';
import type { Database } from '../../src/store/database.ts';

export interface DuePeople {
  readonly count: number;
  /** When the first of them falls due. */
  readonly from: Instant;
  /** They are spread evenly over so long; 0: all at one instant. */
  readonly over: Milliseconds;
  /** The publication by which they are up to date. */
  readonly publicationId: number;
}

export const AUDIENCE = 'gone-quiet';
const QUIET_AFTER = 14 * DAY;
/** Of the three events of each, before the one by which they are not quiet yet. */
const EARLIER = [0, 6, 16];

/** Makes them in one statement. */
export async function makeDuePeople(db: Database, { count, from, over, publicationId }: DuePeople): Promise<void> {
  for (const days of [60, 30, 0]) await ensureEventMonths(db, from - days * DAY);
  const due = sql`to_timestamp((${sql.lit(from)} + floor(((traits ->> 'place')::float8 * ${sql.lit(over)}) / ${sql.lit(count)})) / 1000.0)`;
  const quiet = sql.lit(`${QUIET_AFTER / DAY} days`);
  await sql`
    with made as (
      insert into profiles (kind, traits, created_at, applied_at, filled_to)
      select 'person', jsonb_build_object('email', 'user-' || n || '@example.com', 'plan', 'free', 'place', n),
        to_timestamp(${sql.lit(from / 1_000)}) - interval '60 days',
        to_timestamp(${sql.lit(from / 1_000)}) - ${quiet}::interval, ${sql.lit(publicationId)}
      from generate_series(0, ${sql.lit(count - 1)}) as n
      returning id, traits
    ), due as (
      select id, ${due} as at from made
    ), did as (
      insert into events (profile_id, name, type, occurred_at, received_at, message_id, properties)
      select id, 'Project Opened', 'track', at - ${quiet}::interval - days * interval '1 day', at - ${quiet}::interval,
        'due-' || id || '-' || days, '{"source": "web"}'
      from due, unnest(${sql.lit(`{${EARLIER.join()}}`)}::int[]) as days
    )
    insert into audience_states (profile_id, audience, member, since, due_at)
    select id, ${sql.lit(AUDIENCE)}, false, at - ${quiet}::interval, at from due
  `.execute(db);
  for (const table of ['profiles', 'events', 'audience_states', 'audience_changes'])
    await sql`vacuum analyze ${sql.id(table)}`.execute(db);
}
