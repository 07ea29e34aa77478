import { describe, expect, it } from 'vitest';
import { interpret, open } from '../../src/core/interpret.ts';
import type { Journey, WhenRefused } from '../../src/core/journey.ts';
import type { LogEntry } from '../../src/core/run.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import type { Given } from '../../src/core/walk.ts';
import { email, facts, given, inApp, journey, T0 } from './build.ts';

const quiet = { from: 22 * 60, to: 8 * 60 };
const onceADay = { atMost: 1, within: DAY } as const;
const sentAt = (at: Instant) => ({
  sent: [{ channel: 'in-app' as const, category: 'product', journey: 'other', at }],
  suppressed: new Set<string>(),
});
const asking = (more: Partial<Given['workspace']>, other: Partial<Given> = {}) =>
  given({ workspace: { timezone: 'Etc/UTC', caps: [], ...more }, ...other });
const oneStep = (refused?: WhenRefused, more: Partial<Journey> = {}) =>
  journey(
    [{ ...inApp('hello'), ...(refused && { refused: { cap: refused, hours: refused, unwanted: refused } }) }],
    more,
  );

function run(of: Journey, by: Given, now = T0) {
  return interpret(of, open(of, T0).cursor, by, now);
}
const told = (log: readonly LogEntry[]) => log.map(({ step, did }) => `${step ?? 'run'} ${did}`);

describe('in quiet hours', () => {
  const by = asking({ quietHours: [quiet] });

  it('a step is held until they are over, and then acts', () => {
    const held = run(oneStep(), by);
    expect(held.acts).toEqual([]);
    expect(held.next).toEqual({ kind: 'wait', until: T0 + 8 * HOUR, condition: null });
    expect(held.log).toEqual([
      {
        step: 'hello',
        kind: 'in-app',
        at: T0,
        visit: 0,
        did: 'held',
        until: T0 + 8 * HOUR,
        hold: { reason: 'hours', zone: 'Etc/UTC' },
      },
    ]);
    const after = interpret(oneStep(), held.cursor, by, T0 + 8 * HOUR + 300);
    expect(after.log).toMatchObject([
      { step: 'hello', did: 'acted', at: T0 + 8 * HOUR, visit: 0 },
      { step: null, did: 'ended' },
    ]);
  });

  it('asked earlier, it stays held and says nothing new', () => {
    const { cursor } = run(oneStep(), by);
    expect(interpret(oneStep(), cursor, by, T0 + HOUR)).toEqual({
      cursor,
      grants: [],
      log: [],
      acts: [],
      next: { kind: 'wait', until: T0 + 8 * HOUR, condition: null },
    });
  });

  it('asked again, everything is checked anew', () => {
    const { cursor } = run(oneStep(), by);
    const unwanted = { ...by, ledger: { sent: [], suppressed: new Set(['product']) } };
    expect(interpret(oneStep(), cursor, unwanted, T0 + 8 * HOUR).acts).toMatchObject([
      { refusal: { reason: 'suppressed' } },
    ]);
    const longer = asking({ quietHours: [{ from: 22 * 60, to: 10 * 60 }] });
    expect(told(interpret(oneStep(), cursor, longer, T0 + 8 * HOUR).log)).toEqual(['hello held']);
  });

  it('the hours are those of the person', () => {
    const inTokyo = asking({ quietHours: [quiet] }, { facts: facts({ traits: { timezone: 'Asia/Tokyo' } }) });
    expect(told(run(oneStep(), inTokyo).log)).toEqual(['hello acted', 'run ended']);
  });

  it('a time zone that is none falls back to that of the workspace, and this is said once', () => {
    const lost = asking({ quietHours: [quiet] }, { facts: facts({ traits: { timezone: 'Mars/Olympus' } }) });
    const { cursor, log } = run(oneStep(), lost);
    expect(log).toMatchObject([{ did: 'fell-back', unusable: 'Mars/Olympus', zone: 'Etc/UTC' }, { did: 'held' }]);
    expect(told(interpret(oneStep(), cursor, lost, T0 + 8 * HOUR).log)).toEqual(['hello acted', 'run ended']);
    expect(told(run(oneStep(), { ...lost, workspace: { timezone: 'Etc/UTC', caps: [] } }).log)).not.toContain(
      'hello fell-back',
    );
  });

  it('of another channel, nothing is held', () => {
    const emails = asking({ quietHours: [{ channel: 'email', ...quiet }] });
    expect(told(run(oneStep(), emails).log)).toEqual(['hello acted', 'run ended']);
  });

  it('a receipt goes out', () => {
    expect(run(journey([email('receipt', { transactional: true })]), by).next).toMatchObject({ kind: 'deliver' });
  });

  it('people held out wait like everybody else', () => {
    const heldOut = { ...by, heldOut: true };
    const { cursor, log } = run(oneStep(), heldOut);
    expect(told(log)).toEqual(['hello held']);
    expect(interpret(oneStep(), cursor, heldOut, T0 + 8 * HOUR).acts).toMatchObject([
      { refusal: { reason: 'held-out' } },
    ]);
  });

  it('a step may be left out instead, or end the run', () => {
    expect(told(run(oneStep('skip'), by).log)).toEqual(['hello refused', 'run ended']);
    expect(run(oneStep('leave'), by).next).toEqual({
      kind: 'end',
      outcome: 'exited',
      reason: 'outside of its hours in Etc/UTC, until 2024-01-01T08:00:00Z',
    });
  });

  it('the hours of a step and of its template hold beside them', () => {
    const noon = { from: 12 * 60, to: 13 * 60 };
    const late = { from: 12 * 60 + 30, to: 24 * 60 };
    const [step] = [email('offer', { hours: noon })];
    const both = journey([{ ...step, hours: late } as typeof step]);
    expect(run(both, by).next).toMatchObject({ kind: 'wait', until: T0 + 12.5 * HOUR });
  });
});

describe('what a cap refuses', () => {
  const full = asking({ caps: [onceADay] }, { ledger: sentAt(T0 - HOUR) });

  it('is left out where the step does not say otherwise', () => {
    expect(told(run(oneStep(), full).log)).toEqual(['hello refused', 'run ended']);
  });

  it('waits until the cap is free where the step says so', () => {
    const { cursor, log, next } = run(oneStep('wait'), full);
    expect(log).toMatchObject([{ did: 'held', until: T0 + 23 * HOUR, hold: { reason: 'refused' } }]);
    expect(next).toMatchObject({ kind: 'wait', until: T0 + 23 * HOUR });
    expect(told(interpret(oneStep('wait'), cursor, full, T0 + 23 * HOUR).log)).toEqual(['hello acted', 'run ended']);
  });

  it('waits once more where another message took the slot meanwhile', () => {
    const { cursor } = run(oneStep('wait'), full);
    const again = { ...full, ledger: sentAt(T0 + 23 * HOUR - 1) };
    expect(interpret(oneStep('wait'), cursor, again, T0 + 23 * HOUR).next).toMatchObject({
      until: T0 + 47 * HOUR - 1,
    });
  });

  it('waits no longer than the journey lasts', () => {
    const short = oneStep('wait', { exit: { after: 12 * HOUR, when: null } });
    const { cursor, next } = run(short, full);
    expect(next).toMatchObject({ kind: 'wait', until: T0 + 12 * HOUR });
    expect(interpret(short, cursor, full, T0 + 12 * HOUR).next).toMatchObject({ kind: 'end', outcome: 'timed-out' });
  });

  it('ends the run where the step says so, with the reason', () => {
    const { next, log } = run(oneStep('leave'), full);
    expect(told(log)).toEqual(['hello refused', 'run ended']);
    expect(next).toEqual({
      kind: 'end',
      outcome: 'exited',
      reason: 'at most 1 messages in 1d (workspace), free at 2024-01-01T23:00:00Z',
    });
  });

  it('a refusal that time does not end is no reason to wait', () => {
    const unwanted = asking({}, { ledger: { sent: [], suppressed: new Set(['all']) } });
    expect(told(run(oneStep('wait'), unwanted).log)).toEqual(['hello refused', 'run ended']);
  });
});
