import { describe, expect, it } from 'vitest';
import { differenceOfShares } from '../../src/measurement/difference.ts';

const share = (converted: number, of: number) => ({ converted, of });
const rounded = (value: number | undefined) => Number(value?.toFixed(4));

describe('the difference of two shares', () => {
  // The examples of Newcombe's paper, its table II, method 10.
  it.each([
    [share(56, 70), share(48, 80), 0.0524, 0.3339],
    [share(9, 10), share(3, 10), 0.1705, 0.809],
    [share(6, 7), share(2, 7), 0.0582, 0.8062],
    [share(5, 56), share(0, 29), -0.0381, 0.1926],
    [share(0, 10), share(0, 20), -0.1611, 0.2775],
    [share(0, 10), share(0, 10), -0.2775, 0.2775],
    [share(10, 10), share(0, 20), 0.6791, 1],
    [share(10, 10), share(0, 10), 0.6075, 1],
  ])('of %o and %o lies between %d and %d', (a, b, low, high) => {
    const interval = differenceOfShares(a, b);
    expect([rounded(interval?.low), rounded(interval?.high)]).toEqual([low, high]);
    expect(interval?.difference).toBeCloseTo(a.converted / a.of - b.converted / b.of);
  });

  it('is not known where a group is empty', () => {
    expect(differenceOfShares(share(0, 0), share(1, 2))).toBeNull();
    expect(differenceOfShares(share(1, 2), share(0, 0))).toBeNull();
  });
});
