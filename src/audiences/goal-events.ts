/**
 * The events that reach a journey's goal, as a question to the database.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Condition } from '../core/condition.ts';
import type { SubjectKind } from '../definitions/workspace-types.ts';
import { isMeant } from './compile-sql-events.ts';
import { subjectOf } from './compile-sql-tables.ts';
import { asJson, asNumber, readPath } from './compile-sql-tests.ts';

export interface GoalEvents {
  /** Who did `e`: the id of the profile that the goal is of. */
  readonly subject: RawBuilder<number>;
  /** Whether the event `e` is one, for the run `x`. */
  readonly meant: RawBuilder<boolean>;
  /** What `e` is worth; null where it says nothing of it, or the journey has no `value`. */
  readonly worth: RawBuilder<number | null>;
}

/** As `core/matching.ts` has it. */
function isSameAsEntry(path: string): string {
  const [value, entry] = ['e.properties', "(x.entry->'properties')"].map((of) => asJson(readPath(of, path)));
  return `(${value} #>> '{}') = (${entry} #>> '{}')`;
}

/** Null where the goal is anything but that an event happens once. */
export function goalEvents(goal: Condition | null, value?: string, of: SubjectKind = 'person'): GoalEvents | null {
  if (goal?.kind !== 'events') return null;
  const { events, times } = goal;
  const onceIsEnough = times.atLeast === 1 && times.atMost === undefined;
  if (!onceIsEnough || typeof events.since === 'object') return null;
  return {
    subject: sql<number>`${sql.raw(subjectOf(of))}`,
    meant: sql<boolean>`${sql.raw([isMeant(events).sql, ...(events.sameAsEntry ?? []).map(isSameAsEntry)].join(' and '))}`,
    worth: sql<
      number | null
    >`${sql.raw(value === undefined ? 'null::float8' : asNumber(readPath('e.properties', value)))}`,
  };
}
