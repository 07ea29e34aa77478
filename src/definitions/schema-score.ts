/**
 * Scores as authors write them: signals that give points, and bands.
 * @module
 */
import { z } from 'zod';
import { condition, of } from './schema-condition.ts';
import { eventFields, windowFields } from './schema-events.ts';
import { duration, key, oneOf, percent, shareOf, text, traitName } from './schema-values.ts';

const points = z.number({ error: ({ input }) => (input === undefined ? undefined : 'must be a number of points') });
const A_SHARE = 'must be a share such as `50%` or `0.5`';
const share = z.union([z.number().min(0, A_SHARE).max(1, A_SHARE), percent], { error: A_SHARE });

const A_DECAY = 'must be `steps`, `none`, a map such as `{ halfLife: 14d }`, or a list of `{ until: 14d, share: 50% }`';
const decay = z
  .union(
    [
      z.enum(['steps', 'none']),
      z.strictObject({ halfLife: duration }),
      z.array(z.strictObject({ until: duration, share })).min(1, { error: 'must hold at least one step' }),
    ],
    { error: A_DECAY },
  )
  .optional()
  .describe('How points wear off. `steps` (default): full to 14 days, half to 30, a quarter to 60, nothing after.');
export type AuthoredDecay = z.infer<typeof decay>;

const signalFields = {
  signal: text.describe('Its name, for explanations.'),
  weight: points.describe('Points of each event, or while the condition holds; below 0 it takes them.'),
};

const signal = oneOf(
  'A signal',
  ['event', 'if'],
  [
    z.strictObject({
      ...signalFields,
      most: points.positive('must be above 0').optional().describe('The most points that it gives or takes.'),
      ...eventFields,
      ...windowFields,
      decay,
    }),
    z.strictObject({ ...signalFields, if: condition.describe('Gives its points while this holds.') }),
  ],
);
export type AuthoredSignal = z.infer<typeof signal>;

export const scoreFile = z.strictObject({
  score: traitName.describe('Its name, which is used like that of a trait.'),
  description: text.optional(),
  of,
  signals: z
    .array(signal, { error: ({ input }) => (input === undefined ? undefined : 'must be a list of signals') })
    .min(1, { error: 'must hold at least one signal' })
    .describe('The score is the sum of their points.'),
  bands: z
    .record(key, points)
    .refine((bands) => Object.keys(bands).length > 0, { error: 'must name at least one band, such as `{ hot: 60 }`' })
    .optional()
    .describe('Names for scores from these on, read as `<score>.band`. Below the lowest there is no band.'),
  outOf: points
    .positive('must be above 0')
    .optional()
    .describe('The score at which it is certain: `<score>.propensity` is the share of it, from 0 to 1.'),
  value: z
    .union([z.number(), text], { error: 'must be a number, or the name of a trait' })
    .optional()
    .describe('What one conversion is worth: `<score>.expected` is propensity times it.'),
});
export type ScoreFile = z.infer<typeof scoreFile>;

/** @param authored a share that passed its schema; the answer is in [0, 1] */
export function decayShareOf(authored: z.infer<typeof share>): number {
  return typeof authored === 'number' ? authored : shareOf(authored);
}
