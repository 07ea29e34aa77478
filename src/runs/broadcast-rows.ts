/**
 * Broadcasts as they are stored: one row for each time of a scheduled journey, and one for everybody who had their turn.
 * @module
 */
import { sql } from 'kysely';
import type { LocalTime } from '../core/schedule.ts';
import type { Instant } from '../core/time.ts';
import { audit, type ByWhom } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';

export const BROADCAST_STATUSES = ['planned', 'running', 'paused', 'cancelled', 'done', 'missed'] as const;
export type BroadcastStatus = (typeof BROADCAST_STATUSES)[number];

export interface Broadcast {
  readonly id: number;
  readonly journey: string;
  readonly occurrence: LocalTime;
  readonly status: BroadcastStatus;
  /** People whose own instant is not later have their turn in this pass. */
  readonly passAt: Instant;
  /** Those whose own instant is not after this never have one. */
  readonly since: Instant;
  /** The time zones, as traits have them, that people of this pass are in; null until it begins. */
  readonly zones: readonly string[] | null;
  /** The last person of this pass so far. */
  readonly afterId: number;
  /** Nobody enters before. */
  readonly turnAt: Instant;
  readonly entered: number;
  readonly refused: number;
}

interface Row {
  readonly id: number;
  readonly journey: string;
  readonly occurrence: string;
  readonly status: BroadcastStatus;
  readonly pass_at: Date;
  readonly since: Date;
  readonly zones: string[] | null;
  readonly after_id: number;
  readonly turn_at: Date;
  readonly entered: number;
  readonly refused: number;
}

/** Takes the broadcast that is due first, unless another processor has it; none is due after `horizon`. */
export async function leaseBroadcast(tx: Queryable, horizon: Instant): Promise<Broadcast | undefined> {
  const { rows } = await sql<Row>`
    select * from broadcasts
    where status in ('planned', 'running') and greatest(pass_at, turn_at) <= ${new Date(horizon)}
    order by greatest(pass_at, turn_at), id limit 1 for update skip locked
  `.execute(tx);
  return rows[0] && broadcastIn(rows[0]);
}

function broadcastIn({ pass_at, after_id, turn_at, since, ...row }: Row): Broadcast {
  const [passAt, turnAt, from] = [pass_at, turn_at, since].map((at) => at.getTime()) as [Instant, Instant, Instant];
  return { ...row, passAt, turnAt, since: from, afterId: after_id };
}

/** When the next broadcast is due. */
export async function nextBroadcast(db: Queryable): Promise<Instant | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(pass_at, turn_at)) as at from broadcasts where status in ('planned', 'running')
  `.execute(db);
  return rows[0]?.at?.getTime() ?? null;
}

/** The latest time of each journey that is known of, however it stands. */
export async function lastOccurrences(
  db: Queryable,
): Promise<Map<string, { occurrence: LocalTime; isAhead: boolean }>> {
  const { rows } = await sql<{ journey: string; occurrence: string; is_ahead: boolean }>`
    select distinct on (journey) journey, occurrence, status = 'planned' as is_ahead
    from broadcasts order by journey, occurrence desc
  `.execute(db);
  return new Map(rows.map(({ journey, occurrence, is_ahead }) => [journey, { occurrence, isAhead: is_ahead }]));
}

export interface Planned {
  readonly journey: string;
  readonly occurrence: LocalTime;
  readonly status: 'planned' | 'missed';
  readonly passAt: Instant;
  readonly since: Instant;
}

export async function planBroadcast(db: Queryable, planned: Planned, now: Instant): Promise<void> {
  const { journey, occurrence, status, passAt, since } = planned;
  await sql`
    insert into broadcasts (journey, occurrence, status, pass_at, since, turn_at, planned_at)
    values (${journey}, ${occurrence}, ${status}, ${new Date(passAt)}, ${new Date(since)}, ${new Date(passAt)}, ${new Date(now)})
    on conflict do nothing
  `.execute(db);
}

/** Takes out what was planned and has not begun. */
export async function forgetPlanned(db: Queryable, journey: string): Promise<boolean> {
  await sql`delete from broadcasts where journey = ${journey} and status = 'planned'`.execute(db);
  return true;
}

/** Is there somebody whose memberships time alone may have changed by then? */
export async function isAnythingDue(db: Queryable, at: Instant): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    select exists (select from audience_states where due_at <= ${new Date(at)}) as due
  `.execute(db);
  return rows[0]?.due === true;
}

/** What is stored of a broadcast after a batch. */
export type BroadcastStep = Pick<
  Broadcast,
  'id' | 'status' | 'passAt' | 'zones' | 'afterId' | 'turnAt' | 'entered' | 'refused'
>;

export async function moveBroadcast(tx: Queryable, step: BroadcastStep): Promise<void> {
  await sql`
    update broadcasts set status = ${step.status}, pass_at = ${new Date(step.passAt)}, turn_at = ${new Date(step.turnAt)},
      zones = ${step.zones === null ? null : sql`${step.zones}::text[]`}, after_id = ${step.afterId}, entered = ${step.entered}, refused = ${step.refused}
    where id = ${step.id}
  `.execute(tx);
  // Nobody is asked for again: who had their turn need not be known any longer.
  if (step.status === 'done') await sql`delete from broadcast_people where broadcast_id = ${step.id}`.execute(tx);
}

/** The time zones, as traits have them, of those in the audience who did not have their turn. */
export async function zonesWaiting(tx: Queryable, { id }: Broadcast, audience: string): Promise<string[]> {
  const { rows } = await sql<{ zone: string }>`
    select distinct ${ZONE} as zone from audience_states s join profiles p on p.id = s.profile_id
    where ${isIn(audience)} and ${hadNoTurn(id)}
  `.execute(tx);
  return rows.map(({ zone }) => zone);
}

/** The next people of the pass. @param zones null: whatever zone they are in */
export async function peopleWaiting(
  tx: Queryable,
  { id, afterId, zones }: Broadcast,
  audience: string,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select p.id from audience_states s join profiles p on p.id = s.profile_id
    where ${isIn(audience)} and s.profile_id > ${afterId} and ${hadNoTurn(id)}
      and ${zones === null ? sql`true` : sql`${ZONE} = any(${zones}::text[])`}
    order by s.profile_id limit ${limit}
  `.execute(tx);
  return rows.map((row) => row.id);
}

const ZONE = sql<string>`coalesce(p.traits ->> 'timezone', '')`;

function isIn(audience: string) {
  return sql<boolean>`s.audience = ${audience} and s.member and p.merged_into is null`;
}

function hadNoTurn(broadcast: number) {
  return sql<boolean>`not exists (
    select from broadcast_people b where b.broadcast_id = ${broadcast} and b.profile_id = s.profile_id)`;
}

export async function noteTurns(tx: Queryable, broadcast: number, people: readonly number[]): Promise<void> {
  await sql`
    insert into broadcast_people (broadcast_id, profile_id) select ${broadcast}, id from unnest(${people}::bigint[]) as id
    on conflict do nothing
  `.execute(tx);
}

/** The journey's broadcasts, the latest time first. */
export async function readBroadcasts(
  db: Queryable,
  { journey, after = null, limit }: { journey: string; after?: LocalTime | null; limit: number },
): Promise<Broadcast[]> {
  const { rows } = await sql<Row>`
    select * from broadcasts where journey = ${journey} and (${after}::text is null or occurrence < ${after})
    order by occurrence desc limit ${limit}
  `.execute(db);
  return rows.map(broadcastIn);
}

export const STEERED = {
  /** Nobody more enters until it is resumed. */
  pause: { from: ['planned', 'running'], to: 'paused' },
  /** Goes on where it was; who came due meanwhile enters at the stated rate. */
  resume: { from: ['paused'], to: 'running' },
  /** Nobody more enters; those who did go on. */
  cancel: { from: ['planned', 'running', 'paused'], to: 'cancelled' },
} as const satisfies Record<string, { from: readonly BroadcastStatus[]; to: BroadcastStatus }>;

export interface SteerAsked extends ByWhom {
  readonly journey: string;
  readonly occurrence: LocalTime;
  readonly how: keyof typeof STEERED;
}

export interface Steered {
  readonly broadcast: Broadcast;
  readonly isDone: boolean;
}

/** How it stands afterwards; undefined: there is none. Where it cannot be done it stays as it was. */
export async function steerBroadcast(db: Database, asked: SteerAsked, now: Instant): Promise<Steered | undefined> {
  return db.transaction().execute(async (tx) => {
    const steered = await steer(tx, asked, now);
    const { journey, occurrence, how } = asked;
    if (steered?.isDone) await audit(tx, asked, { did: AUDITED[how], journey, detail: { broadcast: occurrence } }, now);
    return steered;
  });
}

const AUDITED = {
  pause: 'paused a broadcast of',
  resume: 'resumed a broadcast of',
  cancel: 'cancelled a broadcast of',
} as const;

async function steer(
  db: Queryable,
  { journey, occurrence, how }: SteerAsked,
  now: Instant,
): Promise<Steered | undefined> {
  const { from, to } = STEERED[how];
  const { rows } = await sql<Row & { is_done: boolean }>`
    with steered as (
      update broadcasts set status = ${to}, turn_at = case when ${how} = 'resume' then greatest(turn_at, ${new Date(now)}) else turn_at end
      where journey = ${journey} and occurrence = ${occurrence} and status = any(${[...from]}::text[]) returning *
    )
    select *, true as is_done from steered
    union all
    select *, false from broadcasts where journey = ${journey} and occurrence = ${occurrence} and not exists (select from steered)
  `.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { is_done: isDone, ...broadcast } = row;
  return { broadcast: broadcastIn(broadcast), isDone };
}
