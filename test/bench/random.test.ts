import { expect, test } from 'vitest';
import { chanceFrom } from '../../bench/harness/random.ts';

const draws = (seed: number) => {
  const chance = chanceFrom(seed);
  return Array.from({ length: 1_000 }, () => chance.next());
};

test('a seed gives the same again, another seed something else', () => {
  expect(draws(1)).toEqual(draws(1));
  expect(draws(1)[0]).not.toBe(draws(2)[0]);
});

test('draws are spread over [0, 1)', () => {
  for (const seed of [0, 1, 2, 3, 4]) {
    const values = draws(seed);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
  }
});

test('shuffling keeps every value', () => {
  expect(chanceFrom(3).shuffled(['a', 'b', 'c']).sort()).toEqual(['a', 'b', 'c']);
});
