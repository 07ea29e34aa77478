/**
 * How people enter a journey, as authors write it.
 * @module
 */
import { DateTime } from 'luxon';
import { z } from 'zod';
import type { Schedule } from '../core/schedule.ts';
import { HOUR, MINUTE, type Milliseconds, SECOND } from '../core/time.ts';
import { eventFields } from './schema-events.ts';
import { atLeastOne, duration, key, oneOf, text } from './schema-values.ts';

const AGAIN = /^(never|always|after\s+\S.*)$/;
const AN_AGAIN = 'must be `never`, `always`, like `after 90d`, or a map such as `{ after: 90d, atMost: 3 }`';
const again = z
  .union(
    [
      z
        .string({ error: AN_AGAIN })
        .refine((it) => AGAIN.test(it) && (!it.startsWith('after') || duration.safeParse(afterIn(it)).success), {
          error: AN_AGAIN,
        }),
      z
        .strictObject({
          after: duration.optional().describe('Not sooner than this after the entry before.'),
          atMost: atLeastOne.optional().describe('In all.'),
        })
        .refine((it) => Object.keys(it).length > 0, { error: 'needs `after`, `atMost` or both' }),
    ],
    { error: AN_AGAIN },
  )
  .optional()
  .describe(
    'May the same person enter once more? `never` (default), `always`, `after 90d`, or `{ after: 90d, atMost: 3 }`.',
  );
export type AuthoredAgain = z.infer<typeof again>;

/** @param again `after …` */
export function afterIn(again: string): string {
  return again.slice('after'.length).trim();
}

const LIMIT = /^[1-9]\d{0,8} per day$/;
const limit = z
  .string({ error: 'must be like `1000 per day`' })
  .regex(LIMIT, { error: 'must be like `1000 per day`' })
  .optional()
  .describe(
    'So many entries at most on a day, by the workspace’s clock: `1000 per day`. Whoever comes later stays out.',
  );

const each = text
  .optional()
  .describe(
    'A property of the event or request, such as `order_id`: one run for each value it has, side by side. `again` is then by value.',
  );
const atOnce = atLeastOne.optional().describe('With `each`: so many under way at once for one person, 25 if absent.');

const request = z
  .literal(true, { error: 'must be true' })
  .describe('Whoever is asked in: by `POST /api/journeys/{key}/entries`, or by `throughline enter`.');

function sideBySide<Shape extends z.ZodType<{ each?: string | undefined; atOnce?: number | undefined }>>(form: Shape) {
  return form.refine((it) => it.each !== undefined || it.atOnce === undefined, {
    error: '`atOnce` is for runs side by side; add `each`',
    path: ['atOnce'],
  });
}

const AT = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$/;
const A_TIME = 'must be a day and a time, such as `2026-03-01 10:00`';
const at = z
  .string({ error: A_TIME })
  .refine((it) => AT.test(it) && DateTime.fromISO(it.replace(' ', 'T')).isValid, { error: A_TIME })
  .describe('Once, at this time: `2026-03-01 10:00`.');
const AN_EVERY =
  'must be like `day 09:00`, `weekday 09:00`, `monday 09:00`, `monday, thursday 09:00`, `1st of the month 09:00` or `last day of the month 09:00`';
const every = z
  .string({ error: AN_EVERY })
  .refine((it) => timesOf(it) !== null, { error: AN_EVERY })
  .describe(
    'Again and again: `day 09:00`, `weekday 09:00`, `monday 09:00`, `monday, thursday 09:00`, `1st of the month 09:00`, `last day of the month 09:00`.',
  );
const RATE = /^([1-9]\d{0,6})\s?\/\s?(second|minute|hour)$/;
const scheduled = {
  members: key.describe('Whoever is in this audience when their turn comes.'),
  timezone: z
    .enum(['person', 'workspace'], { error: 'must be `person` or `workspace`' })
    .optional()
    .describe(
      'By whose clock: each person’s, by their trait `timezone` (`person`, default; the workspace’s where there is none), or the workspace’s for all.',
    ),
  rate: z
    .string({ error: 'must be like `500/minute`' })
    .regex(RATE, { error: 'must be like `500/minute`' })
    .optional()
    .describe('So many people at most enter in that time: `500/minute`. All at once where it is absent.'),
  again,
  limit,
};

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const EVERY = /^(.+?)\s+([01]\d|2[0-3]):([0-5]\d)$/;
const MONTHLY = /^([12]?\d)(st|nd|rd|th) of the month$/;

/** What an `every` says; null: nothing. */
export function timesOf(every: string): Exclude<Schedule['when'], { at: string }> | null {
  const [, days = '', hour, minute] = EVERY.exec(every.trim().toLowerCase()) ?? [];
  const time = `${hour}:${minute}`;
  if (days === 'day') return { time, weekdays: [1, 2, 3, 4, 5, 6, 7] };
  if (days === 'weekday') return { time, weekdays: [1, 2, 3, 4, 5] };
  if (days === 'last day of the month') return { time, monthDay: 0 };
  const monthDay = Number(MONTHLY.exec(days)?.[1] ?? 0);
  if (monthDay > 0 && monthDay < 29) return { time, monthDay };
  const weekdays = days.split(/\s*,\s*/).map((name) => WEEKDAYS.indexOf(name) + 1);
  return weekdays.length > 0 && weekdays.every((day) => day > 0)
    ? { time, weekdays: [...new Set(weekdays)].sort() }
    : null;
}

const LASTS = { second: SECOND, minute: MINUTE, hour: HOUR };

/** @param rate that passed its schema: how long after one person the next may enter */
export function paceOf(rate: string): Milliseconds {
  const [, count, unit] = RATE.exec(rate) ?? [];
  return Math.ceil(LASTS[unit as keyof typeof LASTS] / Number(count));
}

export const entry = oneOf(
  'An entry',
  ['audience', 'leaves', 'event', 'request', 'at', 'every'],
  [
    z.strictObject({ audience: key.describe('Whoever comes to be in this audience.'), again, limit }),
    z.strictObject({ leaves: key.describe('Whoever ceases to be in this audience.'), again, limit }),
    sideBySide(z.strictObject({ ...eventFields, again, limit, each, atOnce })),
    sideBySide(z.strictObject({ request, again, limit, each, atOnce })),
    z.strictObject({ at, ...scheduled }),
    z.strictObject({ every, ...scheduled }),
  ],
);
export type AuthoredEntry = z.infer<typeof entry>;

const higher = z
  .enum(['evicts', 'waits', 'yields'], { error: 'must be `evicts`, `waits` or `yields`' })
  .optional()
  .describe('When the person is in a journey of lower priority: that one ends (`evicts`, default), or as below.');
const lower = z
  .enum(['waits', 'yields'], { error: 'must be `waits` or `yields`: a journey ends none that goes before it' })
  .optional()
  .describe(
    'When the person is in a journey of the same or a higher priority: enters as soon as that one is over (`waits`), or not at all (`yields`, default).',
  );

export const groups = z
  .record(key, z.strictObject({ higher, lower }))
  .optional()
  .describe('Groups of journeys of which a person is in one at a time.');
