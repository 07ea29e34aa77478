/**
 * Is one variant better than another, asked again and again while people come in? The usual p-value must be looked at
 * once; whoever looks every day and stops at the first good one is wrong far more often than it says. The mixture
 * sequential probability ratio test stays right however often it is looked at, and whenever one stops.
 *
 * R. Johari, P. Koomen, L. Pekelis and D. Walsh, "Peeking at A/B tests", KDD 2017, 1517–1525, with a normal mixture; its
 * width is chosen so that the test is at its sharpest where the experiment's rule first allows a decision: S. R. Howard,
 * A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
 * Statistics 49 (2021), 1055–1080, section 3.5.
 * @module
 */
import type { Share } from './difference.ts';

/** Fewer than this on either side of a share, and its distribution is not near enough to a normal one. */
const ENOUGH = 10;

/**
 * The p-value that holds at any time, of there being no difference between `a` and `b`.
 *
 * @param sharpestAt how many people of both together it is to be at its sharpest for; chosen before anything is seen
 * @param alpha the p-value that is meant to be reached
 */
export function alwaysValidP(a: Share, b: Share, sharpestAt: number, alpha: number): number {
  const of = a.of + b.of;
  const converted = a.converted + b.converted;
  if (a.of === 0 || b.of === 0 || converted < ENOUGH || of - converted < ENOUGH) return 1;
  const share = converted / of;
  const error = Math.sqrt(share * (1 - share) * (1 / a.of + 1 / b.of));
  const z = (a.converted / a.of - b.converted / b.of) / error;
  const width = (sharpestWidth(alpha) * of) / sharpestAt;
  const logOfRatio = (z ** 2 * width) / (1 + width) / 2 - Math.log1p(width) / 2;
  return Math.min(1, Math.exp(-logOfRatio));
}

/** In units of the information at which it is sharpest: equation (3.16) of Howard et al., by its expansion for small alpha. */
function sharpestWidth(alpha: number): number {
  const wanted = -2 * Math.log(alpha);
  return wanted + Math.log1p(wanted);
}

export interface Arm extends Share {
  readonly variant: string;
}

export interface Decision {
  readonly winner: string;
  /** Of the closest of the others: the p-value that was reached, and the one that was asked for. */
  readonly pValue: number;
  readonly needed: number;
}

/**
 * The variant that is better than each of the others; null: none is, yet.
 *
 * There is a winner by chance only if one of the pairs differs by chance, so that each pair has its part of the risk
 * (Bonferroni).
 */
export function winnerOf(
  arms: readonly Arm[],
  { after, confidence }: { readonly after: number; readonly confidence: number },
): Decision | null {
  if (arms.length < 2 || arms.some(({ of }) => of < after)) return null;
  const best = arms.reduce((one, other) => (rate(other) > rate(one) ? other : one));
  const needed = (1 - confidence) / ((arms.length * (arms.length - 1)) / 2);
  const others = arms.filter(({ variant }) => variant !== best.variant);
  const pValue = Math.max(...others.map((other) => alwaysValidP(best, other, 2 * after, needed)));
  return pValue <= needed ? { winner: best.variant, pValue, needed } : null;
}

function rate({ of, converted }: Share): number {
  return converted / of;
}
