/**
 * Roles as authors write them: who of an account's people is meant.
 * @module
 */
import { z } from 'zod';
import { condition } from './schema-condition.ts';
import { key, text } from './schema-values.ts';

const MOST = 100;
const A_NUMBER = `must be a whole number from 1 to ${MOST}`;

export const roleFile = z
  .strictObject({
    role: key.describe('Its name.'),
    description: text.optional(),
    that: condition.optional().describe('People of the account of whom this holds; everybody where it is absent.'),
    most: text.optional().describe('Whoever has most of this trait comes first.'),
    least: text.optional().describe('Whoever has least of this trait comes first.'),
    atMost: z
      .int({ error: A_NUMBER })
      .min(1, { error: A_NUMBER })
      .max(MOST, { error: A_NUMBER })
      .optional()
      .describe(`How many of them, the first ones. Default 1; at most ${MOST}.`),
  })
  .refine((it) => it.most === undefined || it.least === undefined, {
    error: 'has both `most` and `least`; keep one',
    path: ['least'],
  })
  .describe('Where `most` and `least` do not decide, whoever joined the account first comes first.');
export type RoleFile = z.infer<typeof roleFile>;
