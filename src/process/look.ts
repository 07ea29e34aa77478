/**
 * What there is to do, seen in one statement: lanes with events, and when the clock has to look next.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import { LANES } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import { soonestDue } from './clock-tick.ts';
import { BATCH } from './process-lane.ts';

const EVERY_LANE = Array.from({ length: LANES }, (_, lane) => lane);

export interface Look {
  /** Lanes with events, in groups of about a batch: a transaction costs the same for one event as for many. */
  readonly groups: readonly (readonly number[])[];
  /** When the next instant falls due, of anybody. */
  readonly soonest: Instant | null;
}

export async function look(db: Queryable): Promise<Look> {
  const { rows } = await sql<{ lane: number; waiting: number; soonest: Date | null }>`
    select lane, ${soonestDue} as soonest,
      (select count(*) from (select from inbox where inbox.lane = lanes.lane limit ${BATCH}) as next) as waiting
    from unnest(${EVERY_LANE}::int[]) as lanes (lane) order by random()
  `.execute(db);
  return { groups: inBatches(rows), soonest: rows[0]?.soonest?.getTime() ?? null };
}

function inBatches(lanes: readonly { readonly lane: number; readonly waiting: number }[]): number[][] {
  const groups: number[][] = [];
  let room = 0;
  for (const { lane, waiting } of lanes) {
    if (waiting === 0) continue;
    if (waiting > room) {
      groups.push([]);
      room = BATCH;
    }
    groups.at(-1)?.push(lane);
    room -= waiting;
  }
  return groups;
}
