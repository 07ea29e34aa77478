/**
 * Why a person or an account is in an audience or not: each clause, its answer, what was found, and when time alone could change it.
 * @module
 */
import type { Condition, Json } from '../core/condition.ts';
import { describe } from '../core/describe.ts';
import { type Because, evaluate } from '../core/evaluate.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { oneProfile } from './facts-of.ts';

export interface Explanation {
  readonly clause: string;
  readonly holds: boolean;
  readonly found: Json;
  /** ISO 8601; null: time alone never changes it. */
  readonly until: string | null;
  readonly of: readonly Explanation[];
}

/** @returns undefined where there is no such profile */
export async function explainCondition(
  db: Queryable,
  profileId: number,
  condition: Condition,
  now: Instant,
): Promise<Explanation | undefined> {
  const profile = await oneProfile(db, profileId, condition, now);
  return profile === undefined ? undefined : explanationOf(evaluate(condition, profile.facts, now).because);
}

/** Indented lines with a tick or a cross, as the command line shows them. */
export function explanationLines(explanation: Explanation, depth = 0): string[] {
  const { clause, holds, found, until, of } = explanation;
  const facts =
    found === null || typeof found !== 'object'
      ? found === null
        ? ''
        : ` (${String(found)})`
      : ` (${JSON.stringify(found)})`;
  const changes = until === null ? '' : `, by time alone until ${until}`;
  return [
    `${'  '.repeat(depth)}${holds ? '✓' : '✗'} ${clause}${facts}${changes}`,
    ...of.flatMap((part) => explanationLines(part, depth + 1)),
  ];
}

function explanationOf({ clause, holds, until, found = null, of = [] }: Because): Explanation {
  const heading =
    clause.kind === 'all'
      ? 'all of'
      : clause.kind === 'any'
        ? 'any of'
        : clause.kind === 'not'
          ? 'not'
          : describe(clause);
  return {
    clause: heading,
    holds,
    found,
    until: until === null ? null : new Date(until).toISOString(),
    of: of.map(explanationOf),
  };
}
