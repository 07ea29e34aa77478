/**
 * How well the events keep to the tracking plan: counts per event, and per event, property and kind of violation.
 * Each lane counts in rows of its own, so that lanes never wait for each other; readers add them up.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';
import type { PlanSample } from '../store/tables-events.ts';
import type { Violation } from './check.ts';
import type { CheckedEvent } from './enforce.ts';

/** What people do with held events is counted in no lane. */
const BY_HAND = -1;

/** Counts a batch in one statement, in the rows of a lane that the transaction has leased. */
export async function countChecked(db: Queryable, lane: number, checked: readonly CheckedEvent[]): Promise<void> {
  if (checked.length === 0) return;
  const events = new Map<string, { seen: number; passed: number; held: number; first: string; last: string }>();
  const kinds = new Map<string, ViolationRow>();
  for (const { event, rule, violations } of checked) {
    const { name, occurredAt, messageId, userId, anonymousId } = event;
    const isWrong = violations.length > 0;
    const passed = isWrong && rule === 'pass' ? 1 : 0;
    const held = rule === 'hold' ? 1 : 0;
    const counted = events.get(name) ?? { seen: 0, passed: 0, held: 0, first: occurredAt, last: occurredAt };
    events.set(name, {
      seen: counted.seen + 1,
      passed: counted.passed + passed,
      held: counted.held + held,
      ...span(counted, occurredAt),
    });
    for (const { field, kind, expected, got } of violations) {
      const key = JSON.stringify([name, field, kind]);
      const before = kinds.get(key) ?? { passed: 0, held: 0, first: occurredAt, last: occurredAt };
      const person = userId ?? anonymousId ?? null;
      const sample = { expected, got, messageId, person, at: occurredAt };
      kinds.set(key, {
        ...{ event: name, field, kind, sample },
        passed: before.passed + passed,
        held: before.held + held,
        ...span(before, occurredAt),
      });
    }
  }
  await sql`
    with counted as (
      insert into plan_events (event, lane, seen, passed, held, first_seen, last_seen)
      select event, ${lane}, seen, passed, held, first, last
      from jsonb_to_recordset(${JSON.stringify([...events].map(([event, counts]) => ({ event, ...counts })))}::jsonb)
        as row (event text, seen bigint, passed bigint, held bigint, first timestamptz, last timestamptz)
      on conflict (event, lane) do update set seen = plan_events.seen + excluded.seen,
        passed = plan_events.passed + excluded.passed, held = plan_events.held + excluded.held,
        first_seen = least(plan_events.first_seen, excluded.first_seen),
        last_seen = greatest(plan_events.last_seen, excluded.last_seen)
    )
    insert into plan_violations (event, field, kind, lane, passed, held, first_seen, last_seen, sample)
    select event, field, kind, ${lane}, passed, held, first, last, sample
    from jsonb_to_recordset(${JSON.stringify([...kinds.values()])}::jsonb)
      as row (event text, field text, kind text, passed bigint, held bigint, first timestamptz, last timestamptz, sample jsonb)
    on conflict (event, field, kind, lane) do update set passed = plan_violations.passed + excluded.passed,
      held = plan_violations.held + excluded.held, sample = excluded.sample,
      first_seen = least(plan_violations.first_seen, excluded.first_seen),
      last_seen = greatest(plan_violations.last_seen, excluded.last_seen)
  `.execute(db);
}

interface ViolationRow extends Pick<Violation, 'field' | 'kind'> {
  readonly event: string;
  readonly passed: number;
  readonly held: number;
  readonly first: string;
  readonly last: string;
  readonly sample: PlanSample;
}

/** Instants are ISO 8601 in UTC, whose order is that of their texts. */
function span({ first, last }: { first: string; last: string }, at: string) {
  return { first: at < first ? at : first, last: at > last ? at : last };
}

/** Released events will be checked and counted once more, so they are not seen yet. */
export async function countByHand(
  db: Queryable,
  what: 'released' | 'discarded',
  events: readonly string[],
): Promise<void> {
  if (events.length === 0) return;
  const release = what === 'released' ? 1 : 0;
  await sql`
    insert into plan_events (event, lane, seen, released, discarded)
    select event, ${BY_HAND}, ${-release} * count(*), ${release} * count(*), ${1 - release} * count(*)
    from unnest(${events}::text[]) as row (event) group by event
    on conflict (event, lane) do update set seen = plan_events.seen + excluded.seen,
      released = plan_events.released + excluded.released, discarded = plan_events.discarded + excluded.discarded
  `.execute(db);
}

export interface ViolationCount extends Pick<Violation, 'field' | 'kind'> {
  readonly passed: number;
  readonly held: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** The newest. */
  readonly sample: PlanSample;
}

export interface EventCount {
  readonly event: string;
  /** Each event once, whatever became of it. */
  readonly seen: number;
  /** Of these, passed on with violations. */
  readonly passed: number;
  /** How often events were kept aside; one that was released and violates again counts again. */
  readonly held: number;
  readonly released: number;
  readonly discarded: number;
  readonly firstSeen: Date | null;
  readonly lastSeen: Date | null;
  /** The most frequent first. */
  readonly violations: readonly ViolationCount[];
}

/** By event, in the order of their names. */
export async function readPlanCounts(db: Queryable): Promise<EventCount[]> {
  const { rows } = await sql<Omit<EventCount, 'violations'>>`
    select event, sum(seen)::bigint as seen, sum(passed)::bigint as passed, sum(held)::bigint as held,
      sum(released)::bigint as released, sum(discarded)::bigint as discarded,
      min(first_seen) as "firstSeen", max(last_seen) as "lastSeen"
    from plan_events group by event order by event collate "C"
  `.execute(db);
  const { rows: violations } = await sql<ViolationCount & { event: string }>`
    select event, field, kind, sum(passed)::bigint as passed, sum(held)::bigint as held,
      min(first_seen) as "firstSeen", max(last_seen) as "lastSeen",
      (array_agg(sample order by last_seen desc))[1] as sample
    from plan_violations group by event, field, kind order by sum(passed + held) desc, field, kind
  `.execute(db);
  return rows.map((row) => ({
    ...row,
    violations: violations.flatMap(({ event, ...violation }) => (event === row.event ? [violation] : [])),
  }));
}
