/**
 * What experiments have beside their steps: shares, what is stopped, and when a winner is picked.
 * @module
 */
import { z } from 'zod';
import { atLeastOne, duration, percent } from './schema-values.ts';

/** Beside the steps of a variant. */
export const variantFields = {
  share: percent.optional().describe('Of those who are new. All have the same share where none has one.'),
  stopped: z
    .union([z.literal(true), z.literal('go-over')], { error: 'must be true or `go-over`' })
    .optional()
    .describe(
      'Nobody new gets it. Those who have it keep it (`true`), or get another at their next visit (`go-over`).',
    ),
};

const confidence = percent.refine((it) => Number.parseFloat(it) >= 80 && Number.parseFloat(it) < 100, {
  error: 'must be at least 80% and below 100%',
});

export const winner = z
  .strictObject({
    by: z
      .enum(['conversion', 'click'], { error: 'must be `conversion` or `click`' })
      .describe('What is compared: who reaches the goal, or who clicks.'),
    after: atLeastOne.describe('Not before so many people got each variant and had their time.'),
    confidence: confidence
      .optional()
      .describe('Default 95%: where there is no difference, at most 1 in 20 has a winner.'),
    within: duration
      .optional()
      .describe('People count when they have had this long: by default the whole journey, and 3 days for clicks.'),
  })
  .describe('Gives everybody new the variant that is better than each of the others, once that is sure.');
