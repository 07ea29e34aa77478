/**
 * What is under way inside the engine: accepted and not done yet.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface Backlog {
  /** Calls that came from outside and are not applied yet. */
  readonly calls: number;
  /** Of these, events; the others tell about people. */
  readonly events: number;
  /** What the engine reported itself and has not applied yet. */
  readonly reports: number;
  /** What Temporal is still to be told. */
  readonly outbox: number;
  /** Messages that are reserved and not out. */
  readonly onTheWay: number;
}

export async function backlog(db: Queryable): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select calls, events, reports,
      (select count(*) from outbox) as outbox,
      (select count(*) from messages where status in ('reserved', 'sending')) as "onTheWay"
    from (
      select count(*) filter (where body->'profileId' is null) as calls,
        count(*) filter (where body->'profileId' is null and body->>'type' = 'track') as events,
        count(*) filter (where body->'profileId' is not null) as reports
      from inbox
    ) as waiting
  `.execute(db);
  const row = rows[0];
  if (row === undefined) throw new Error('Postgres answered a count with no row');
  return row;
}

/** When the oldest call from outside that waits to be applied happened; null where none waits. */
export async function oldestWaitingCall(db: Queryable): Promise<Instant | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(occurred_at) as at from inbox where body->'profileId' is null
  `.execute(db);
  return rows[0]?.at?.getTime() ?? null;
}

/**
 * When the step fell due, or will, that time brings next of all runs under way; messages on their way aside. Null where
 * no run waits for time.
 * @param after only steps due later than this
 */
export async function nextStepDue(db: Queryable, after: Instant = Number.NEGATIVE_INFINITY): Promise<Instant | null> {
  const { rows } = await sql<{ at: number | null }>`
    select min(at) as at from (
      select (case cursor->>'phase' when 'waiting' then cursor->'until' when 'ready' then cursor->'at' end)::float8 as at
      from runs where status = 'active'
    ) as due where at > ${after}::float8
  `.execute(db);
  return rows[0]?.at ?? null;
}
