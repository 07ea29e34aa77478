import { describe, expect, it } from 'vitest';
import { rightOfWay } from '../../src/runtime/right-of-way.ts';

describe('the right of way', () => {
  it('is nobody’s while few events come in', async () => {
    const clock = { now: 1_000 };
    const { stored, giveWay } = rightOfWay(() => clock.now);
    stored(100);
    await giveWay();
    expect(clock.now).toBe(1_000);
  });

  it('is that of a crowd of events, for a while at most', async () => {
    let now = 1_000;
    const { stored, giveWay } = rightOfWay(() => {
      now += 1;
      return now;
    });
    stored(10_000);
    const before = now;
    const crowd = setInterval(() => stored(10_000), 1);
    await giveWay();
    clearInterval(crowd);
    expect(now - before).toBeGreaterThanOrEqual(100);
  });

  it('is given back once the crowd has passed', async () => {
    let now = 1_000;
    const { stored, giveWay } = rightOfWay(() => {
      now += 5;
      return now;
    });
    stored(10_000);
    const before = now;
    await giveWay();
    expect(now - before).toBeLessThan(100);
  });
});
