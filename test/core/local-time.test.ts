import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { Weekday } from '../../src/core/hours.ts';
import { type Moment, momentAfter, withinHour } from '../../src/core/local-time.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/time.ts';

const at = (text: string, zone: string): Instant => DateTime.fromISO(text, { zone }).toMillis();
const clock = (hour: number, minute = 0, day?: Weekday): Moment => ({
  by: 'clock',
  minute: hour * 60 + minute,
  ...(day && { day }),
});
const shown = (instant: Instant | null, zone: string) =>
  instant === null ? null : DateTime.fromMillis(instant, { zone }).toFormat('ccc yyyy-LL-dd HH:mm');

describe('the next time the clock shows', () => {
  it('is today where it is still to come, else tomorrow; never this very instant', () => {
    const zone = 'America/Sao_Paulo';
    expect(momentAfter(clock(10), {}, zone, at('2024-03-05T09:00', zone))).toBe(at('2024-03-05T10:00', zone));
    expect(momentAfter(clock(10), {}, zone, at('2024-03-05T10:00', zone))).toBe(at('2024-03-06T10:00', zone));
    expect(momentAfter(clock(10), {}, zone, at('2024-03-05T09:59:59.999', zone))).toBe(at('2024-03-05T10:00', zone));
  });

  it('and the weekday are the person’s: it is Tuesday in Auckland while it is Monday in UTC', () => {
    const monday = at('2024-03-04T23:00', 'Pacific/Auckland');
    const tuesday = momentAfter(clock(10, 0, 2), {}, 'Pacific/Auckland', monday);
    expect(shown(tuesday, 'Pacific/Auckland')).toBe('Tue 2024-03-05 10:00');
    expect(shown(tuesday, 'Etc/UTC')).toBe('Mon 2024-03-04 21:00');
  });

  it('keeps its hour through changes of clocks', () => {
    for (const from of ['2024-03-30T12:00', '2024-10-26T12:00', '2024-07-01T12:00']) {
      const next = momentAfter(clock(9), {}, 'Europe/Berlin', at(from, 'Europe/Berlin'));
      expect(shown(next, 'Europe/Berlin')?.slice(-5)).toBe('09:00');
    }
  });

  it('where it does not come is as long after the gap as it lies in it', () => {
    const next = momentAfter(clock(2, 30), {}, 'Europe/Berlin', at('2024-03-31T01:00', 'Europe/Berlin'));
    expect(shown(next, 'Europe/Berlin')).toBe('Sun 2024-03-31 03:30');
  });

  it('where it comes twice is the first of the two, once a day', () => {
    const zone = 'Europe/Berlin';
    const first = momentAfter(clock(2, 30), {}, zone, at('2024-10-27T01:00', zone));
    expect(first).toBe(Date.UTC(2024, 9, 27, 0, 30));
    expect(shown(momentAfter(clock(2, 30), {}, zone, first ?? 0), zone)).toBe('Mon 2024-10-28 02:30');
  });
});

describe('a date of the person', () => {
  const renewal = (more: object = {}): Moment => ({ by: 'date', trait: 'renewsAt', ...more });
  const zone = 'America/Los_Angeles';

  it('without a time of day is a day of theirs, not of UTC', () => {
    expect(shown(momentAfter(renewal(), { renewsAt: '2024-05-01' }, zone, 0), zone)).toBe('Wed 2024-05-01 00:00');
    expect(shown(momentAfter(renewal({ minute: 600 }), { renewsAt: '2024-05-01' }, zone, 0), zone)).toBe(
      'Wed 2024-05-01 10:00',
    );
  });

  it('with one is the day it falls on there', () => {
    const traits = { renewsAt: '2024-05-01T03:00:00Z' };
    expect(momentAfter(renewal(), traits, zone, 0)).toBe(Date.parse('2024-05-01T03:00:00Z'));
    expect(shown(momentAfter(renewal({ minute: 600 }), traits, zone, 0), zone)).toBe('Tue 2024-04-30 10:00');
  });

  it('so many days before or after it keeps the time of day, whatever clocks do meanwhile', () => {
    const traits = { renewsAt: '2024-03-11' };
    expect(shown(momentAfter(renewal({ minute: 540, days: -3 }), traits, zone, 0), zone)).toBe('Fri 2024-03-08 09:00');
    expect(shown(momentAfter(renewal({ minute: 540, days: 1 }), traits, zone, 0), zone)).toBe('Tue 2024-03-12 09:00');
    const precise = { renewsAt: '2024-03-11T16:30:00Z' };
    expect(shown(momentAfter(renewal({ days: -3 }), precise, zone, 0), zone)).toBe('Fri 2024-03-08 09:30');
  });

  it('that is none, or is not there, is none', () => {
    for (const renewsAt of [undefined, null, 'soon', '2024-13-01', true])
      expect(momentAfter(renewal(), renewsAt === undefined ? {} : { renewsAt }, zone, 0)).toBeNull();
  });
});

describe('within an hour', () => {
  const usual = { by: 'hour', of: { kind: 'trait', path: 'usual_hour' } } as const;
  const from = (text: string, hour: unknown, zone = 'Europe/Berlin', otherwise?: number) => {
    const until = { ...usual, ...(otherwise !== undefined && { otherwise }) };
    return shown(withinHour(hour as number, until, zone, at(text, zone)), zone);
  };

  it('is when it next begins by that clock, or at once', () => {
    expect(from('2024-03-05T09:00', 18)).toBe('Tue 2024-03-05 18:00');
    expect(from('2024-03-05T18:59:59.999', 18)).toBe('Tue 2024-03-05 18:59');
    expect(from('2024-03-05T19:00', 18)).toBe('Wed 2024-03-06 18:00');
    expect(from('2024-03-05T23:30', 23)).toBe('Tue 2024-03-05 23:30');
    expect(from('2024-03-05T00:10', 23.5)).toBe('Tue 2024-03-05 00:10');
    expect(from('2024-03-05T00:30', 23.5)).toBe('Tue 2024-03-05 23:30');
  });

  it('passes over a day on which the clock does not show it', () => {
    expect(from('2024-03-31T00:30', 2)).toBe('Mon 2024-04-01 02:00');
  });

  it.each([undefined, null, '18', -1, 24, Number.NaN])('is another where there is no such hour: %s', (hour) => {
    expect(from('2024-03-05T09:00', hour, 'Europe/Berlin', 600)).toBe('Tue 2024-03-05 10:00');
    expect(withinHour(hour as number, usual, 'Europe/Berlin', 0)).toBeNull();
  });
});

it('is what luxon’s clock shows first, minute by minute, in any zone and at any time of the year', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Santiago'];
  const changes = ['2024-03-31', '2024-10-27', '2024-03-10', '2024-11-03', '2024-04-07', '2024-10-06', '2024-09-08'];
  const instants = fc.oneof(
    fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2025, 0, 1) }),
    fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * DAY, max: DAY }))
      .map(([d, off]) => Date.parse(d) + off),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 1439 }),
      fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
      instants,
      (zone, minute, day, after) => {
        const moment = momentAfter({ by: 'clock', minute, ...(day && { day: day as Weekday }) }, {}, zone, after) ?? 0;
        expect(moment).toBeGreaterThan(after);
        const shows = (instant: Instant) => {
          const local = DateTime.fromMillis(instant, { zone });
          return local.hour * 60 + local.minute === minute && (day === undefined || local.weekday === day);
        };
        const before = minutesBetween(after, moment - 1).filter(shows);
        if (shows(moment)) {
          // Nothing earlier, but the second coming of a time of day that has been already.
          for (const instant of before) expect(shows(instant - HOUR) || shows(instant - HOUR / 2)).toBe(true);
        } else {
          // Then the clock skipped that minute on the day, and shows as much later as it skipped.
          expect(before).toEqual([]);
          const local = DateTime.fromMillis(moment, { zone });
          const skipped = local.hour * 60 + local.minute - minute;
          expect([30, 60]).toContain(skipped);
          const earlier = DateTime.fromMillis(moment - skipped * MINUTE, { zone });
          expect(local.offset - earlier.offset).toBe(skipped);
        }
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

function minutesBetween(from: Instant, to: Instant): Instant[] {
  const start = Math.floor(from / MINUTE) * MINUTE + MINUTE;
  return Array.from(
    { length: Math.max(0, Math.floor((to - start) / MINUTE) + 1) },
    (_, index) => start + index * MINUTE,
  );
}
