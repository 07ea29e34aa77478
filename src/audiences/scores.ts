/**
 * What a profile scores, and why: which signal gives how many points, and when each next changes by time alone.
 * @module
 */
import type { Condition, Expression } from '../core/condition.ts';
import { evaluateExpression, explainScore } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import type { Instant } from '../core/time.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import type { Queryable } from '../store/database.ts';
import { oneProfile } from './facts-of.ts';

export interface SignalShown {
  readonly signal: string;
  readonly points: number;
  /** How many events give points, or whether the condition holds. */
  readonly found: number | boolean;
  /** When time alone changes its points next, ISO 8601; null: never. */
  readonly until: string | null;
}

export interface ScoreShown {
  readonly score: string;
  readonly value: number;
  /** The highest band that the value reaches; null: none. */
  readonly band: string | null;
  /** In [0, 1], and times what the profile is worth; null where the score has none. */
  readonly propensity: number | null;
  readonly expected: number | null;
  readonly until: string | null;
  readonly signals: readonly SignalShown[];
}

type ScoreExpression = Extract<Expression, { kind: 'score' }>;

/** Every score of this kind of profile, by name; undefined where there is no such profile. */
export async function readScores(
  db: Queryable,
  profileId: number,
  of: 'person' | 'account',
  { scores = {}, computedTraits }: Pick<Workspace, 'scores' | 'computedTraits'>,
  now: Instant,
): Promise<ScoreShown[] | undefined> {
  const mine = Object.values(scores).filter((score) => score.of === of);
  const expressions = mine.flatMap(({ key, expression }) => [expression, ...partsOf(key, computedTraits).values()]);
  const profile = await oneProfile(db, profileId, { kind: 'all', of: expressions.map(asksFor) }, now);
  if (profile === undefined) return undefined;
  return mine.map(({ key, expression, bands }) => {
    const { value, until, signals } = showScore(expression, profile.facts, now);
    const parts = partsOf(key, computedTraits);
    const part = (name: string): number | null => {
      const of = parts.get(name);
      const found = of === undefined ? undefined : evaluateExpression(of, profile.facts, now).value;
      return typeof found === 'number' ? found : null;
    };
    const band = bands.find(({ from }) => value >= from)?.name ?? null;
    return { score: key, value, band, propensity: part('propensity'), expected: part('expected'), until, signals };
  });
}

/** A score with its signals, the one that gives most first. */
export function showScore(score: ScoreExpression, facts: Facts, now: Instant) {
  const { value, until, signals } = explainScore(score, facts, now);
  const shown: SignalShown[] = signals.map((one) => ({ ...one, until: iso(one.until) }));
  return { value, until: iso(until), signals: shown.sort((a, b) => Math.abs(b.points) - Math.abs(a.points)) };
}

/** The scores that a value is made of. */
export function scoresIn(expression: Expression): readonly ScoreExpression[] {
  switch (expression.kind) {
    case 'score':
      return [expression];
    case 'arithmetic':
      return [...scoresIn(expression.left), ...scoresIn(expression.right)];
    case 'orElse':
      return [...scoresIn(expression.of), ...scoresIn(expression.otherwise)];
    case 'band':
    case 'daysSince':
      return scoresIn(expression.of);
    default:
      return [];
  }
}

function partsOf(key: string, computed: Workspace['computedTraits']): Map<string, Expression> {
  const parts = ['propensity', 'expected'].flatMap((name) => {
    const trait = computed[`${key}.${name}`];
    return trait === undefined ? [] : [[name, trait.expression] as const];
  });
  return new Map(parts);
}

/** A condition that looks at everything the value is made of. */
function asksFor(of: Expression): Condition {
  return { kind: 'value', of, test: { op: 'exists', value: true } };
}

function iso(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
