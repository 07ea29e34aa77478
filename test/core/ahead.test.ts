import { describe, expect, it } from 'vitest';
import { deliveryAhead } from '../../src/core/ahead.ts';
import { open } from '../../src/core/interpret.ts';
import type { Journey } from '../../src/core/journey.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { did, email, inApp, journey, salesTask, T0 } from './build.ts';

const wait = (hours: number, id = 'wait') => ({ kind: 'wait' as const, id, for: hours * HOUR });
const ahead = (of: Journey) => deliveryAhead(of, open(of, T0).cursor, T0);
const branch = (then: string, otherwise: string | null) => ({
  kind: 'branch' as const,
  id: 'branch',
  branches: [{ if: did('Looked'), then }],
  otherwise,
});

describe('the delivery ahead', () => {
  it('is certain where a message comes after a wait, or at once', () => {
    expect(ahead(journey([wait(1), email('letter')]))).toEqual({ channel: 'email', summary: 'email letter' });
    expect(ahead(journey([email('letter')]))).toEqual({ channel: 'email', summary: 'email letter' });
  });

  it('is certain past steps that take no time', () => {
    const steps = [wait(1), inApp('hello'), salesTask('call'), email('letter')];
    expect(ahead(journey(steps))?.channel).toBe('email');
  });

  it('is certain where every way of a branch or split comes to the same channel', () => {
    const steps = [wait(1), branch('yes', 'no'), { ...email('yes'), next: null }, email('no')];
    expect(ahead(journey(steps))).toEqual({ channel: 'email', summary: 'email yes or no' });
    const ways = [
      { name: 'a', share: 0.5, then: 'yes' },
      { name: 'b', share: 0.5, then: 'no' },
    ];
    expect(ahead(journey([{ kind: 'split', id: 'split', ways }, email('yes'), email('no')]))?.channel).toBe('email');
  });

  it('is not certain where a way comes to nothing, to another wait or to another channel', () => {
    const hook = { kind: 'webhook' as const, id: 'hook', url: 'https://x.example', headers: {}, body: null };
    expect(ahead(journey([wait(1), branch('yes', null), email('yes')]))).toBeNull();
    expect(ahead(journey([wait(1), branch('yes', 'no'), email('yes'), wait(1, 'no')]))).toBeNull();
    expect(ahead(journey([wait(1), branch('yes', 'hook'), email('yes'), hook]))).toBeNull();
    expect(ahead(journey([wait(1), inApp('hello')]))).toBeNull();
  });

  it('is not certain where the wait lasts until the run ends', () => {
    expect(ahead(journey([wait(48), email('letter')], { exit: { after: DAY, when: null } }))).toBeNull();
  });

  it('is the message itself where that is held', () => {
    const of = journey([email('letter'), wait(1)]);
    const hold = { reason: 'hours' as const, zone: 'Etc/UTC' };
    const cursor = { phase: 'waiting' as const, step: 'letter', at: T0, until: T0 + HOUR, visit: 0, hold };
    expect(deliveryAhead(of, cursor, T0)).toEqual({ channel: 'email', summary: 'email letter' });
    const told = journey([inApp('hello')]);
    expect(deliveryAhead(told, { ...cursor, step: 'hello' }, T0)).toBeNull();
  });

  it('comes after the time of a wait for something, not after what was waited for', () => {
    const awaiting = {
      kind: 'wait-until' as const,
      id: 'until',
      condition: did('Looked'),
      timeout: DAY,
      onTimeout: 'reminder',
      next: null,
    };
    const of = journey([awaiting, email('reminder')]);
    const cursor = { phase: 'waiting' as const, step: 'until', at: T0, until: T0 + DAY, visit: 0 };
    expect(deliveryAhead(of, cursor, T0)).toEqual({ channel: 'email', summary: 'email reminder' });
  });
});
