import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RateLimit } from '../../src/channels/rate-limit.ts';
import { SECOND } from '../../src/core/time.ts';

/** At most how many of these lie within one second, wherever it begins. */
function mostInASecond(times: readonly number[]): number {
  const inOrder = [...times].sort((a, b) => a - b);
  return Math.max(...inOrder.map((from, index) => inOrder.slice(index).filter((at) => at < from + SECOND).length));
}

test('no second sees more than the limit, however long each takes, and little of it is left unused', async () => {
  const limit = new RateLimit(40);
  const seen: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: 120 }, (_, index) =>
      limit.pass(async (clear) => {
        await delay(150 + ((index * 7) % 100));
        await clear();
        await delay((index * 7) % 10);
        seen.push(performance.now());
        await delay((index * 3) % 10);
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / SECOND;
  expect(mostInASecond(seen)).toBeLessThanOrEqual(40);
  expect(seconds).toBeLessThan(120 / 40 / 0.87);
});

test('those that came first go first, and one that fails gives its place back', async () => {
  const limit = new RateLimit(20);
  const order: number[] = [];
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, (_, index) =>
      limit.pass(async () => {
        order.push(index);
        if (index % 2 === 0) throw new Error('the provider hung up');
      }),
    ),
  );
  expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(15);
});

test('less than one a second has a window of its own', async () => {
  const limit = new RateLimit(0.8);
  const startedAt = performance.now();
  await Promise.all([1, 2].map(() => limit.pass(async () => undefined)));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_250);
});
