/**
 * Scores from the author's form to the core's, and the values that can be read of each.
 * @module
 */
import type { Band, Decay, Expression, Signal } from '../core/condition.ts';
import { HALF_LIVES, USUAL_DECAY } from '../core/score.ts';
import { compileCondition } from './compile-condition.ts';
import { compileFilter } from './compile-events.ts';
import { checkNumber } from './compile-formula.ts';
import { checkKept } from './lint-past.ts';
import { type AuthoredDecay, type AuthoredSignal, decayShareOf, type ScoreFile } from './schema-score.ts';
import { millisecondsOf } from './schema-values.ts';
import { type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';

export type ScoreExpression = Extract<Expression, { kind: 'score' }>;

/** What `<score>.…` can be. */
export const SCORE_PARTS = ['band', 'propensity', 'expected'] as const;
export type ScorePart = (typeof SCORE_PARTS)[number];

export function compileScore({ signals }: ScoreFile, given: Surroundings): ScoreExpression {
  const names = signals.map(({ signal }) => signal);
  names.forEach((name, index) => {
    if (names.indexOf(name) === index) return;
    sayAt(given, ['signals', index, 'signal'])(`Two signals are named \`${name}\``, 'Give one of them another name');
  });
  return { kind: 'score', signals: signals.map((signal, index) => compileSignal(signal, ['signals', index], given)) };
}

function compileSignal(authored: AuthoredSignal, path: Path, given: Surroundings): Signal {
  const { signal: name, weight } = authored;
  if ('if' in authored) {
    const condition = compileCondition(authored.if, [...path, 'if'], { ...given, inRun: false, sinceEntry: false });
    return { name, weight, by: { condition } };
  }
  const { most, decay } = authored;
  const events = compileFilter(authored, path, given);
  const compiled = compileDecay(decay, [...path, 'decay'], given);
  return { name, weight, ...(most !== undefined && { most }), by: { events, decay: compiled } };
}

function compileDecay(authored: AuthoredDecay, path: Path, given: Surroundings): Decay | null {
  const { keepHistory } = given.scope;
  if (authored === 'none') return null;
  if (typeof authored === 'object' && 'halfLife' in authored) {
    const halfLife = millisecondsOf(authored.halfLife);
    checkKept(HALF_LIVES * halfLife, keepHistory, sayAt(given, [...path, 'halfLife']));
    return { halfLife };
  }
  const decay = Array.isArray(authored)
    ? { steps: authored.map(({ until, share }) => ({ until: millisecondsOf(until), share: decayShareOf(share) })) }
    : USUAL_DECAY;
  if (!('steps' in decay)) return decay;
  decay.steps.forEach(({ until }, index) => {
    const before = decay.steps[index - 1]?.until ?? 0;
    if (until <= before)
      sayAt(given, [...path, index, 'until'])(
        'The steps of a decay go from the youngest age up',
        'Put them in that order',
      );
  });
  const last = decay.steps.at(-1)?.until ?? 0;
  const place = Array.isArray(authored) ? [...path, decay.steps.length - 1, 'until'] : path.slice(0, -1);
  checkKept(last, keepHistory, sayAt(given, place));
  return decay;
}

/** From the highest threshold down. */
export function compileBands({ bands = {} }: ScoreFile, given: Surroundings): readonly Band[] {
  const ordered = Object.entries(bands)
    .map(([name, from]) => ({ name, from }))
    .sort((a, b) => b.from - a.from);
  ordered.forEach(({ name, from }, index) => {
    const above = ordered[index - 1];
    if (above?.from !== from) return;
    sayAt(given, ['bands', name])(
      `The bands \`${above.name}\` and \`${name}\` begin at the same score`,
      'Keep one of them',
    );
  });
  return ordered;
}

/** The values that can be read of a score beside itself; says so where one lacks what it is made from. */
export function compileScoreParts(
  file: ScoreFile,
  score: ScoreExpression,
  bands: readonly Band[],
  given: Surroundings,
): Partial<Record<ScorePart, Expression>> {
  const { outOf, value } = file;
  if (outOf === undefined && value !== undefined)
    sayAt(given, ['value'])('`value` is multiplied with the propensity, which needs `outOf`', 'Add `outOf: 100`');
  const propensity: Expression | undefined =
    outOf === undefined ? undefined : within01({ kind: 'arithmetic', op: '/', left: score, right: constant(outOf) });
  const worth = value === undefined ? undefined : worthOf(value, given);
  return {
    ...(bands.length > 0 && { band: { kind: 'band', of: score, bands } }),
    ...(propensity !== undefined && { propensity }),
    ...(propensity !== undefined &&
      worth !== undefined && { expected: { kind: 'arithmetic', op: '*', left: propensity, right: worth } }),
  };
}

function worthOf(value: string | number, given: Surroundings): Expression {
  if (typeof value === 'number') return constant(value);
  const say = sayAt(given, ['value']);
  const expression = given.scope.resolve(value, given.of, say);
  checkNumber(expression, value, given, say);
  return expression;
}

function within01(of: Expression): Expression {
  const atMostOne: Expression = { kind: 'arithmetic', op: 'min', left: of, right: constant(1) };
  return { kind: 'arithmetic', op: 'max', left: atMostOne, right: constant(0) };
}

function constant(value: number): Expression {
  return { kind: 'constant', value };
}
