/**
 * Two groups of people whose sizes stood to each other differently at different times, as when the shares of an experiment
 * are changed. Each time is a stratum of its own: thrown together, a good month with many people in one group would pass
 * for an effect (Simpson's paradox).
 * @module
 */
import jstat from 'jstat';
import { type Difference, type Share, wilson, Z_95 } from './difference.ts';

const { jStat } = jstat;

/** What was seen of both groups while their shares were the same. */
export interface Stratum<Seen> {
  readonly a: Seen;
  readonly b: Seen;
}

/** Weighs strata as Cochran, Mantel and Haenszel do: what each has to say of the difference, if it is the same in all. */
export function weightsOf(sizes: readonly Stratum<number>[]): readonly number[] {
  const weights = sizes.map(({ a, b }) => (a * b) / (a + b));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / whole);
}

/** Strata that have people in both groups; the others say nothing of the difference. */
export function comparable<Seen>(
  strata: readonly Stratum<Seen>[],
  sizeOf: (seen: Seen) => number,
): readonly Stratum<Seen>[] {
  return strata.filter(({ a, b }) => sizeOf(a) > 0 && sizeOf(b) > 0);
}

/**
 * The difference of the shares of both groups. Its interval is Newcombe's with strata: X. Yan and X. G. Su, "Stratified
 * Wilson and Newcombe confidence intervals for multiple binomial proportions", Statistics in Biopharmaceutical Research 2
 * (2010), 329–335. Of one stratum it is Newcombe's own.
 * @returns null where no stratum has people in both groups
 */
export function differenceOverStrata(all: readonly Stratum<Share>[]): Difference | null {
  const strata = comparable(all, ({ of }) => of);
  if (strata.length === 0) return null;
  const weights = weightsOf(strata.map(({ a, b }) => ({ a: a.of, b: b.of })));
  const [a, b] = [
    pooled(
      strata.map((one) => one.a),
      weights,
    ),
    pooled(
      strata.map((one) => one.b),
      weights,
    ),
  ];
  const difference = a.share - b.share;
  return {
    difference,
    low: difference - Math.hypot(a.share - a.low, b.high - b.share),
    high: difference + Math.hypot(a.high - a.share, b.share - b.low),
  };
}

/**
 * How likely a difference like this one, or a greater one, is by chance: the test of Cochran, Mantel and Haenszel
 * (N. Mantel and W. Haenszel, Journal of the National Cancer Institute 22 (1959), 719–748), without the correction for
 * continuity. Of one stratum it is the "N − 1" test of χ² that I. Campbell recommends, Statistics in Medicine 26 (2007),
 * 3661–3675.
 * @returns null where nothing can be said
 */
export function chanceOfDifference(strata: readonly Stratum<Share>[]): number | null {
  const { excess, variance } = mantelHaenszel(strata);
  return variance > 0 ? 2 * jStat.normal.cdf(-Math.abs(excess) / Math.sqrt(variance), 0, 1) : null;
}

/** By how many conversions `a` is ahead of what it would have if there were no difference, and the variance of that. */
export function mantelHaenszel(strata: readonly Stratum<Share>[]): { excess: number; variance: number } {
  let [excess, variance] = [0, 0];
  for (const { a, b } of comparable(strata, ({ of }) => of)) {
    const of = a.of + b.of;
    const converted = a.converted + b.converted;
    excess += a.converted - (a.of * converted) / of;
    if (of > 1) variance += (a.of * b.of * converted * (of - converted)) / (of * of * (of - 1));
  }
  return { excess, variance };
}

/** The share of one group over strata, and its interval: Wilson's in each, reaching as far as that of the whole has to. */
function pooled(shares: readonly Share[], weights: readonly number[]) {
  const over = (part: (share: Share) => number) =>
    shares.reduce((sum, share, index) => sum + (weights[index] ?? 0) * part(share), 0);
  const errors = shares.map(({ of, converted }) => Math.sqrt(((converted / of) * (1 - converted / of)) / of));
  // Where all shares are 0 or 1, strata count by their sizes.
  const spread = errors.some((error) => error > 0) ? errors : shares.map(({ of }) => 1 / Math.sqrt(of));
  const apart = spread.reduce((sum, error, index) => sum + (weights[index] ?? 0) * error, 0);
  const together = Math.hypot(...spread.map((error, index) => (weights[index] ?? 0) * error));
  const z = (Z_95 * together) / apart;
  return {
    share: over(({ of, converted }) => converted / of),
    low: over((share) => wilson(share, z).low),
    high: over((share) => wilson(share, z).high),
  };
}
