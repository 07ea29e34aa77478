/**
 * Taking changes that are due out of their lanes, for one attempt each. The lease of a lane is the instant at which it falls
 * due again: a process that dies before it can say how the attempt went is followed by another one after that.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { SyncDefinition, SyncRate } from '../definitions/sync-types.ts';
import type { Database, Queryable } from '../store/database.ts';

export interface Claimed {
  readonly seq: number;
  readonly profileId: number;
  readonly type: 'entered' | 'left';
  readonly at: Instant;
  readonly body: { readonly audience: string; readonly person: JsonObject; readonly fields: JsonObject };
  readonly round: number;
  /** This one included. */
  readonly attempts: number;
  readonly firstTriedAt: Instant;
  /** Tells whether the lane is still ours. */
  readonly leasedUntil: Instant;
}

export interface Claiming {
  /** At most. */
  readonly wanted: number;
  readonly now: Instant;
  readonly lease: Milliseconds;
  /** Product milliseconds in a real one; rates are of real time. */
  readonly speed: number;
}

/** Rates of more than 20 calls per second go out a few at a time. */
const SHORTEST_PAUSE: Milliseconds = 50;

/** The oldest change of lanes that are due, those due longest first; nothing where another process is at it just now. */
export async function claim(
  db: Database,
  { key, url, rate }: SyncDefinition,
  { wanted, now, lease, speed }: Claiming,
): Promise<Claimed[]> {
  return db.transaction().execute(async (tx) => {
    const { rows: own } = await sql<{ next_call_at: number }>`
      select next_call_at from syncs where key = ${key} and stopped_url is distinct from ${url} for update skip locked
    `.execute(tx);
    const nextCallAt = own[0]?.next_call_at;
    if (nextCallAt === undefined) return [];
    const allowed = allowedBy(rate, nextCallAt, now, speed);
    const leasedUntil = now + lease;
    const lanes = await leaseLanes(tx, key, Math.min(wanted, allowed.calls), now, leasedUntil);
    if (lanes.length === 0) return [];
    if (rate !== null) {
      const next = allowed.from + lanes.length * pauseOf(rate, speed);
      await sql`update syncs set next_call_at = ${next} where key = ${key}`.execute(tx);
    }
    // A statement of its own: it sees what was stored before the lanes were locked, and nobody can add to that now.
    return headsOf(tx, key, lanes, now, leasedUntil);
  });
}

/** When each of these syncs next has something to send; those that have nothing are left out. */
export async function nextDue(db: Queryable, keys: readonly string[]): Promise<Map<string, Instant>> {
  const { rows } = await sql<{ key: string; at: number }>`
    select key, greatest(next_call_at, extract(epoch from lane.due_at)::float8 * 1000) as at
    from syncs cross join lateral (select due_at from sync_lanes where sync = key order by due_at limit 1) as lane
    where key = any(${keys})
  `.execute(db);
  return new Map(rows.map(({ key, at }) => [key, Math.ceil(at)]));
}

function allowedBy(
  rate: SyncRate | null,
  nextCallAt: number,
  now: Instant,
  speed: number,
): { readonly from: number; readonly calls: number } {
  if (nextCallAt > now) return { from: nextCallAt, calls: 0 };
  if (rate === null) return { from: now, calls: Number.POSITIVE_INFINITY };
  const pause = pauseOf(rate, speed);
  // What was not used a moment ago may be used now, so that a timer that is late does not lower the rate.
  const from = Math.max(nextCallAt, now - Math.max(0, SHORTEST_PAUSE * speed - pause));
  return { from, calls: Math.floor((now - from) / pause) + 1 };
}

function pauseOf({ calls, within }: SyncRate, speed: number): number {
  return (within * speed) / calls;
}

async function leaseLanes(
  tx: Queryable,
  sync: string,
  most: number,
  now: Instant,
  until: Instant,
): Promise<readonly number[]> {
  if (most < 1) return [];
  const { rows } = await sql<{ profile_id: number }>`
    with due as (
      select profile_id from sync_lanes where sync = ${sync} and due_at <= ${new Date(now)}
      order by due_at limit ${Math.min(most, 1_000)} for update skip locked
    )
    update sync_lanes set leased = true, due_at = ${new Date(until)}
    from due where sync_lanes.sync = ${sync} and sync_lanes.profile_id = due.profile_id
    returning sync_lanes.profile_id
  `.execute(tx);
  return rows.map((row) => row.profile_id);
}

async function headsOf(
  tx: Queryable,
  sync: string,
  lanes: readonly number[],
  now: Instant,
  leasedUntil: Instant,
): Promise<Claimed[]> {
  const { rows } = await sql<{
    seq: number;
    profile_id: number;
    type: 'entered' | 'left';
    at: Date;
    body: Claimed['body'];
    round: number;
    attempts: number;
    first_tried_at: Date;
  }>`
    update sync_deliveries d set attempts = d.attempts + 1, first_tried_at = coalesce(d.first_tried_at, ${new Date(now)})
    from unnest(${lanes}::bigint[]) as lane (profile_id) cross join lateral (
      select seq from sync_deliveries
      where sync = ${sync} and profile_id = lane.profile_id and status = 'waiting' order by seq limit 1
    ) as head
    where d.seq = head.seq
    returning d.seq, d.profile_id, d.type, d.at, d.body, d.round, d.attempts, d.first_tried_at
  `.execute(tx);
  const claimed = rows.map(({ profile_id: profileId, at, first_tried_at: firstTriedAt, ...row }) => ({
    ...row,
    profileId,
    at: at.getTime(),
    firstTriedAt: firstTriedAt.getTime(),
    leasedUntil,
  }));
  const found = new Set(claimed.map(({ profileId }) => profileId));
  const empty = lanes.filter((profileId) => !found.has(profileId));
  if (empty.length > 0)
    await sql`delete from sync_lanes where sync = ${sync} and profile_id = any(${empty})`.execute(tx);
  return claimed;
}
