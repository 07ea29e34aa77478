import { expect, test } from 'vitest';
import { type Figure, isHeld, median, percentile, reportOf, tableOf } from '../../bench/harness/figures.ts';

const figure = (value: number, target?: Figure['target']): Figure => ({ key: 'k', label: 'a figure', value, target });

test('a median is the middle value, or between the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('a percentile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([7], 0.01)).toBe(7);
});

test('a target is kept at its limit, and broken beyond it', () => {
  expect(isHeld(figure(18, { atMost: 18 }))).toBe(true);
  expect(isHeld(figure(18.1, { atMost: 18 }))).toBe(false);
  expect(isHeld(figure(0.7, { atLeast: 0.7 }))).toBe(true);
  expect(isHeld(figure(0.69, { atLeast: 0.7 }))).toBe(false);
  expect(isHeld(figure(200, { below: 200 }))).toBe(false);
  expect(isHeld(figure(1, { exactly: 1 }))).toBe(true);
  expect(isHeld(figure(2, { exactly: 1 }))).toBe(false);
});

test('a figure that could not be measured does not hold', () => {
  expect(isHeld(figure(Number.NaN))).toBe(false);
  expect(reportOf('cost', [figure(1), { ...figure(Number.NaN), key: 'other' }]).held).toBe(false);
});

test('the report has what the contract says', () => {
  expect(reportOf('cost', [figure(17, { atMost: 18 }), { ...figure(0.12345), key: 'other' }])).toEqual({
    bench: 'cost',
    figures: { k: 17, other: 0.123 },
    targets: { k: { atMost: 18 } },
    held: true,
  });
});

test('the table says which target was broken', () => {
  const table = tableOf([{ ...figure(1_234.5, { below: 200 }), unit: 'ms' }]);
  expect(table).toContain('1,234.5 ms');
  expect(table).toContain('below 200');
  expect(table).toContain('BROKEN');
});
