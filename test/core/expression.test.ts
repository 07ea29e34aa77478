import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/condition.ts';
import { evaluateExpression } from '../../src/core/evaluate.ts';
import { isMeant, matchingEvents, readPath } from '../../src/core/matching.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { aggregate, event, facts, filter, T0 } from './build.ts';

const bought = (...totals: Json[]) =>
  facts({ events: totals.map((total, index) => event('Order Completed', T0 + index * DAY, { total })) });

describe('a path', () => {
  it('leads into nested objects, and a key with a dot in it comes first', () => {
    expect(readPath({ address: { city: 'Ulm' } }, 'address.city')).toBe('Ulm');
    expect(readPath({ 'address.city': 'Bonn', address: { city: 'Ulm' } }, 'address.city')).toBe('Bonn');
  });

  it('ends where there is no object, list places and inherited names included', () => {
    const object = { list: [1], text: 'abc', none: null };
    for (const path of ['list.0', 'list.length', 'text.length', 'none.x', 'toString', 'list.constructor', 'x.y'])
      expect(readPath(object, path), path).toBeUndefined();
  });
});

describe('values computed from events', () => {
  const now = T0 + 10 * DAY;
  const value = (fn: Parameters<typeof aggregate>[0], known = bought(10, 30, 20, 10)) =>
    evaluateExpression(aggregate(fn, 'Order Completed', 'total'), known, now).value;

  it('count, add up, average, and find the smallest and largest', () => {
    expect(value('count')).toBe(4);
    expect(value('sum')).toBe(70);
    expect(value('average')).toBe(17.5);
    expect(value('min')).toBe(10);
    expect(value('max')).toBe(30);
  });

  it('give the first, the last and the different ones in order of time', () => {
    expect(value('first')).toBe(10);
    expect(value('last')).toBe(10);
    expect(value('uniqueList')).toEqual([10, 30, 20]);
    expect(value('uniqueCount')).toBe(3);
  });

  it('are 0 or absent where nothing matched', () => {
    const none = facts();
    expect(value('count', none)).toBe(0);
    expect(value('sum', none)).toBe(0);
    expect(value('uniqueCount', none)).toBe(0);
    expect(value('uniqueList', none)).toEqual([]);
    for (const fn of ['average', 'min', 'max', 'first', 'last'] as const) expect(value(fn, none)).toBeUndefined();
  });

  it('leave out of sums what is not a number, and take null as absent', () => {
    const mixed = bought('12', 5, null, true);
    expect(value('sum', mixed)).toBe(5);
    expect(value('average', mixed)).toBe(5);
    expect(value('count', mixed)).toBe(4);
    expect(value('uniqueList', mixed)).toEqual(['12', 5, true]);
  });

  it('keep a property that is a list as one value', () => {
    const lists = bought(['shirt', 'hat'], ['hat'], ['shirt', 'hat']);
    expect(value('first', lists)).toEqual(['shirt', 'hat']);
    expect(value('uniqueList', lists)).toEqual([['shirt', 'hat'], ['hat']]);
    expect(value('uniqueCount', lists)).toBe(2);
  });

  it('bear a history of any length', () => {
    const events = Array.from({ length: 200_000 }, (_, index) => event('Order Completed', T0, { total: index }));
    expect(value('max', facts({ events }))).toBe(199_999);
    expect(value('min', facts({ events }))).toBe(0);
  });

  it('say until when they stay: the oldest leaving the window, or the next one known ahead', () => {
    const windowed = aggregate('count', 'Order Completed', undefined, { within: 3 * DAY });
    expect(evaluateExpression(windowed, bought(1, 1), T0 + DAY)).toEqual({ value: 2, until: T0 + 3 * DAY });
    expect(evaluateExpression(windowed, bought(1, 1), T0 + 1)).toEqual({ value: 1, until: T0 + DAY });
    expect(evaluateExpression(aggregate('count', 'Order Completed'), bought(1, 1), T0 + DAY)).toEqual({
      value: 2,
      until: null,
    });
  });

  it('of how many people did it stays until somebody’s last event leaves the window', () => {
    const by = (person: number, at: number) => ({ ...event('Logged In', at), person });
    const seats = aggregate('people', 'Logged In', undefined, { within: 30 * DAY });
    const known = facts({ events: [by(1, T0), by(2, T0 + DAY), by(1, T0 + 5 * DAY)] });
    expect(evaluateExpression(seats, known, T0 + 9 * DAY)).toEqual({ value: 2, until: T0 + 31 * DAY });
    expect(evaluateExpression(seats, known, T0 + 31 * DAY)).toEqual({ value: 1, until: T0 + 35 * DAY });
  });

  it('tell the hour in which most of them were by the person’s clock, the first of several, and none of too few', () => {
    const usual = (timezone: string | undefined, atLeast: number, ...hours: number[]) =>
      evaluateExpression(
        {
          kind: 'aggregate',
          fn: 'usualHour',
          events: filter('Logged In'),
          habit: { zone: 'Etc/UTC', atLeast },
        },
        facts({
          events: hours.map((hour, day) => event('Logged In', T0 + day * DAY + hour * HOUR + 59 * MINUTE)),
          ...(timezone && { traits: { timezone } }),
        }),
        T0 + 20 * DAY,
      ).value;
    expect(usual(undefined, 3, 9, 18, 18)).toBe(18);
    expect(usual('Asia/Tokyo', 3, 9, 18, 18)).toBe(3);
    expect(usual('Asia/Kathmandu', 3, 9, 18, 18)).toBe(0);
    expect(usual('Mars/Olympus', 3, 9, 18, 18)).toBe(18);
    expect(usual(undefined, 3, 20, 9, 20, 9)).toBe(9);
    expect(usual(undefined, 4, 9, 18, 18)).toBeUndefined();
    expect(usual(undefined, 1)).toBeUndefined();
  });

  it('divide one by another, unless the other is 0 or absent', () => {
    const usage = facts({ traits: { usage: 8, limit: 10, none: 0 } });
    const ratio = (to: string) =>
      evaluateExpression(
        { kind: 'arithmetic', op: '/', left: { kind: 'trait', path: 'usage' }, right: { kind: 'trait', path: to } },
        usage,
        T0,
      );
    expect(ratio('limit').value).toBe(0.8);
    expect(ratio('none').value).toBeUndefined();
    expect(ratio('missing').value).toBeUndefined();
  });

  it('count whole days since an instant, and turn at the hour of that instant', () => {
    const known = facts({ traits: { createdAt: new Date(T0 + HOUR).toISOString() } });
    const since = (at: number) =>
      evaluateExpression({ kind: 'daysSince', of: { kind: 'trait', path: 'createdAt' } }, known, at);
    expect(since(T0 + HOUR)).toEqual({ value: 0, until: T0 + HOUR + DAY });
    expect(since(T0 + HOUR + 2 * DAY - 1)).toEqual({ value: 1, until: T0 + HOUR + 2 * DAY });
    expect(since(T0)).toEqual({ value: -1, until: T0 + HOUR });
  });
});

describe('which events are meant', () => {
  it('`*` is every event of the person and none of the engine', () => {
    expect(isMeant(filter('*'), event('Anything', T0))).toBe(true);
    expect(isMeant(filter('*'), { ...event('Email Delivered', T0), byEngine: true })).toBe(false);
    expect(isMeant(filter('Email Delivered'), { ...event('Email Delivered', T0), byEngine: true })).toBe(true);
  });

  it('all property tests have to hold, and ages in them are at the time of the event', () => {
    const wanted = filter('Order Completed', {
      where: [
        { path: 'total', test: { op: 'atLeast', value: 50 } },
        { path: 'orderedAt', test: { op: 'olderThan', value: DAY } },
      ],
    });
    const orderedAt = new Date(T0).toISOString();
    expect(isMeant(wanted, event('Order Completed', T0 + DAY, { total: 50, orderedAt }))).toBe(true);
    expect(isMeant(wanted, event('Order Completed', T0 + DAY, { total: 49, orderedAt }))).toBe(false);
    expect(isMeant(wanted, event('Order Completed', T0 + DAY - 1, { total: 50, orderedAt }))).toBe(false);
  });

  it('one counts from its instant on, for as long as the window is wide', () => {
    const known = facts({ events: [event('Viewed', T0)] });
    const count = (now: number) => matchingEvents(filter('Viewed', { within: HOUR }), known, now).matched.length;
    expect([T0 - 1, T0, T0 + HOUR - 1, T0 + HOUR].map(count)).toEqual([0, 1, 1, 0]);
  });

  it('`since: entry` leaves out what happened at the entry or before, and everything outside a run', () => {
    const events = [event('Viewed', T0 - 1), event('Viewed', T0), event('Viewed', T0 + 1)];
    const since = filter('Viewed', { since: 'entry' });
    expect(matchingEvents(since, facts({ events, enteredAt: T0 }), T0 + DAY).matched).toEqual([events[2]]);
    expect(matchingEvents(since, facts({ events }), T0 + DAY)).toMatchObject({ matched: [], nextArrival: null });
  });
});
