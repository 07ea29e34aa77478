/**
 * Variants that everybody new in an experiment gets: picked by the experiment's rule or by a person, and taken back.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { jsonb } from '../store/columns.ts';
import type { Queryable } from '../store/database.ts';

export interface Winner {
  readonly experiment: string;
  readonly variant: string;
  readonly byHand: boolean;
  /** What the rule decided by; null where a person did. */
  readonly figures: JsonObject | null;
  readonly decidedAt: Date;
  readonly undoneAt: Date | null;
}

export interface Choice {
  readonly journey: string;
  readonly experiment: string;
  readonly variant: string;
  readonly figures: JsonObject | null;
}

/** Every winner that the journey's experiments had, the newest first. At most one of each experiment is in force. */
export async function readWinners(db: Queryable, journey: string): Promise<Winner[]> {
  const rows = await db
    .selectFrom('experiment_winners')
    .selectAll()
    .where('journey', '=', journey)
    .orderBy('id', 'desc')
    .execute();
  return rows.map(({ experiment, variant, by_hand, figures, decided_at, undone_at }) => ({
    ...{ experiment, variant, figures },
    ...{ byHand: by_hand, decidedAt: decided_at, undoneAt: undone_at },
  }));
}

/** @returns false: there is a winner already, and it stays */
export async function decideWinner(
  db: Queryable,
  { journey, experiment, variant, figures }: Choice,
  byHand: boolean,
  now: Instant,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('experiment_winners')
    .values({
      ...{ journey, experiment, variant },
      by_hand: byHand,
      figures: figures === null ? null : jsonb(figures),
      decided_at: new Date(now),
      undone_at: null,
    })
    .onConflict((conflict) => conflict.columns(['journey', 'experiment']).where('undone_at', 'is', null).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/**
 * From now on chance decides again for everybody new; those who got the winner keep it. A rule begins anew, with those
 * who come from now on.
 * @returns the variant that is the winner no more; null: there was none
 */
export async function undoWinner(
  db: Queryable,
  journey: string,
  experiment: string,
  now: Instant,
): Promise<string | null> {
  const row = await db
    .updateTable('experiment_winners')
    .set({ undone_at: new Date(now) })
    .where('journey', '=', journey)
    .where('experiment', '=', experiment)
    .where('undone_at', 'is', null)
    .returning('variant')
    .executeTakeFirst();
  return row?.variant ?? null;
}
