import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/core/condition.ts';
import { matchingEvents } from '../../src/core/matching.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { event, facts, filter, T0 } from './build.ts';

const sinceLast = filter('Viewed', { since: { which: 'last', names: ['Ordered'], where: [] }, upTo: DAY });

describe('events since another one', () => {
  it('count strictly after it and less than the span beyond it', () => {
    const events = [T0, T0 + 1, T0 + DAY - 1, T0 + DAY].map((at) => event('Viewed', at));
    const { matched } = matchingEvents(sinceLast, facts({ events: [event('Ordered', T0), ...events] }), T0 + 9 * DAY);
    expect(matched).toEqual(events.slice(1, 3));
  });

  it('are none where it never happened', () => {
    expect(matchingEvents(sinceLast, facts({ events: [event('Viewed', T0)] }), T0 + DAY).matched).toEqual([]);
  });

  it('may change when it is known to happen again', () => {
    const events = [event('Ordered', T0), event('Viewed', T0 + HOUR), event('Ordered', T0 + 5 * HOUR)];
    expect(matchingEvents(sinceLast, facts({ events }), T0 + 2 * HOUR)).toMatchObject({
      matched: [events[1]],
      nextArrival: T0 + 5 * HOUR,
    });
  });
});

describe('days of the calendar', () => {
  const today = (count: number) => filter('Viewed', { days: { count, zone: 'UTC' } });
  // Clocks in Berlin went forward at 2024-03-31 02:00, so that day has 23 hours.
  const before = Date.UTC(2024, 2, 30, 23, 30);

  it('begin and end at midnight of the profile’s own time zone, else of the given one', () => {
    const known = (timezone?: string) =>
      facts({ traits: timezone === undefined ? {} : { timezone }, events: [event('Viewed', before)] });
    const counts = (at: number, timezone?: string) => matchingEvents(today(1), known(timezone), at).matched.length;
    expect(counts(Date.UTC(2024, 2, 31))).toBe(0);
    expect(counts(Date.UTC(2024, 2, 31, 21, 59, 59), 'Europe/Berlin')).toBe(1);
    expect(counts(Date.UTC(2024, 2, 31, 22), 'Europe/Berlin')).toBe(0);
    expect(counts(Date.UTC(2024, 2, 31), 'Nowhere/At_All')).toBe(0);
  });

  it('count the present one among them', () => {
    const known = facts({ events: [event('Viewed', before)] });
    expect(matchingEvents(today(3), known, Date.UTC(2024, 3, 1, 23, 59)).matched).toHaveLength(1);
    expect(matchingEvents(today(3), known, Date.UTC(2024, 3, 2)).matched).toHaveLength(0);
  });
});

describe('events about the same thing as the entry', () => {
  const paid = filter('Paid', { sameAsEntry: ['order.id'] });
  const matched = (id: Json, entered?: JsonObject) =>
    matchingEvents(paid, { ...facts({ events: [event('Paid', T0, { order: { id } })] }), entryProperties: entered }, T0)
      .matched.length;

  it('have that value in the property', () => {
    expect(matched('a', { order: { id: 'a' } })).toBe(1);
    expect(matched('b', { order: { id: 'a' } })).toBe(0);
  });

  it('whether an id is written as a number or as a text', () => {
    expect(matched(7, { order: { id: '7' } })).toBe(1);
    expect(matched('7', { order: { id: 7 } })).toBe(1);
  });

  it('and are none where the entry, or the event, has no such value', () => {
    expect(matched('a', {})).toBe(0);
    expect(matched('a')).toBe(0);
    expect(matched(null, { order: { id: null } })).toBe(0);
  });
});
