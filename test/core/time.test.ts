import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClock, DAY, earlier, HOUR, realMillisecondsUntil, SECOND } from '../../src/core/time.ts';
import { T0 } from './build.ts';

describe('the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: T0, toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is the machine's unless told otherwise", () => {
    const clock = createClock();
    vi.setSystemTime(T0 + HOUR);
    expect(clock.now()).toBe(T0 + HOUR);
    expect(clock.wall()).toBe(T0 + HOUR);
  });

  it('starts where it is told and runs as fast as it is told, while the wall clock stays', () => {
    const start = Date.UTC(2020, 0, 1);
    const clock = createClock({ start, speed: 86_400 });
    vi.setSystemTime(T0 + 2 * SECOND);
    expect(clock.now()).toBe(start + 2 * DAY);
    expect(clock.wall()).toBe(T0 + 2 * SECOND);
  });

  it('has reached an instant once the machine has waited as long as it says', () => {
    const clock = createClock({ start: T0, speed: 86_400 });
    vi.setSystemTime(T0 + 7);
    for (const ahead of [1, 86_399, 86_400, 86_401, HOUR, DAY + 1]) {
      const target = clock.now() + ahead;
      const wait = realMillisecondsUntil(target, clock);
      vi.setSystemTime(Date.now() + wait);
      expect(clock.now()).toBeGreaterThanOrEqual(target);
      expect(realMillisecondsUntil(target, clock)).toBe(0);
    }
  });
});

describe('a clock that stands still', () => {
  const still = { now: () => T0, wall: () => T0, speed: 86_400, shortestWait: 500 };

  it('is not asked again and again for an instant close ahead', () => {
    expect(realMillisecondsUntil(T0 + 1, still)).toBe(500);
    expect(realMillisecondsUntil(T0 + DAY, still)).toBe(1_000);
    expect(realMillisecondsUntil(T0, still)).toBe(0);
  });
});

describe('the earlier of two instants', () => {
  it('takes null as never', () => {
    expect(earlier(1, 2)).toBe(1);
    expect(earlier(null, 2)).toBe(2);
    expect(earlier(1, null)).toBe(1);
    expect(earlier(null, null)).toBeNull();
    expect(earlier(0, 5)).toBe(0);
  });
});
