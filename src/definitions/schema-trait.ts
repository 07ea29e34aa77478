/**
 * Computed traits as authors write them: from events, from other traits, from related profiles.
 * @module
 */
import { z } from 'zod';
import { of, relatedFields } from './schema-condition.ts';
import { eventFields, windowFields } from './schema-events.ts';
import { duration, oneOf, text, traitName } from './schema-values.ts';

const named = { trait: traitName.describe('Its name.'), description: text.optional(), of };
const filter = { ...eventFields, ...windowFields };
const counted = z.strictObject(filter).meta({ id: 'counted' });
const measured = z
  .strictObject({ ...filter, property: text.describe('The property whose values are taken.') })
  .meta({ id: 'measured' });
const habitual = z
  .strictObject({
    ...filter,
    atLeast: z
      .int({ error: 'must be a whole number' })
      .min(1, { error: 'must be 1 or more' })
      .default(3)
      .describe('Of fewer events there is no usual hour.'),
  })
  .meta({ id: 'habitual' });
const renewed = z.strictObject({
  ...eventFields,
  within: duration.describe('New within the last …'),
  property: text.describe('The property whose values are taken.'),
});

/** Computed from events alone. */
export const COUNTED = ['count', 'firstAt', 'lastAt', 'people'] as const;
/** Computed from a property of events. */
export const MEASURED = [
  'sum',
  'average',
  'min',
  'max',
  'first',
  'last',
  'uniqueCount',
  'uniqueList',
  'newCount',
  'newList',
] as const;

const everyone = z.literal('all', { error: 'must be `all`, or a map such as `{ audience: power-users }`' });
const those = [
  z.strictObject({ audience: relatedFields.audience }),
  z.strictObject({ that: relatedFields.that }),
] as const;
const peopleCounted = oneOf(
  'Which people are counted is `all`, or it',
  ['event', 'audience', 'that'],
  [everyone, counted, ...those],
);
const accountsCounted = oneOf('Which accounts are counted is `all`, or it', ['audience', 'that'], [everyone, ...those]);
export type AuthoredRelatedCount = z.infer<typeof accountsCounted>;

const otherwise = z
  .union([z.number(), z.literal('none')], { error: 'must be a number, or `none` for no value' })
  .optional()
  .describe('What it is where it cannot be reckoned, as on division by 0.');

export const traitFile = oneOf(
  'A computed trait',
  [...COUNTED, ...MEASURED, 'usualHour', 'formula', 'ratio', 'growth', 'daysSince', 'accounts'],
  [
    z.strictObject({ ...named, count: counted.describe('How many events.') }),
    z.strictObject({ ...named, firstAt: counted.describe('When the first of them was.') }),
    z.strictObject({ ...named, lastAt: counted.describe('When the last of them was.') }),
    z.strictObject({ ...named, sum: measured }),
    z.strictObject({ ...named, average: measured }),
    z.strictObject({ ...named, min: measured }),
    z.strictObject({ ...named, max: measured }),
    z.strictObject({ ...named, first: measured }),
    z.strictObject({ ...named, last: measured }),
    z.strictObject({ ...named, uniqueCount: measured }),
    z.strictObject({ ...named, uniqueList: measured }),
    z.strictObject({ ...named, newCount: renewed.describe('How many values are new: never there before.') }),
    z.strictObject({ ...named, newList: renewed.describe('The values that are new.') }),
    z.strictObject({
      ...named,
      usualHour: habitual.describe(
        'The hour of the day, 0 to 23 by the person’s clock, in which most of them happened; of several the first.',
      ),
    }),
    z.strictObject({
      ...named,
      people: peopleCounted.describe(
        'Of accounts: how many different people did it, are in an audience, or are there.',
      ),
    }),
    z.strictObject({
      ...named,
      accounts: accountsCounted.describe('Of people: how many of their accounts, `all` or those in an audience.'),
    }),
    z.strictObject({
      ...named,
      formula: text.describe(
        'Traits and numbers with `+ - * /`, parentheses, `min`, `max`, `orElse(a, b)`, `daysSince(date)`, `ago(trait, "30d")`.',
      ),
      otherwise,
    }),
    z.strictObject({
      ...named,
      ratio: z.strictObject({ of: text, to: text }).describe('One trait divided by another.'),
    }),
    z.strictObject({
      ...named,
      growth: z
        .strictObject({ of: text, over: duration })
        .describe('By which share a trait has grown: 0.2 for a fifth. Absent where it was 0.'),
    }),
    z.strictObject({
      ...named,
      daysSince: text.describe('Whole days since the date in this trait.'),
      calendar: z
        .boolean({ error: 'must be true or false' })
        .optional()
        .describe('Count midnights instead of 24 hours.'),
    }),
  ],
);
export type TraitFile = z.infer<typeof traitFile>;
