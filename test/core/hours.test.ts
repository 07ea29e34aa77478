import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { type Hours, type OpeningHours, opensAt, type Weekday } from '../../src/core/hours.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/time.ts';

const at = (text: string, zone: string): Instant => DateTime.fromISO(text, { zone }).toMillis();
const within = (...hours: Hours[]): OpeningHours => ({ within: hours, outside: [] });
const outside = (...hours: Hours[]): OpeningHours => ({ within: [], outside: hours });
const office: Hours = { days: [1, 2, 3, 4, 5], from: 9 * 60, to: 17 * 60 };
const night: Hours = { from: 22 * 60, to: 8 * 60 };

/** What luxon shows on the wall clock, asked minute by minute. */
function isOpenByTheClock({ within: open, outside: closed }: OpeningHours, zone: string, instant: Instant): boolean {
  const { weekday, hour, minute } = DateTime.fromMillis(instant, { zone });
  const now = hour * 60 + minute;
  const holds = ({ days = [1, 2, 3, 4, 5, 6, 7], from, to }: Hours) => {
    const on = (day: number) => days.includes((((day + 6) % 7) + 1) as Weekday);
    if (from < to) return on(weekday) && from <= now && now < to;
    return (on(weekday) && from <= now) || (on(weekday - 1) && now < to);
  };
  return open.every(holds) && !closed.some(holds);
}

describe('hours', () => {
  it('are open at once inside, and at their beginning from outside', () => {
    const zone = 'Europe/Berlin';
    expect(opensAt(within(office), zone, at('2024-03-05T12:34:56.789', zone))).toBe(
      at('2024-03-05T12:34:56.789', zone),
    );
    expect(opensAt(within(office), zone, at('2024-03-05T17:00', zone))).toBe(at('2024-03-06T09:00', zone));
    expect(opensAt(within(office), zone, at('2024-03-08T18:00', zone))).toBe(at('2024-03-11T09:00', zone));
  });

  it('count by the weekday of the person, not of UTC', () => {
    // Monday morning in Auckland is still Sunday in UTC.
    const monday = at('2024-03-04T09:30', 'Pacific/Auckland');
    expect(new Date(monday).getUTCDay()).toBe(0);
    expect(opensAt(within(office), 'Pacific/Auckland', monday)).toBe(monday);
    // And Sunday evening in Los Angeles is Monday in UTC.
    const sunday = at('2024-03-03T20:00', 'America/Los_Angeles');
    expect(opensAt(within(office), 'America/Los_Angeles', sunday)).toBe(at('2024-03-04T09:00', 'America/Los_Angeles'));
  });

  it('keep the hour where a weekday is asked for, too', () => {
    const tuesday: Hours = { days: [2], from: 14 * 60, to: 15 * 60 };
    expect(opensAt(within(tuesday), 'Asia/Tokyo', at('2024-03-05T15:30', 'Asia/Tokyo'))).toBe(
      at('2024-03-12T14:00', 'Asia/Tokyo'),
    );
  });

  it('that go on past midnight belong to the day on which they began', () => {
    const friday: Hours = { days: [5], from: 22 * 60, to: 2 * 60 };
    const zone = 'America/New_York';
    expect(opensAt(within(friday), zone, at('2024-03-02T01:00', zone))).toBe(at('2024-03-02T01:00', zone));
    expect(opensAt(within(friday), zone, at('2024-03-01T01:00', zone))).toBe(at('2024-03-01T22:00', zone));
  });

  it('that are quiet end when the clock says so, on days when clocks change as well', () => {
    const zone = 'Europe/Berlin';
    for (const day of ['2024-03-31', '2024-10-27', '2024-03-05']) {
      expect(opensAt(outside(night), zone, at(`${day}T01:00`, zone))).toBe(at(`${day}T08:00`, zone));
    }
    expect(at('2024-03-31T08:00', zone) - at('2024-03-31T01:00', zone)).toBe(6 * HOUR);
    expect(at('2024-10-27T08:00', zone) - at('2024-10-27T01:00', zone)).toBe(8 * HOUR);
  });

  it('inside an hour that is left out begin right after it', () => {
    const gone: Hours = { from: 2 * 60 + 30, to: 3 * 60 + 30 };
    const zone = 'Europe/Berlin';
    expect(opensAt(within(gone), zone, at('2024-03-31T01:00', zone))).toBe(at('2024-03-31T03:00', zone));
    const allGone: Hours = { from: 2 * 60, to: 3 * 60 };
    expect(opensAt(within(allGone), zone, at('2024-03-31T01:00', zone))).toBe(at('2024-04-01T02:00', zone));
  });

  it('that leave no time never open', () => {
    expect(opensAt({ within: [office], outside: [{ from: 8 * 60, to: 18 * 60 }] }, 'Etc/UTC', 0)).toBeNull();
  });

  it('open at the first minute that luxon calls open, in any zone and at any time of the year', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'America/Santiago',
      'Etc/UTC',
    ];
    const hours: fc.Arbitrary<Hours> = fc
      .record({
        days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        from: fc.integer({ min: 0, max: 1439 }),
        to: fc.integer({ min: 1, max: 1440 }),
      })
      .filter(({ from, to }) => from !== to)
      .map(({ days, ...rest }) => ({ ...rest, days: days as Weekday[] }));
    // Half of them around the changes of clocks.
    const changes = ['2024-03-31', '2024-10-27', '2024-03-10', '2024-11-03', '2024-04-07', '2024-10-06', '2024-09-08'];
    const instants = fc.oneof(
      fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2025, 0, 1) }),
      fc
        .tuple(fc.constantFrom(...changes), fc.integer({ min: -DAY, max: DAY }))
        .map(([day, off]) => Date.parse(day) + off),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(hours, { maxLength: 2 }),
        fc.array(hours, { maxLength: 1 }),
        instants,
        (zone, open, closed, from) => {
          const rules = { within: open, outside: closed };
          const answer = opensAt(rules, zone, from);
          const last = answer ?? from + 15 * DAY;
          // Wall clocks show whole minutes, and every zone's offset of today is whole minutes, too.
          const minutes = [from, ...minutesBetween(from, last)];
          const first = minutes.find((minute) => isOpenByTheClock(rules, zone, minute)) ?? null;
          expect(first).toBe(answer);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});

/** The full minutes after `from`, `to` included. */
function minutesBetween(from: Instant, to: Instant): Instant[] {
  const start = Math.floor(from / MINUTE) * MINUTE + MINUTE;
  return Array.from(
    { length: Math.max(0, Math.floor((to - start) / MINUTE) + 1) },
    (_, index) => start + index * MINUTE,
  );
}
