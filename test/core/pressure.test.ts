import { describe, expect, it } from 'vitest';
import { reachOf, type Sent } from '../../src/core/caps.ts';
import type { Cap, Channel } from '../../src/core/journey.ts';
import { refusalOf, type Wanted } from '../../src/core/pressure.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import { T0 } from './build.ts';

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  channel: 'email',
  journey: 'welcome',
  category: 'marketing',
  transactional: false,
  ...more,
});
const sent = (at: Instant, channel: Channel = 'email', journey = 'welcome'): Sent => ({
  channel,
  category: 'marketing',
  journey,
  at,
});
const ledger = (...messages: Sent[]) => ({ sent: messages, suppressed: new Set<string>() });
const twoADay: Cap = { atMost: 2, within: DAY };

const limitsOf = (workspace: readonly Cap[], journey: readonly Cap[] = [], zone = 'Etc/UTC') => ({
  workspace: { caps: workspace },
  journey,
  zone,
});

describe('whether one more message may go', () => {
  it('a cap over all channels counts every message in its window', () => {
    const limits = limitsOf([twoADay], []);
    expect(refusalOf(wanted(), ledger(sent(T0)), limits, T0 + HOUR)).toBeNull();
    expect(refusalOf(wanted(), ledger(sent(T0), sent(T0 + HOUR, 'in-app', 'other')), limits, T0 + HOUR)).toEqual({
      reason: 'cap',
      cap: twoADay,
      scope: 'workspace',
      freeAt: T0 + DAY,
    });
  });

  it('the window is open at its far end: a message leaves it exactly when it is that old', () => {
    const limits = limitsOf([{ atMost: 1, within: DAY }], []);
    expect(refusalOf(wanted(), ledger(sent(T0)), limits, T0 + DAY - 1)).toMatchObject({ freeAt: T0 + DAY });
    expect(refusalOf(wanted(), ledger(sent(T0)), limits, T0 + DAY)).toBeNull();
  });

  it('is free again at the promised instant, whatever the order of the ledger', () => {
    const limits = limitsOf([twoADay], []);
    const full = ledger(sent(T0 + 3 * HOUR), sent(T0), sent(T0 + HOUR));
    const refusal = refusalOf(wanted(), full, limits, T0 + 4 * HOUR);
    expect(refusal).toMatchObject({ freeAt: T0 + HOUR + DAY });
    expect(refusalOf(wanted(), full, limits, T0 + HOUR + DAY - 1)).not.toBeNull();
    expect(refusalOf(wanted(), full, limits, T0 + HOUR + DAY)).toBeNull();
  });

  it('a cap on a channel neither counts nor stops other channels', () => {
    const limits = limitsOf([{ channel: 'email', atMost: 1, within: DAY } satisfies Cap], []);
    expect(refusalOf(wanted(), ledger(sent(T0, 'in-app')), limits, T0)).toBeNull();
    expect(refusalOf(wanted({ channel: 'in-app' }), ledger(sent(T0)), limits, T0)).toBeNull();
    expect(refusalOf(wanted(), ledger(sent(T0)), limits, T0)).toMatchObject({ reason: 'cap' });
  });

  it("a journey's own cap counts only its own messages", () => {
    const limits = limitsOf([], [{ atMost: 1, within: DAY }]);
    expect(refusalOf(wanted(), ledger(sent(T0, 'email', 'other')), limits, T0)).toBeNull();
    expect(refusalOf(wanted(), ledger(sent(T0)), limits, T0)).toMatchObject({ reason: 'cap', scope: 'journey' });
  });

  it('who does not want the category, or anything, gets nothing of it', () => {
    const none = limitsOf([], []);
    const without = (category: string) => ({ sent: [], suppressed: new Set([category]) });
    expect(refusalOf(wanted(), without('marketing'), none, T0)).toEqual({
      reason: 'suppressed',
      category: 'marketing',
    });
    expect(refusalOf(wanted(), without('all'), none, T0)).toEqual({ reason: 'suppressed', category: 'all' });
    expect(refusalOf(wanted(), without('product'), none, T0)).toBeNull();
  });

  it('a receipt goes through caps and suppression', () => {
    const limits = limitsOf([{ atMost: 1, within: DAY }], []);
    const full = { sent: [sent(T0)], suppressed: new Set(['all']) };
    expect(refusalOf(wanted({ transactional: true }), full, limits, T0)).toBeNull();
  });

  it('a ledger has to reach as far back as the widest cap', () => {
    expect(reachOf([twoADay, { atMost: 5, within: 7 * DAY }])).toBe(7 * DAY);
    expect(reachOf([{ atMost: 5, per: 'month' }])).toBeGreaterThan(31 * DAY);
    expect(reachOf([])).toBe(0);
  });
});
