import { describe, expect, it } from 'vitest';
import { DAY, type Instant, SECOND } from '../../src/core/time.ts';
import { createPacedClock } from '../../src/demo/paced-clock.ts';
import { createPacing } from '../../src/demo/pacing.ts';

const START = Date.parse('2024-01-04T00:00:00Z');
const NEVER = Number.POSITIVE_INFINITY;

/** A day per second, with an engine that says what it is told to say. */
function pacing() {
  let real = 0;
  const clock = createPacedClock({ start: START, speed: DAY / SECOND, wall: () => real });
  const engine: { waitingCall: Instant | null; steps: Instant[] } = { waitingCall: null, steps: [] };
  const release = createPacing({
    clock,
    waitingCall: async () => engine.waitingCall,
    stepDue: async (after) => engine.steps.find((step) => step > after) ?? null,
  });
  /** Where the clock gets to in so many seconds. */
  const after = (seconds: number) => {
    real += seconds * SECOND;
    return clock.engine.now();
  };
  return { engine, release, after };
}

describe('the clock', () => {
  it('stops just before what has not been sent, and before what is not applied', async () => {
    const { engine, release, after } = pacing();
    await release(START + 2 * DAY);
    expect(after(9)).toBe(START + 2 * DAY - 1);
    engine.waitingCall = START + 3 * DAY;
    await release(START + 5 * DAY);
    expect(after(9)).toBe(START + 3 * DAY - 1);
    engine.waitingCall = null;
    await release(NEVER);
    expect(after(9)).toBe(START + 12 * DAY - 1);
  });

  it('waits for a step that is a second late, and goes on when it has been done', async () => {
    const { engine, release, after } = pacing();
    engine.steps = [START + DAY];
    await release(NEVER);
    expect(after(5)).toBe(START + 2 * DAY);
    engine.steps = [START + 9 * DAY];
    await release(NEVER);
    expect(after(1)).toBe(START + 3 * DAY);
  });

  it('does not wait for ever for a step that does not come, but still for the others', async () => {
    const { engine, release, after } = pacing();
    engine.steps = [START, START + 3 * DAY];
    for (let second = 0; second < 30; second += 5) {
      await release(NEVER);
      expect(after(5)).toBe(START + DAY);
    }
    for (let round = 0; round < 6; round += 1) {
      await release(NEVER);
      after(5);
    }
    expect(after(0)).toBe(START + 4 * DAY);
  });

  it('waits as long as it takes while steps are done, one after the other', async () => {
    const { engine, release, after } = pacing();
    for (let step = 0; step < 60; step += 1) {
      engine.steps = [START + step];
      await release(NEVER);
      after(5);
    }
    expect(after(0)).toBe(START + DAY + 59);
  });
});
