/**
 * Caps and hours as authors write them.
 * @module
 */
import { z } from 'zod';
import { atLeastOne, duration, key } from './schema-values.ts';

const channel = z.enum(['email', 'in-app', 'sales-task'], { error: 'must be `email`, `in-app` or `sales-task`' });
const period = z.enum(['day', 'week', 'month'], { error: 'must be `day`, `week` or `month`' });

export const cap = z
  .strictObject({
    channel: channel.optional(),
    category: key.optional().describe('A category of templates.'),
    of: z
      .enum(['account'], { error: 'must be `account`, or is left out' })
      .optional()
      .describe('`account`: all people of an account together. Otherwise each person for themselves.'),
    atMost: atLeastOne,
    within: duration.optional().describe('In any window of this length.'),
    per: period
      .optional()
      .describe('In each of the calendar, in the person’s time zone; weeks begin on Monday. Instead of `within`.'),
  })
  .superRefine(({ within, per }, { addIssue }) => {
    if (within === undefined && per === undefined)
      addIssue({ code: 'custom', message: 'A cap has `within`, such as `7d`, or `per`, such as `week`' });
    if (within !== undefined && per !== undefined)
      addIssue({ code: 'custom', path: ['per'], message: 'A cap has `within` or `per`, and this has both' });
  })
  .describe('At most this many messages in a window; over all channels and categories where none is named.');
export type AuthoredCap = z.infer<typeof cap>;

export const caps = z.array(cap, { error: 'must be a list of caps' });

const CLOCK = /^([01]?\d|2[0-3]):[0-5]\d$/;
const timeOfDay = (pattern: RegExp, title: string, description: string) =>
  z
    .string({ error: ({ input }) => (input === undefined ? undefined : 'must be a time of day such as `9:00`') })
    .regex(pattern, { error: 'must be a time of day such as `9:00`' })
    .meta({ title, description });
export const clockTime = timeOfDay(CLOCK, 'time of day', 'By the person’s clock: `9:00`, `17:30`.');
const endTime = timeOfDay(
  new RegExp(`${CLOCK.source}|^24:00$`),
  'time of day',
  'By the person’s clock: `9:00`, `17:30`.',
);

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export const weekday = z.enum(WEEKDAYS, { error: `must be one of ${WEEKDAYS.join(', ')}` });

const hoursKeys = {
  days: z
    .array(weekday, { error: 'must be a list of weekdays' })
    .min(1, { error: 'must name at least one weekday' })
    .optional()
    .describe('Every day where it is absent.'),
  from: clockTime.optional().describe('From midnight where it is absent.'),
  to: endTime
    .optional()
    .describe('Until midnight where it is absent. Where it is the earlier one, the hours go on into the next day.'),
};
type AuthoredKeys = z.infer<z.ZodObject<typeof hoursKeys>>;

function someHours({ days, from, to }: AuthoredKeys, { addIssue }: z.RefinementCtx): void {
  if (days === undefined && from === undefined && to === undefined)
    addIssue({ code: 'custom', message: 'Hours have `days`, `from` or `to`' });
  if (to !== undefined && minutesOf(from ?? '0:00') === minutesOf(to))
    addIssue({ code: 'custom', path: ['to'], message: 'must be another time than `from`' });
}

/** When a step or a template may go out. */
export const hours = z.strictObject(hoursKeys).superRefine(someHours);
export type AuthoredHours = z.infer<typeof hours>;

export const quietHours = z
  .array(z.strictObject({ channel: channel.optional(), ...hoursKeys }).superRefine(someHours), {
    error: 'must be a list of hours',
  })
  .describe('Nothing goes out at these hours of the person; it waits until they are over. Of one channel, or of all.');

const meaning = z.enum(['skip', 'wait', 'leave'], { error: 'must be `skip`, `wait` or `leave`' });

/** Keys that all messages have. */
export const messaging = {
  send: hours.optional().describe('Goes out at these hours of the person only, and waits for them.'),
  refused: z
    .union(
      [
        meaning,
        z.strictObject({
          cap: meaning.optional(),
          hours: meaning.optional(),
          unwanted: meaning
            .optional()
            .describe('A snooze can be waited for; what is refused for ever is skipped then.'),
        }),
      ],
      { error: 'must be `skip`, `wait` or `leave`, or a map such as `{ cap: wait, unwanted: leave }`' },
    )
    .optional()
    .describe(
      'What a refusal means: go on without it (`skip`), wait and ask again (`wait`), or end the run (`leave`). Default: wait for hours, skip what a cap refuses or the person does not want.',
    ),
};
export type AuthoredMessaging = { [Key in keyof typeof messaging]?: z.infer<(typeof messaging)[Key]> };

/** @param text a time of day that passed its schema: minutes after midnight */
export function minutesOf(text: string): number {
  const [hour, minute] = text.split(':');
  return Number(hour) * 60 + Number(minute);
}
