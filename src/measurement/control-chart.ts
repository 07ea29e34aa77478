/**
 * Does the newest of a series of figures still belong with those before it, or has something changed?
 * @module
 */
import type { Share } from './difference.ts';

/** What the newest figure would be if nothing had changed. */
export interface Expected {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Limits of three standard deviations: where nothing changes, some 3 of 1,000 figures are outside. */
const REACH = 3;
/** How the mean of moving ranges stands to the standard deviation: E. S. Pearson's constant d₂ for two. */
const D2 = 1.128;
/** Fewer figures than this tell nothing of what is usual. */
export const ENOUGH_HISTORY = 6;

/**
 * The newest share, by those before it. Shares of many people differ by more than chance alone, since weeks differ; how
 * much they usually do is taken from the series itself: D. B. Laney, "Improved control charts for attributes", Quality
 * Engineering 14 (2002), 531–537.
 * @returns null where there is too little to go by
 */
export function expectedShare(history: readonly Share[], newest: Share): Expected | null {
  const known = history.filter(({ of }) => of > 0);
  if (known.length < ENOUGH_HISTORY || newest.of === 0) return null;
  const of = known.reduce((sum, one) => sum + one.of, 0);
  const usual = known.reduce((sum, one) => sum + one.converted, 0) / of;
  const errorOf = ({ of: people }: Share) => Math.sqrt((usual * (1 - usual)) / people);
  if (usual === 0 || usual === 1) return null;
  const scores = known.map((one) => (one.converted / one.of - usual) / errorOf(one));
  // Weeks that differ by less than chance are no reason to expect less of it.
  const spread = Math.max(1, meanRange(scores) / D2);
  const reach = REACH * errorOf(newest) * spread;
  return { value: usual, low: Math.max(0, usual - reach), high: Math.min(1, usual + reach) };
}

/**
 * The newest size, by those before it: its change from the one before is held against the usual changes, so that what
 * grows steadily is no surprise. W. A. Shewhart's chart of individuals and moving ranges, of the changes.
 * @returns null where there is too little to go by, or nothing ever changed
 */
export function expectedSize(history: readonly number[]): Expected | null {
  const changes = history.slice(1).map((size, index) => size - (history[index] ?? 0));
  const last = history.at(-1);
  if (last === undefined || changes.length < ENOUGH_HISTORY) return null;
  const usual = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  // A size of n wavers by the root of n at least, by chance alone.
  const spread = Math.max(meanRange(changes) / D2, Math.sqrt(last));
  const value = last + usual;
  return { value, low: Math.max(0, value - REACH * spread), high: value + REACH * spread };
}

function meanRange(values: readonly number[]): number {
  const ranges = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? 0)));
  return ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
}
