import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import {
  instantIn,
  instantsOf,
  isOccurrence,
  localTimeAt,
  nextFor,
  occurrenceAfter,
  type Schedule,
  zoneFor,
} from '../../src/core/schedule.ts';
import { HOUR } from '../../src/core/time.ts';

const schedule = (when: Schedule['when'], more: Partial<Schedule> = {}): Schedule => ({
  audience: 'all',
  when,
  zone: 'Europe/Berlin',
  local: true,
  ...more,
});
const mondays = schedule({ time: '09:00', weekdays: [1] });

describe('the next time of a schedule', () => {
  it('is once, or never again', () => {
    const once = schedule({ at: '2026-03-01T10:00' });
    expect(occurrenceAfter(once, '2026-03-01T09:59')).toBe('2026-03-01T10:00');
    expect(occurrenceAfter(once, '2026-03-01T10:00')).toBeNull();
  });

  it('is on the next of its days of the week, or of the month', () => {
    expect(occurrenceAfter(mondays, '2026-03-02T08:59')).toBe('2026-03-02T09:00');
    expect(occurrenceAfter(mondays, '2026-03-02T09:00')).toBe('2026-03-09T09:00');
    const first = schedule({ time: '09:00', monthDay: 1 });
    expect(occurrenceAfter(first, '2026-01-01T09:00')).toBe('2026-02-01T09:00');
    const last = schedule({ time: '18:00', monthDay: 0 });
    expect(occurrenceAfter(last, '2028-02-01T00:00')).toBe('2028-02-29T18:00');
    expect(isOccurrence(last, '2026-02-28T18:00')).toBe(true);
    expect(isOccurrence(last, '2026-02-27T18:00')).toBe(false);
  });

  it('comes by each person’s own clock, also where clocks change', () => {
    const at = (timezone: string, occurrence: string) =>
      new Date(instantIn(occurrence, zoneFor(mondays, { timezone }))).toISOString();
    expect(at('Asia/Tokyo', '2026-03-02T09:00')).toBe('2026-03-02T00:00:00.000Z');
    expect(at('America/New_York', '2026-03-09T09:00')).toBe('2026-03-09T13:00:00.000Z');
    expect(at('nowhere', '2026-03-02T09:00')).toBe('2026-03-02T08:00:00.000Z');
    // There is no 02:30 on that day; there are two on the other.
    expect(at('Europe/Berlin', '2026-03-29T02:30')).toBe('2026-03-29T01:30:00.000Z');
    expect(at('Europe/Berlin', '2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('is at one of few instants for everybody wherever they are', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'Etc/GMT+12', 'Etc/GMT-14', 'US/Pacific');
    const days = fc.integer({ min: 0, max: 3_000 });
    fc.assert(
      fc.property(zones, days, fc.nat(23), fc.constantFrom('00', '30'), (timezone, day, hour, minute) => {
        const date = DateTime.fromISO('2024-01-01', { zone: 'utc' }).plus({ days: day }).toISODate();
        const occurrence = `${date}T${String(hour).padStart(2, '0')}:${minute}`;
        const at = instantIn(occurrence, zoneFor(mondays, { timezone }));
        expect(instantsOf(mondays, occurrence)).toContain(at);
      }),
    );
    expect(instantsOf({ ...mondays, local: false }, '2026-03-02T09:00')).toEqual([Date.UTC(2026, 2, 2, 8)]);
  });

  it('comes one after the other, each later than the one before, and nothing between them', () => {
    const whens = fc.oneof(
      fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }).map((weekdays) => ({ time: '09:00', weekdays })),
      fc.nat(28).map((monthDay) => ({ time: '09:00', monthDay })),
    );
    const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(whens, instants, (when, now) => {
        const after = localTimeAt(now, 'utc');
        const next = occurrenceAfter({ when }, after);
        expect(next !== null && next > after && isOccurrence({ when }, next)).toBe(true);
        for (let at = now + HOUR; localTimeAt(at, 'utc') < (next ?? ''); at += 7 * HOUR)
          expect(occurrenceAfter({ when }, localTimeAt(at, 'utc'))).toBe(next);
      }),
    );
    expect(nextFor(mondays, {}, '2026-03-02T08:00')).toEqual({
      occurrence: '2026-03-02T09:00',
      at: Date.UTC(2026, 2, 2, 8),
    });
  });
});
