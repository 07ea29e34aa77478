import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../bench/harness/random.ts';
import { differenceOfShares, type Share } from '../../src/measurement/difference.ts';
import { differenceOfMeans, type Sums } from '../../src/measurement/means.ts';
import { chanceOfDifference, differenceOverStrata, mantelHaenszel } from '../../src/measurement/strata.ts';

const share = (converted: number, of: number): Share => ({ converted, of });
const someShare = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([of, part]) => share(Math.round(of * part), of));

/** How many of `of` people convert. */
function drawn(of: number, rate: number, next: () => number): Share {
  let converted = 0;
  for (let person = 0; person < of; person += 1) if (next() < rate) converted += 1;
  return share(converted, of);
}

describe('the difference of two shares over strata', () => {
  it('of one stratum is Newcombe’s', () => {
    fc.assert(
      fc.property(someShare, someShare, (a, b) => {
        const [whole, plain] = [differenceOverStrata([{ a, b }]), differenceOfShares(a, b)];
        for (const key of ['difference', 'low', 'high'] as const)
          expect(whole?.[key]).toBeCloseTo(plain?.[key] ?? 0, 9);
      }),
    );
  });

  it('lies within its interval, which lies within -1 and 1', () => {
    const strata = fc.array(fc.record({ a: someShare, b: someShare }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(strata, (all) => {
        const { difference, low, high } = differenceOverStrata(all) ?? { difference: 0, low: 0, high: 0 };
        expect(low).toBeLessThanOrEqual(difference + 1e-9);
        expect(high).toBeGreaterThanOrEqual(difference - 1e-9);
      }),
    );
  });

  it('is not taken in by a good month in which one group was large', () => {
    // Nobody does better by the variant, in either month; thrown together it would be ahead by 16 points.
    const months = [
      { a: share(10, 100), b: share(90, 900) },
      { a: share(270, 900), b: share(30, 100) },
    ];
    expect(differenceOverStrata(months)?.difference).toBeCloseTo(0);
    expect(chanceOfDifference(months)).toBeCloseTo(1);
    expect(differenceOfShares(share(280, 1_000), share(120, 1_000))?.low).toBeGreaterThan(0.1);
  });

  it('is held by its interval in 95 of 100 cases, whatever happened to the shares', () => {
    const { next } = chanceFrom(17);
    let held = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const strata = [
        { a: drawn(20, 0.12, next), b: drawn(180, 0.07, next) },
        { a: drawn(150, 0.3, next), b: drawn(50, 0.25, next) },
      ];
      const { low, high } = differenceOverStrata(strata) ?? { low: 1, high: 1 };
      if (low <= 0.05 && 0.05 <= high) held += 1;
    }
    expect(held / 2_000).toBeGreaterThan(0.94);
    expect(held / 2_000).toBeLessThan(0.97);
  });

  it('leaves out strata in which a group is empty, and is not known where all are', () => {
    const known = { a: share(5, 10), b: share(2, 10) };
    expect(differenceOverStrata([known, { a: share(9, 9), b: share(0, 0) }])).toEqual(differenceOverStrata([known]));
    expect(differenceOverStrata([{ a: share(9, 9), b: share(0, 0) }])).toBeNull();
    expect(chanceOfDifference([])).toBeNull();
  });
});

describe('the chance of such a difference', () => {
  // Admissions to Berkeley by department: the example of R's `mantelhaen.test`, which reports X² = 1.4269 with the
  // correction for continuity, and 1.5246 with p = 0.2169 without it.
  const departments = [
    { a: share(512, 825), b: share(89, 108) },
    { a: share(353, 560), b: share(17, 25) },
    { a: share(120, 325), b: share(202, 593) },
    { a: share(138, 417), b: share(131, 375) },
    { a: share(53, 191), b: share(94, 393) },
    { a: share(22, 373), b: share(24, 341) },
  ];

  it('is that of Cochran, Mantel and Haenszel', () => {
    const { excess, variance } = mantelHaenszel(departments);
    expect((Math.abs(excess) - 0.5) ** 2 / variance).toBeCloseTo(1.4269, 4);
    expect(excess ** 2 / variance).toBeCloseTo(1.5246, 4);
    expect(chanceOfDifference(departments)).toBeCloseTo(0.2169, 4);
  });

  it('of one stratum is that of Pearson’s χ², less one person in all', () => {
    // χ² of [[30, 70], [18, 82]] is 200·(30·82 − 18·70)² / (48·152·100·100) = 3.9474.
    const { excess, variance } = mantelHaenszel([{ a: share(30, 100), b: share(18, 100) }]);
    expect(excess ** 2 / variance).toBeCloseTo((3.9474 * 199) / 200, 3);
  });

  it('is below 5% in 5 of 100 cases where there is no difference', () => {
    const { next } = chanceFrom(4);
    let wrong = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const strata = [
        { a: drawn(20, 0.1, next), b: drawn(180, 0.1, next) },
        { a: drawn(100, 0.4, next), b: drawn(100, 0.4, next) },
      ];
      if ((chanceOfDifference(strata) ?? 1) < 0.05) wrong += 1;
    }
    expect(wrong / 2_000).toBeGreaterThan(0.035);
    expect(wrong / 2_000).toBeLessThan(0.065);
  });
});

function sumsOf(values: readonly number[]): Sums {
  return {
    of: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    sumOfSquares: values.reduce((sum, value) => sum + value ** 2, 0),
  };
}

describe('the difference of two means', () => {
  it('is Welch’s: Student’s sleep data, as R’s `t.test(extra ~ group, data = sleep)` reports', () => {
    const a = sumsOf([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]);
    const b = sumsOf([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
    const found = differenceOfMeans([{ a, b }]);
    expect(found?.difference).toBeCloseTo(0.75 - 2.33, 10);
    expect(found?.degreesOfFreedom).toBeCloseTo(17.776, 3);
    expect(found?.pValue).toBeCloseTo(0.07939, 5);
    expect(found?.low).toBeCloseTo(-3.3654832, 6);
    expect(found?.high).toBeCloseTo(0.2054832, 6);
  });

  it('is held by its interval in 95 of 100 cases where few people spend, over two strata', () => {
    const { next } = chanceFrom(23);
    const spent = (people: number, rate: number) =>
      sumsOf(Array.from({ length: people }, () => (next() < rate ? 20 - 30 * Math.log(1 - next()) : 0)));
    let held = 0;
    for (let round = 0; round < 1_000; round += 1) {
      const strata = [
        { a: spent(300, 0.2), b: spent(100, 0.2) },
        { a: spent(200, 0.4), b: spent(400, 0.4) },
      ];
      const { low, high } = differenceOfMeans(strata) ?? { low: 1, high: 1 };
      if (low <= 0 && 0 <= high) held += 1;
    }
    expect(held / 1_000).toBeGreaterThan(0.93);
    expect(held / 1_000).toBeLessThan(0.975);
  });

  it('is not known of one person, nor where nobody spent anything', () => {
    expect(differenceOfMeans([{ a: sumsOf([1]), b: sumsOf([1, 2]) }])).toBeNull();
    expect(differenceOfMeans([{ a: sumsOf([0, 0]), b: sumsOf([0, 0]) }])).toBeNull();
  });
});
