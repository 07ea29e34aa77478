/**
 * Do all journeys together do anything? Those who are held out of every one against everybody else.
 * @module
 */
import { sql } from 'kysely';
import type { Condition } from '../core/condition.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { compareSides, type ExperimentReport, type FindGoal } from './experiments.ts';
import { outcomesEverywhere, TREATED } from './exposures.ts';

export interface HoldoutQuestion {
  /** The event that counts as a conversion, as a person did it. */
  readonly goal: string;
  /** Its property that says what it is worth. */
  readonly value?: string | undefined;
  /** How long after their first exposure people have time. */
  readonly within: Milliseconds;
}

export type HoldoutReport = Pick<ExperimentReport, 'sides' | 'tooFew'>;

export async function reportHoldout(
  db: Queryable,
  { goal, value, within }: HoldoutQuestion,
  findGoal: FindGoal,
  now: Instant,
): Promise<HoldoutReport> {
  const reached: Condition = { kind: 'events', events: { names: [goal], where: [] }, times: { atLeast: 1 } };
  const outcomes = await outcomesEverywhere(db, findGoal(reached, value), within, now);
  const { rows } = await sql<{ hash: string; share: number | null }>`
    select hash, (body->>'holdoutEverywhere')::float8 as share from journey_versions
  `.execute(db);
  const shares = new Map(rows.map(({ hash, share }) => [hash, share ?? 0]));
  const drawnBy = (version: string) => String(shares.get(version));
  return compareSides(outcomes, [TREATED, null], null, drawnBy, value !== undefined);
}
