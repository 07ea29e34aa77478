/**
 * Waits as authors write them: for a time, or until the person's clock shows one.
 * @module
 */
import { z } from 'zod';
import { clockTime, minutesOf, WEEKDAYS } from './schema-pressure.ts';
import { duration, millisecondsOf, traitName } from './schema-values.ts';

const DAY_AND_TIME = new RegExp(`^(?:(${WEEKDAYS.join('|')}) )?([01]?\\d|2[0-3]):([0-5]\\d)$`);
const A_MOMENT = 'a time of day such as `10:00`, or one of a weekday such as `tuesday 10:00`';

export const moment = z
  .string({ error: `must be ${A_MOMENT}, or a map with \`trait\` or \`hour\`` })
  .regex(DAY_AND_TIME, { error: `must be ${A_MOMENT}` })
  .meta({ title: 'moment', description: 'The next time the person’s clock shows it: `10:00`, `tuesday 10:00`.' });

const wholeDays = duration.refine((text) => millisecondsOf(text) % 86_400_000 === 0, {
  error: 'must be whole days, such as `3d`',
});

/** What is said of a date makes no sense of an hour, nor the other way round. */
const KEYS = { trait: ['at', 'before', 'after'], hour: ['else'] } as const;

const named = z
  .strictObject({
    trait: traitName.optional().describe('A date of the person. Goes on at once where there is none, or it is past.'),
    at: clockTime.optional().describe('With `trait`: on the day that it falls on where the person is.'),
    before: wholeDays.optional().describe('With `trait`: so many days earlier.'),
    after: wholeDays.optional().describe('With `trait`: so many days later.'),
    hour: traitName
      .optional()
      .describe(
        'A number, 0 to 23, such as a computed `usualHour`: goes on within the hour that begins when the person’s clock shows it.',
      ),
    else: clockTime.optional().describe('With `hour`: for people who have none. Absent: they go on at once.'),
  })
  .superRefine((until, { addIssue }) => {
    const say = (message: string, path: string[] = []) => addIssue({ code: 'custom', path, message });
    if ((until.trait === undefined) === (until.hour === undefined)) say('must have `trait` for a date, or `hour`');
    else {
      const [is, other] = until.trait === undefined ? (['hour', 'trait'] as const) : (['trait', 'hour'] as const);
      for (const key of KEYS[other])
        if (until[key] !== undefined) say(`\`${key}\` belongs to \`${other}\`, and this has \`${is}\``, [key]);
    }
    if (until.before !== undefined && until.after !== undefined)
      say('A date has `before` or `after`, and this has both', ['after']);
  });

export const wait = z
  .union(
    [
      duration,
      z.strictObject({
        until: z.union([moment, named], {
          error: `must be ${A_MOMENT}, or a map with \`trait\` or \`hour\``,
        }),
      }),
    ],
    {
      error: 'must be a duration such as `30m` or `14 days`, or a map with `until`',
    },
  )
  .describe('Goes on after this time, or at that one.');
export type AuthoredWait = z.infer<typeof wait>;

/** @param text a moment that passed its schema */
export function momentOf(text: string): {
  readonly day: (typeof WEEKDAYS)[number] | undefined;
  readonly minute: number;
} {
  const [, day, hour, minute] = DAY_AND_TIME.exec(text) ?? [];
  return { day: WEEKDAYS.find((name) => name === day), minute: minutesOf(`${hour}:${minute}`) };
}
