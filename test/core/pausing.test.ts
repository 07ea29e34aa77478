import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DueRun, letOut, type Rate } from '../../src/core/pausing.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { T0 } from './build.ts';

const NOW = T0 + 30 * DAY;
const rates = fc.record({ count: fc.integer({ min: 1, max: 500 }), per: fc.constantFrom(SECOND, MINUTE, HOUR, DAY) });
const staleness = fc.option(fc.integer({ min: 1, max: 20 * DAY }));
const crowds: fc.Arbitrary<DueRun[]> = fc
  .array(fc.record({ priority: fc.integer({ min: 0, max: 3 }), dueAt: fc.integer({ min: T0, max: NOW }) }), {
    maxLength: 400,
  })
  .map((runs) => runs.map((run, index) => ({ ...run, id: `run-${index}` })));

/** The most that have their turn in any time as long as the rate's. */
function mostAtOnce(times: readonly number[], { per }: Rate): number {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  return sorted.reduce((most, time, last) => {
    while ((sorted[first] ?? time) <= time - per) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
}

describe('whatever came due during a pause', () => {
  test('never comes faster than the rate, of those who get something as of those who get nothing', () => {
    fc.assert(
      fc.property(crowds, rates, staleness, (due, rate, staleAfter) => {
        const out = letOut(due, { rate, staleAfter }, NOW);
        for (const stale of [false, true]) {
          const times = out.filter((one) => one.stale === stale).map(({ releaseAt }) => releaseAt);
          expect(mostAtOnce(times, rate)).toBeLessThanOrEqual(rate.count);
        }
      }),
    );
  });

  test('has its turn, each once, from the resume on and no later than the rate makes it', () => {
    fc.assert(
      fc.property(crowds, rates, staleness, (due, rate, staleAfter) => {
        const out = letOut(due, { rate, staleAfter }, NOW);
        expect(out.map(({ id }) => id).sort()).toEqual(due.map(({ id }) => id).sort());
        const last = NOW + Math.ceil(((due.length - 1) * rate.per) / rate.count);
        for (const { releaseAt } of out) {
          expect(releaseAt).toBeGreaterThanOrEqual(NOW);
          expect(releaseAt).toBeLessThanOrEqual(Math.max(NOW, last));
        }
      }),
    );
  });

  test('is stale where it was due longer ago than that, and comes by priority, then by how long it has been due', () => {
    fc.assert(
      fc.property(crowds, rates, staleness, (due, rate, staleAfter) => {
        const runs = new Map(due.map((run) => [run.id, run]));
        const out = letOut(due, { rate, staleAfter }, NOW);
        for (const { stale, dueAt } of out) expect(stale).toBe(staleAfter !== null && dueAt < NOW - staleAfter);
        const fresh = out.filter(({ stale }) => !stale).sort((a, b) => a.releaseAt - b.releaseAt);
        for (const [index, one] of fresh.entries()) {
          const [before, after] = [runs.get(fresh[index - 1]?.id ?? ''), runs.get(one.id)];
          if (before === undefined || after === undefined || fresh[index - 1]?.releaseAt === one.releaseAt) continue;
          expect(before.priority).toBeGreaterThanOrEqual(after.priority);
          if (before.priority === after.priority) expect(before.dueAt).toBeLessThanOrEqual(after.dueAt);
        }
      }),
    );
  });
});
