import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/core/condition.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import type { ShopCall } from '../../src/demo/clickstream.ts';
import { type Crossing, compareCrossings, crossingsOf } from '../../src/demo/proof.ts';

const T0 = Date.parse('2024-02-01T00:00:00Z');
const UNTIL = T0 + 60 * DAY;

let made = 0;
function track(event: string, at: Instant, properties = {}): ShopCall {
  made += 1;
  return { type: 'track', messageId: `m${made}`, userId: 'ada', at, event, properties };
}

function identify(traits: Record<string, string | number>, at: Instant): ShopCall {
  made += 1;
  return { type: 'identify', messageId: `m${made}`, userId: 'ada', at, traits };
}

function events(name: string, within?: number, times: { atLeast?: number; atMost?: number } = { atLeast: 1 }) {
  const filter = { names: [name], where: [], ...(within === undefined ? {} : { within }) };
  return { kind: 'events', events: filter, times } as const satisfies Condition;
}

/** `+1h` for an entry an hour after the start, `-3h` for an exit after three. */
function crossings(calls: readonly ShopCall[], condition: Condition, others: Record<string, Condition> = {}) {
  return crossingsOf(calls, { it: condition, ...others }, UNTIL)
    .filter(({ audience }) => audience === 'it')
    .map(({ entered, at }) => `${entered ? '+' : '-'}${(at - T0) / HOUR}h`);
}

describe('brute force', () => {
  it('enters with the event and leaves when it has grown too old, to the millisecond', () => {
    const calls = [track('Looked', T0 + HOUR), track('Looked', T0 + 2 * HOUR)];
    expect(crossings(calls, events('Looked', 10 * HOUR))).toEqual(['+1h', '-12h']);
    expect(crossings(calls, events('Looked', 10 * HOUR, { atLeast: 2 }))).toEqual(['+2h', '-11h']);
  });

  it('enters by the clock alone where something has not happened for a while', () => {
    const quiet: Condition = { kind: 'all', of: [events('Looked'), events('*', 5 * HOUR, { atMost: 0 })] };
    const calls = [track('Looked', T0), track('Bought', T0 + HOUR), track('Looked', T0 + 20 * HOUR)];
    expect(crossings(calls, quiet)).toEqual(['+6h', '-20h', '+25h']);
  });

  it('lets an event count that comes in the instant another one stops counting', () => {
    const calls = [track('Looked', T0), track('Looked', T0 + 5 * HOUR)];
    expect(crossings(calls, events('Looked', 5 * HOUR))).toEqual(['+0h', '-10h']);
  });

  it('looks after each of two events of one instant', () => {
    const cart: Condition = { kind: 'all', of: [events('Added'), { kind: 'not', of: events('Bought') }] };
    expect(crossings([track('Added', T0), track('Bought', T0)], cart)).toEqual(['+0h', '-0h']);
    expect(crossings([track('Bought', T0), track('Added', T0)], cart)).toEqual([]);
  });

  it('knows traits from when they are told, and ages of dates in them', () => {
    const told = [identify({ plan: 'free', since: '2024-02-01' }, T0 + HOUR), identify({ plan: 'pro' }, T0 + 9 * HOUR)];
    const trait = (path: string) => ({ kind: 'trait', path }) as const;
    const free: Condition = { kind: 'value', of: trait('plan'), test: { op: 'is', value: 'free' } };
    const old: Condition = { kind: 'value', of: trait('since'), test: { op: 'olderThan', value: 2 * DAY } };
    expect(crossings(told, free)).toEqual(['+1h', '-9h']);
    expect(crossings(told, old)).toEqual(['+48h']);
    const days: Condition = {
      kind: 'value',
      of: { kind: 'daysSince', of: trait('since') },
      test: { op: 'atLeast', value: 3 },
    };
    expect(crossings(told, days)).toEqual(['+72h']);
  });

  it('counts, sums and divides what events say', () => {
    const paid = { names: ['Bought'], where: [], within: 10 * HOUR } as const;
    const sum: Condition = {
      kind: 'value',
      of: { kind: 'aggregate', fn: 'sum', events: paid, property: 'total' },
      test: { op: 'above', value: 100 },
    };
    const calls = [track('Bought', T0, { total: 60 }), track('Bought', T0 + HOUR, { total: 50 })];
    expect(crossings(calls, sum)).toEqual(['+1h', '-10h']);
    const last = {
      kind: 'aggregate',
      fn: 'last',
      events: { names: ['Bought'], where: [] },
      property: 'total',
    } as const;
    const count = { kind: 'aggregate', fn: 'count', events: { names: ['Bought'], where: [] } } as const;
    const ratio: Condition = {
      kind: 'value',
      of: { kind: 'arithmetic', op: '/', left: last, right: count },
      test: { op: 'atMost', value: 30 },
    };
    expect(crossings(calls, ratio)).toEqual(['+1h']);
  });

  it('follows another audience as that one changes', () => {
    const inIt: Condition = { kind: 'not', of: { kind: 'audience', key: 'lookers' } };
    const calls = [track('Looked', T0), track('Bought', T0 + HOUR)];
    expect(crossings(calls, inIt, { lookers: events('Looked', 3 * HOUR) })).toEqual(['+3h']);
  });

  it('only counts events whose properties pass', () => {
    const shipped: Condition = {
      kind: 'events',
      events: { names: ['Step'], where: [{ path: 'step.name', test: { op: 'in', value: ['shipping'] } }] },
      times: { atLeast: 1 },
    };
    const calls = [
      track('Step', T0, { step: { name: 'cart' } }),
      track('Step', T0 + HOUR, { step: { name: 'shipping' } }),
    ];
    expect(crossings(calls, shipped)).toEqual(['+1h']);
  });

  it('ends at the horizon, and includes it', () => {
    expect(crossings([track('Looked', UNTIL - HOUR)], events('Looked', HOUR))).toHaveLength(2);
    expect(crossings([track('Looked', UNTIL - HOUR)], events('Looked', HOUR + 1))).toHaveLength(1);
    expect(crossings([track('Looked', UNTIL + 1)], events('Looked'))).toEqual([]);
  });
});

describe('comparing with what the engine recorded', () => {
  const entry: Crossing = { userId: 'ada', audience: 'it', entered: true, at: T0 };

  it('finds nothing where both say the same, in whatever order', () => {
    const exit = { ...entry, entered: false, at: T0 + 1 };
    expect(compareCrossings([entry, exit], [exit, entry])).toEqual([]);
  });

  it('finds what is missing, what is too much, what is a millisecond off and what is there twice', () => {
    expect(compareCrossings([entry], [])).toEqual([{ crossing: entry, only: 'brute force' }]);
    expect(compareCrossings([], [entry])).toEqual([{ crossing: entry, only: 'engine' }]);
    expect(compareCrossings([entry], [{ ...entry, at: T0 + 1 }])).toHaveLength(2);
    expect(compareCrossings([entry], [entry, entry])).toEqual([{ crossing: entry, only: 'engine' }]);
  });
});
