/**
 * Why a person or an account is in an audience or not: each clause, its answer, what was found, and when time alone could
 * change it.
 * @module
 */
import type { Condition, Expression, Json } from '../core/condition.ts';
import { describe, describeExpression } from '../core/describe.ts';
import { type Because, evaluate } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import type { Instant } from '../core/time.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import type { Queryable } from '../store/database.ts';
import { oneProfile } from './facts-of.ts';
import { type SignalShown, scoresIn, showScore } from './scores.ts';

export interface Explanation {
  readonly clause: string;
  readonly holds: boolean;
  /** What the clause was held against; of two values that are compared, both. */
  readonly found: Json;
  /** Where the value is made of scores: what gave how many points. */
  readonly signals?: readonly SignalShown[];
  /** ISO 8601; null: time alone never changes it. */
  readonly until: string | null;
  readonly of: readonly Explanation[];
}

/** What clauses refer to, so that they are called by their names. */
export type Named = Partial<Pick<Workspace, 'audiences' | 'scores'>>;

/** @returns undefined where there is no such profile */
export async function explainCondition(
  db: Queryable,
  profileId: number,
  condition: Condition,
  now: Instant,
  named: Named = {},
): Promise<Explanation | undefined> {
  const profile = await oneProfile(db, profileId, condition, now);
  if (profile === undefined) return undefined;
  const { facts } = profile;
  return explanationOf(evaluate(condition, facts, now).because, { facts, now, words: wordsFor(named) });
}

interface Context {
  readonly facts: Facts;
  readonly now: Instant;
  /** Texts that stand in for others. */
  readonly words: ReadonlyMap<string, string>;
}

/** Indented lines with a tick or a cross, as the command line shows them. */
export function explanationLines(explanation: Explanation, depth = 0): string[] {
  const { clause, holds, found, signals = [], until, of } = explanation;
  const facts = found === null ? '' : ` (${typeof found === 'object' ? JSON.stringify(found) : String(found)})`;
  const indent = '  '.repeat(depth);
  return [
    `${indent}${holds ? '✓' : '✗'} ${clause}${facts}${changesAt(until)}`,
    ...signals.map((one) => `${indent}  ${signalLine(one)}`),
    ...of.flatMap((part) => explanationLines(part, depth + 1)),
  ];
}

/** `12 points: exports (3), by time alone until …` */
export function signalLine({ signal, points, found, until }: SignalShown): string {
  const rounded = Math.round(points * 100) / 100;
  return `${rounded} ${rounded === 1 ? 'point' : 'points'}: ${signal} (${String(found)})${changesAt(until)}`;
}

function changesAt(until: string | null): string {
  return until === null ? '' : `, by time alone until ${until}`;
}

function explanationOf(because: Because, context: Context): Explanation {
  const { clause, holds, until, of = [] } = because;
  const signals = signalsOf(clause, context);
  return {
    clause: headingOf(clause, context),
    holds,
    found: foundIn(because),
    ...(signals.length > 0 && { signals }),
    until: until === null ? null : new Date(until).toISOString(),
    of: of.map((part) => explanationOf(part, context)),
  };
}

function headingOf(clause: Condition, { words }: Context): string {
  if (clause.kind === 'all' || clause.kind === 'any') return `${clause.kind} of`;
  if (clause.kind === 'not') return 'not';
  let text = describe(clause);
  for (const [written, meant] of words) text = text.replaceAll(written, meant);
  return text;
}

function foundIn({ clause, found = null }: Because): Json {
  if (clause.kind !== 'compare' || !Array.isArray(found)) return found;
  const [left = null, right = null] = found;
  return { left, right };
}

function signalsOf(clause: Condition, { facts, now }: Context): readonly SignalShown[] {
  return valuesOf(clause)
    .flatMap(scoresIn)
    .flatMap((score) => showScore(score, facts, now).signals);
}

function valuesOf(clause: Condition): readonly Expression[] {
  if (clause.kind === 'value') return [clause.of];
  return clause.kind === 'compare' ? [clause.left, clause.right] : [];
}

/** Audiences that were made of a condition are told by it, and scores by their names. */
function wordsFor({ audiences = {}, scores = {} }: Named): ReadonlyMap<string, string> {
  const hidden = Object.values(audiences).filter((audience) => audience.hidden === true);
  return new Map([
    ...Object.values(scores).map(({ key, expression }) => [describeExpression(expression), `score ${key}`] as const),
    ...hidden.map(({ key, condition }) => [key, `(${describe(condition)})`] as const),
  ]);
}
