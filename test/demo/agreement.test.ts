import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { type ComparedRun, compareRuns } from '../../src/demo/agreement.ts';
import { T0 } from '../core/build.ts';

const waiting: LogEntry = { step: 'wait', kind: 'wait', visit: 0, at: T0, did: 'waiting', until: T0 + HOUR };
const waited: LogEntry = { step: 'wait', kind: 'wait', visit: 0, at: T0 + HOUR, did: 'waited', why: 'time' };
const acted: LogEntry = { step: 'hello', kind: 'in-app', visit: 1, at: T0 + HOUR, did: 'acted' };
const capped: LogEntry = {
  ...{ step: 'hello', kind: 'in-app', visit: 1, at: T0 + HOUR, did: 'refused' },
  refusal: { reason: 'cap', cap: { atMost: 1, within: DAY }, scope: 'workspace', freeAt: T0 + DAY },
};
const ended: LogEntry = {
  ...{ step: 'wait', kind: 'run', visit: 0, at: T0 + 2 * HOUR, did: 'ended' },
  ...{ outcome: 'converted', reason: 'the goal was reached' },
};

const took = (way: string): LogEntry => ({ step: 'branch', kind: 'branch', visit: 1, at: T0, did: 'took', way });

function run(log: readonly LogEntry[], more: Partial<ComparedRun> = {}): ComparedRun {
  return { person: 'ada', journey: 'welcome', visit: 0, enteredAt: T0, heldOut: false, log, ...more };
}

describe('the demo against a backtest', () => {
  it('agrees where every run went alike, in whatever order its entries have their keys', () => {
    const other = run([Object.fromEntries(Object.entries(waiting).reverse()) as LogEntry]);
    expect(compareRuns([run([waiting])], [other])).toMatchObject({ entries: 1, alike: 1, different: {}, held: true });
  });

  it('does not where an entry is missing, too much, or on the other side of the hold-out', () => {
    const [one, two] = [run([waiting]), run([waiting], { person: 'bob' })];
    expect(compareRuns([one, two], [one])).toMatchObject({ onlyBacktest: [two], onlyEngine: [], held: false });
    expect(compareRuns([one], [one, two])).toMatchObject({ onlyBacktest: [], onlyEngine: [two], held: false });
    expect(compareRuns([one], [run([waiting], { heldOut: true })]).held).toBe(false);
  });

  it.each<[string, LogEntry[], LogEntry[], string]>([
    ['ended before a late step came', [waiting, ended], [waiting, waited, acted], 'ended'],
    ['was capped', [waiting, waited, capped], [waiting, waited, acted], 'cap'],
    ['was not capped', [waiting, waited, acted], [waiting, waited, capped], 'cap'],
    ['was woken at another time', [waiting, { ...waited, why: 'condition' }], [waiting, waited], 'woken'],
    ['took another way', [waiting, took('if 1')], [waiting, took('else')], 'asked'],
    ['went by the clock', [waiting, waited, { ...acted, at: T0 + DAY }], [waiting, waited, acted], 'time'],
    ['was stopped', [waiting], [waiting, waited], 'stopped'],
  ])('knows why a run %s', (_, engine, backtest, cause) => {
    expect(compareRuns([run(backtest)], [run(engine)])).toMatchObject({
      alike: 0,
      different: { [cause]: 1 },
      held: true,
    });
  });

  it.each<[string, LogEntry[], LogEntry[]]>([
    ['did another step', [waiting, acted], [waiting, waited]],
    ['did more', [waiting, waited], [waiting]],
    ['did something too early', [waiting, waited, { ...acted, at: T0 }], [waiting, waited, acted]],
  ])('knows none why a run %s', (_, engine, backtest) => {
    const real = run(engine);
    expect(compareRuns([run(backtest)], [real])).toMatchObject({ different: { unknown: 1 }, unexplained: [real] });
  });
});
