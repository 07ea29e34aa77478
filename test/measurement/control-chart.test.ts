import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../bench/harness/random.ts';
import { expectedShare, expectedSize } from '../../src/measurement/control-chart.ts';
import type { Share } from '../../src/measurement/difference.ts';

const ROUNDS = 3_000;
const { next } = chanceFrom(8);

function drawn(of: number, rate: number): Share {
  let converted = 0;
  for (let person = 0; person < of; person += 1) if (next() < rate) converted += 1;
  return { of, converted };
}
/** In how many of 100 series the newest is outside of what is expected. */
function outside(series: () => { readonly before: readonly Share[]; readonly newest: Share }): number {
  let count = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { before, newest } = series();
    const expected = expectedShare(before, newest);
    const share = newest.converted / newest.of;
    if (expected !== null && (share < expected.low || share > expected.high)) count += 1;
  }
  return (count / ROUNDS) * 100;
}
const weeks = (rateOf: () => number) => Array.from({ length: 25 }, () => drawn(200, rateOf()));

describe('a share that is held against those before it', () => {
  it('is hardly ever taken for a change where there is none, whether weeks differ by chance alone or by more', () => {
    expect(outside(() => ({ before: weeks(() => 0.1), newest: drawn(200, 0.1) }))).toBeLessThan(1);
    // Good weeks and bad ones: by chance alone, every tenth would be outside.
    const wavering = () => 0.05 + 0.1 * next();
    expect(outside(() => ({ before: weeks(wavering), newest: drawn(200, wavering()) }))).toBeLessThan(1.5);
  });

  it('is taken for one where it has halved', () => {
    expect(outside(() => ({ before: weeks(() => 0.3), newest: drawn(200, 0.15) }))).toBeGreaterThan(90);
  });

  it('says nothing where there is too little to go by', () => {
    const week = { of: 100, converted: 10 };
    expect(
      expectedShare(
        Array.from({ length: 5 }, () => week),
        week,
      ),
    ).toBeNull();
    expect(expectedShare([...Array.from({ length: 5 }, () => week), { of: 0, converted: 0 }], week)).toBeNull();
    expect(
      expectedShare(
        Array.from({ length: 6 }, () => week),
        { of: 0, converted: 0 },
      ),
    ).toBeNull();
    expect(
      expectedShare(
        Array.from({ length: 6 }, () => ({ of: 100, converted: 0 })),
        week,
      ),
    ).toBeNull();
  });

  it('is expected where it was: three standard deviations around it', () => {
    const expected = expectedShare(
      Array.from({ length: 10 }, () => ({ of: 400, converted: 80 })),
      { of: 100, converted: 9 },
    );
    expect(expected?.value).toBeCloseTo(0.2);
    expect([expected?.low, expected?.high].map((limit) => Number(limit?.toFixed(3)))).toEqual([0.08, 0.32]);
  });
});

describe('a size that is held against those before it', () => {
  it('is expected to grow as it did, and to waver as it did', () => {
    const steady = [1_000, 1_010, 1_020, 1_030, 1_040, 1_050, 1_060, 1_070];
    expect(expectedSize(steady)?.value).toBe(1_080);
    expect(expectedSize(steady)?.high).toBeCloseTo(1_080 + 3 * Math.sqrt(1_070));
    // Changes of 100 up and down: moving ranges of 200 each, so standard deviations of 200 / 1.128.
    const wavering = [1_000, 1_100, 1_000, 1_100, 1_000, 1_100, 1_000, 1_100, 1_000];
    expect(expectedSize(wavering)?.low).toBeCloseTo(1_000 - 3 * (200 / 1.128));
  });

  it('is not known of a few days', () => {
    expect(expectedSize([1, 2, 3, 4, 5, 6])).toBeNull();
    expect(expectedSize([])).toBeNull();
  });
});
