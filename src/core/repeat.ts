/**
 * Rounds of a `repeat`: whether there is one more, and how many there were.
 * @module
 */
import type { Condition } from './condition.ts';
import type { Step, StepId } from './journey.ts';
import type { Cursor, Rounds } from './run.ts';

type Repeat = Extract<Step, { kind: 'repeat' }>;

/** The round that begins now, from 1; null: there is none, and the run goes on after the `repeat`. */
export function nextRound(step: Repeat, rounds: Rounds = {}, holds: (condition: Condition) => boolean): number | null {
  const begun = rounds[step.id] ?? 0;
  return begun < step.atMost && (step.while === null || holds(step.while)) ? begun + 1 : null;
}

/** One that is left is begun from the first round if the run comes to it again. */
export function withRound(rounds: Rounds = {}, step: StepId, round: number | null): Rounds {
  const { [step]: _left, ...others } = rounds;
  return round === null ? others : { ...others, [step]: round };
}

export function inRounds(cursor: Cursor, rounds: Rounds | undefined): Cursor {
  const { rounds: _before, ...position } = cursor;
  if (rounds === undefined || Object.keys(rounds).length === 0) return cursor.rounds === undefined ? cursor : position;
  return { ...position, rounds };
}
