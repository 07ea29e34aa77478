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
  .string({ error: `must be ${A_MOMENT}, or a map with \`trait\`` })
  .regex(DAY_AND_TIME, { error: `must be ${A_MOMENT}` })
  .meta({ title: 'moment', description: 'The next time the person’s clock shows it: `10:00`, `tuesday 10:00`.' });

const wholeDays = duration.refine((text) => millisecondsOf(text) % 86_400_000 === 0, {
  error: 'must be whole days, such as `3d`',
});

const date = z
  .strictObject({
    trait: traitName.describe('A date of the person. Goes on at once where there is none, or it is past.'),
    at: clockTime.optional().describe('On the day that it falls on where the person is.'),
    before: wholeDays.optional().describe('So many days earlier.'),
    after: wholeDays.optional().describe('So many days later.'),
  })
  .superRefine(({ before, after }, { addIssue }) => {
    if (before !== undefined && after !== undefined)
      addIssue({ code: 'custom', path: ['after'], message: 'A date has `before` or `after`, and this has both' });
  });

export const wait = z
  .union(
    [
      duration,
      z.strictObject({ until: z.union([moment, date], { error: `must be ${A_MOMENT}, or a map with \`trait\`` }) }),
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
