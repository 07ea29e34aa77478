import { describe, expect, it } from 'vitest';
import { concerns, interestOf } from '../../src/core/interest.ts';
import { DAY } from '../../src/core/time.ts';
import { aggregate, all, any, did, is, member, not, trait } from './build.ts';

describe('what a condition looks at', () => {
  it('is found at any depth: events, traits with their first part, audiences', () => {
    const interest = interestOf(
      all(
        any(did('Viewed', { within: DAY }), not(member('vip'))),
        trait('address.city', is('Ulm')),
        {
          kind: 'value',
          of: {
            kind: 'arithmetic',
            op: '/',
            left: aggregate('sum', 'Order Completed', 'total', { within: 2 * DAY }),
            right: { kind: 'trait', path: 'budget' },
          },
          test: { op: 'atLeast', value: 0.8 },
        },
        {
          kind: 'value',
          of: { kind: 'daysSince', of: { kind: 'trait', path: 'createdAt' } },
          test: { op: 'above', value: 14 },
        },
      ),
    );
    expect([...interest.events]).toEqual(['Viewed', 'Order Completed']);
    expect([...interest.traits]).toEqual(['address', 'address.city', 'budget', 'createdAt']);
    expect([...interest.audiences]).toEqual(['vip']);
    expect(interest.reach).toBe(2 * DAY);
  });

  it('reaches back for ever where an event may have been at any time, and not at all without events', () => {
    expect(interestOf(did('Viewed', { within: DAY }), did('Viewed')).reach).toBe(Number.POSITIVE_INFINITY);
    expect(interestOf(trait('plan', is('free'))).reach).toBe(0);
    expect(interestOf().reach).toBe(0);
  });
});

describe('what concerns a condition', () => {
  const interest = interestOf(all(did('Viewed'), trait('address.city', is('Ulm')), member('vip')));

  it('is an event, a trait or an audience it looks at, and nothing else', () => {
    const byPerson = (name: string) => ({ event: { name, byEngine: false } });
    expect(concerns(interest, byPerson('Viewed'), [])).toBe(true);
    expect(concerns(interest, byPerson('Left'), [])).toBe(false);
    expect(concerns(interest, { traits: ['address'] }, [])).toBe(true);
    expect(concerns(interest, { traits: ['plan'] }, [])).toBe(false);
    expect(concerns(interest, {}, ['vip'])).toBe(true);
    expect(concerns(interest, {}, ['trial'])).toBe(false);
  });

  it('`*` is concerned by whatever the person does, and by nothing the engine reports', () => {
    const anything = interestOf(did('*'));
    expect(concerns(anything, { event: { name: 'Left', byEngine: false } }, [])).toBe(true);
    expect(concerns(anything, { event: { name: 'Email Delivered', byEngine: true } }, [])).toBe(false);
  });
});
