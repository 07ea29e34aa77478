import { describe, expect, it } from 'vitest';
import type { Json, Test } from '../../src/core/condition.ts';
import { instantOf, same, test } from '../../src/core/test-value.ts';
import { DAY } from '../../src/core/time.ts';
import { T0 } from './build.ts';

const holds = (value: Json | undefined, wanted: Test, now = T0) => test(value, wanted, now).holds;

describe('a test of one value', () => {
  it('takes an absent value as failing everything but `exists: false`, `isNot` and `notIn`', () => {
    const passing: Test[] = [
      { op: 'exists', value: false },
      { op: 'isNot', value: 1 },
      { op: 'notIn', value: [1] },
    ];
    const failing: Test[] = [
      { op: 'is', value: null },
      { op: 'in', value: [null] },
      { op: 'contains', value: '' },
      { op: 'notContains', value: 'x' },
      { op: 'exists', value: true },
      { op: 'atLeast', value: 0 },
      { op: 'atMost', value: 0 },
      { op: 'above', value: -1 },
      { op: 'below', value: 1 },
      { op: 'olderThan', value: 0 },
      { op: 'newerThan', value: DAY },
    ];
    for (const wanted of passing) expect(holds(undefined, wanted), wanted.op).toBe(true);
    for (const wanted of failing) expect(holds(undefined, wanted), wanted.op).toBe(false);
  });

  it('takes null as a value that does not exist but can be equal to null', () => {
    expect(holds(null, { op: 'exists', value: true })).toBe(false);
    expect(holds(null, { op: 'exists', value: false })).toBe(true);
    expect(holds(null, { op: 'is', value: null })).toBe(true);
    expect(holds(0, { op: 'exists', value: true })).toBe(true);
    expect(holds('', { op: 'exists', value: true })).toBe(true);
  });

  it('compares without changing types', () => {
    expect(holds('1', { op: 'is', value: 1 })).toBe(false);
    expect(holds(true, { op: 'is', value: 'true' })).toBe(false);
    expect(holds('10', { op: 'above', value: 9 })).toBe(false);
    expect(holds(10, { op: 'above', value: '9' })).toBe(false);
    expect(holds('10', { op: 'below', value: '9' })).toBe(true);
  });

  it('finds a value in a list, and the other way round for `notIn`', () => {
    expect(holds('free', { op: 'in', value: ['free', 'starter'] })).toBe(true);
    expect(holds('pro', { op: 'in', value: ['free', 'starter'] })).toBe(false);
    expect(holds('pro', { op: 'notIn', value: ['free', 'starter'] })).toBe(true);
    expect(holds({ a: 1 }, { op: 'in', value: [{ a: 1 }] })).toBe(true);
  });

  it('orders numbers with and without the bound', () => {
    expect(holds(3, { op: 'atLeast', value: 3 })).toBe(true);
    expect(holds(3, { op: 'above', value: 3 })).toBe(false);
    expect(holds(3, { op: 'atMost', value: 3 })).toBe(true);
    expect(holds(3, { op: 'below', value: 3 })).toBe(false);
    expect(holds(2.9, { op: 'below', value: 3 })).toBe(true);
  });

  it('looks for text in text and for an element in a list', () => {
    expect(holds('Premium plan', { op: 'contains', value: 'plan' })).toBe(true);
    expect(holds('Premium plan', { op: 'contains', value: 'Plan' })).toBe(false);
    expect(holds(['a', { b: 1 }], { op: 'contains', value: { b: 1 } })).toBe(true);
    expect(holds(['ab'], { op: 'contains', value: 'a' })).toBe(false);
    expect(holds(['ab'], { op: 'notContains', value: 'a' })).toBe(true);
    expect(holds(17, { op: 'contains', value: 1 })).toBe(false);
    expect(holds(17, { op: 'notContains', value: 1 })).toBe(true);
  });

  it('turns old at the very millisecond, and says when', () => {
    const createdAt = new Date(T0).toISOString();
    expect(test(createdAt, { op: 'olderThan', value: DAY }, T0 + DAY - 1)).toEqual({ holds: false, until: T0 + DAY });
    expect(test(createdAt, { op: 'olderThan', value: DAY }, T0 + DAY)).toEqual({ holds: true, until: null });
    expect(test(createdAt, { op: 'newerThan', value: DAY }, T0 + DAY - 1)).toEqual({ holds: true, until: T0 + DAY });
    expect(test(createdAt, { op: 'newerThan', value: DAY }, T0 + DAY)).toEqual({ holds: false, until: null });
  });

  it('takes an instant that is still to come as new', () => {
    expect(test(T0 + DAY, { op: 'newerThan', value: DAY }, T0)).toEqual({ holds: true, until: T0 + 2 * DAY });
  });
});

describe('an instant in a trait or property', () => {
  it('is a date, a date with time, or epoch milliseconds', () => {
    expect(instantOf('2024-01-01')).toBe(T0);
    expect(instantOf('2024-01-01T01:00:00+01:00')).toBe(T0);
    expect(instantOf(T0)).toBe(T0);
  });

  it('is in UTC where it names no offset, in whatever time zone the machine is', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'America/New_York';
    try {
      for (const text of [
        '2024-01-01T00:00',
        '2024-01-01 00:00:00',
        '2024-01-01T00:00:00.000',
        '2023-12-31T19:00-0500',
      ])
        expect(instantOf(text), text).toBe(T0);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('is nothing else', () => {
    for (const value of [
      'yesterday',
      '01/02/2024',
      '2024',
      '2024-13-45',
      '2024-01-01 noon',
      '',
      true,
      null,
      [],
      {},
      undefined,
    ])
      expect(instantOf(value)).toBeUndefined();
  });

  it('is a whole millisecond, since nothing can be due within one', () => {
    expect(instantOf(T0 + 0.5)).toBe(T0);
    expect(instantOf(-0.5)).toBe(-1);
  });

  it('is not a number that no calendar has a day for', () => {
    for (const value of [1e300, -1e300, 8.64e15, Date.UTC(10_000, 0, 1)]) {
      expect(instantOf(value)).toBeUndefined();
      expect(test(value, { op: 'newerThan', value: DAY }, T0)).toEqual({ holds: false, until: null });
    }
    expect(instantOf(Date.UTC(9999, 11, 31))).toBe(Date.UTC(9999, 11, 31));
  });
});

describe('equality of JSON values', () => {
  it('does not mind the order of keys but minds everything else', () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: null })).toBe(false);
    expect(same({ a: null }, { b: null })).toBe(false);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same([1], [1, 1])).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same(null, {})).toBe(false);
    expect(same(0, false)).toBe(false);
  });
});
