import { describe, expect, it } from 'vitest';
import { DAY, HOUR, SECOND } from '../../src/core/time.ts';
import { createPacedClock } from '../../src/demo/paced-clock.ts';

const START = Date.parse('2024-01-04T00:00:00Z');

/** A day per second, on a machine whose time is told. */
function paced() {
  let real = 1_000_000;
  const clock = createPacedClock({ start: START, speed: DAY / SECOND, wall: () => real });
  return {
    ...clock,
    pass: (milliseconds: number) => {
      real += milliseconds;
    },
    days: () => (clock.engine.now() - START) / DAY,
  };
}

describe('the paced clock', () => {
  it('stands until it is released, then goes a day in a second', () => {
    const clock = paced();
    clock.pass(5_000);
    expect(clock.days()).toBe(0);
    clock.release(START + 10 * DAY);
    clock.pass(2_000);
    expect(clock.days()).toBe(2);
  });

  it('never passes what it is released to, and does not make up for the time it stood', () => {
    const clock = paced();
    clock.release(START + DAY);
    clock.pass(3_000);
    expect(clock.days()).toBe(1);
    clock.pass(1_000);
    clock.release(START + 10 * DAY);
    expect(clock.days()).toBe(1);
    clock.pass(1_000);
    expect(clock.days()).toBe(2);
    expect(clock.lost() / SECOND).toBe(3);
  });

  it('never goes back, whatever it is released to', () => {
    const clock = paced();
    clock.release(START + 10 * DAY);
    clock.pass(2_000);
    clock.release(START + DAY);
    expect(clock.days()).toBe(2);
  });

  it('says that it stands, so that nobody asks it all the time', () => {
    const clock = paced();
    clock.release(START + DAY);
    clock.pass(2_000);
    expect(clock.days()).toBe(1);
    expect(clock.engine.shortestWait).toBe(0);
    clock.pass(200);
    expect(clock.days()).toBe(1);
    expect(clock.engine.shortestWait).toBe(500);
    clock.release(START + 2 * DAY);
    clock.pass(100);
    expect(clock.days()).toBeCloseTo(1.1);
    expect(clock.engine.shortestWait).toBe(0);
  });

  it('is a little ahead at the door, where things happen first', () => {
    const clock = paced();
    clock.release(START + 10 * DAY);
    expect(clock.shop.now() - clock.engine.now()).toBe(6 * HOUR);
  });

  it("once settled, goes on at the machine's own speed, and the door with it", () => {
    const clock = paced();
    clock.release(START + DAY);
    clock.pass(500);
    clock.settle();
    clock.pass(60_000);
    expect(clock.engine.now()).toBe(START + DAY / 2 + 60_000);
    expect(clock.shop.now()).toBe(clock.engine.now());
    expect([clock.engine.speed, clock.shop.speed]).toEqual([1, 1]);
  });
});
