/**
 * How the runs of every journey went.
 * @module
 */
import type { Outcome } from '../core/run.ts';
import type { Queryable } from '../store/database.ts';

export type RunCounts = Readonly<Record<'active' | Outcome, number>>;

export interface JourneyOutcomes {
  readonly journey: string;
  /** Runs. A person who came back counts each time. */
  readonly entries: number;
  /** Of the entries, those that ran without getting anything. */
  readonly heldOut: number;
  /** Of the entries, how they stand: their sum is the entries. */
  readonly outcomes: RunCounts;
}

const NONE: RunCounts = { active: 0, converted: 0, exited: 0, 'timed-out': 0, completed: 0, merged: 0 };

/** By journey, in the order of their names; journeys that nobody entered are left out. */
export async function journeyOutcomes(db: Queryable): Promise<JourneyOutcomes[]> {
  const rows = await db
    .selectFrom('runs')
    .select(({ fn }) => ['journey', 'status', 'held_out', fn.countAll<number>().as('count')])
    .groupBy(['journey', 'status', 'held_out'])
    .orderBy('journey')
    .execute();
  const journeys = new Map<string, JourneyOutcomes>();
  for (const { journey, status, held_out, count } of rows) {
    const { entries, heldOut, outcomes } = journeys.get(journey) ?? { entries: 0, heldOut: 0, outcomes: NONE };
    journeys.set(journey, {
      journey,
      entries: entries + count,
      heldOut: heldOut + (held_out ? count : 0),
      outcomes: { ...outcomes, [status]: outcomes[status] + count },
    });
  }
  return [...journeys.values()];
}
