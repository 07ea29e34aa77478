/**
 * The difference of two means, such as revenue per person, with the interval that holds the true one in 95 of 100 cases.
 * @module
 */
import jstat from 'jstat';
import type { Difference } from './difference.ts';
import { comparable, type Stratum, weightsOf } from './strata.ts';

const { jStat } = jstat;

/** What a sample comes down to. */
export interface Sums {
  readonly of: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

export interface MeanDifference extends Difference {
  /** How likely such a difference, or a greater one, is by chance. */
  readonly pValue: number;
  readonly degreesOfFreedom: number;
}

/**
 * B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
 * Biometrika 34 (1947), 28–35, over strata weighed by their sizes. Amounts of money are far from normal; with some hundred
 * people in each group their means are near enough.
 * @returns null where a group has fewer than two people, or where nobody differs from anybody
 */
export function differenceOfMeans(all: readonly Stratum<Sums>[]): MeanDifference | null {
  const strata = comparable(all, ({ of }) => of - 1);
  if (strata.length === 0) return null;
  const weights = weightsOf(strata.map(({ a, b }) => ({ a: a.of, b: b.of })));
  const parts = strata.flatMap(({ a, b }, index) =>
    [a, b].map((sums) => ({ error: (weights[index] ?? 0) ** 2 * errorOf(sums), freedom: sums.of - 1 })),
  );
  const error = parts.reduce((sum, part) => sum + part.error, 0);
  if (error <= 0) return null;
  const difference = strata.reduce((sum, { a, b }, index) => sum + (weights[index] ?? 0) * (meanOf(a) - meanOf(b)), 0);
  const degreesOfFreedom = error ** 2 / parts.reduce((sum, part) => sum + part.error ** 2 / part.freedom, 0);
  const reach = jStat.studentt.inv(0.975, degreesOfFreedom) * Math.sqrt(error);
  return {
    difference,
    low: difference - reach,
    high: difference + reach,
    pValue: 2 * jStat.studentt.cdf(-Math.abs(difference) / Math.sqrt(error), degreesOfFreedom),
    degreesOfFreedom,
  };
}

export function meanOf({ of, sum }: Sums): number {
  return of === 0 ? 0 : sum / of;
}

/** The square of the mean's standard error. */
function errorOf({ of, sum, sumOfSquares }: Sums): number {
  return Math.max(0, sumOfSquares - sum ** 2 / of) / (of - 1) / of;
}
