/**
 * The difference between two shares, with the interval that holds the true one in 95 of 100 cases.
 * @module
 */

export interface Share {
  readonly of: number;
  readonly converted: number;
}

export interface Difference {
  /** `a` less `b`, in [-1, 1]. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

export const Z_95 = 1.959963984540054;

/**
 * Wilson's interval of each share, joined as in R. G. Newcombe, "Interval estimation for the difference between
 * independent proportions", Statistics in Medicine 17 (1998), 873–890, method 10. Unlike the textbook's normal
 * approximation it stays right for few people and for shares near 0 and 1.
 * @returns null where one of the groups is empty
 */
export function differenceOfShares(a: Share, b: Share): Difference | null {
  if (a.of === 0 || b.of === 0) return null;
  const [first, second] = [wilson(a), wilson(b)];
  const difference = first.share - second.share;
  return {
    difference,
    low: difference - Math.hypot(first.share - first.low, second.high - second.share),
    high: difference + Math.hypot(first.high - first.share, second.share - second.low),
  };
}

export interface Interval {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** @param z how far it reaches, in standard errors */
export function wilson({ of, converted }: Share, z = Z_95): Interval {
  const share = converted / of;
  const z2 = z ** 2;
  const middle = 2 * converted + z2;
  const reach = z * Math.sqrt(z2 + 4 * converted * (1 - share));
  return { share, low: (middle - reach) / (2 * (of + z2)), high: (middle + reach) / (2 * (of + z2)) };
}
