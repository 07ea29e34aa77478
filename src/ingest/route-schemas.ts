/**
 * What the tracking API answers, for the API's description.
 * @module
 */
import { z } from 'zod';

/** Every answer that is not a success. */
export const errorAnswer = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().optional(),
      fix: z.string().optional(),
    }),
  })
  .describe('What is wrong, where, and what mends it');

export const successAnswer = z.object({ success: z.literal(true) }).describe('The events are durable');

const problems = z.array(z.object({ field: z.string(), message: z.string(), fix: z.string().optional() }));

export const rejectionAnswer = errorAnswer
  .extend({
    accepted: z.int().describe('Events of this request that were stored'),
    problems: problems.optional().describe('Of a single call, or of the batch as a whole'),
    rejected: z
      .array(z.object({ index: z.int(), messageId: z.string().nullable(), problems }))
      .optional()
      .describe('Items of a batch that were not stored; the others were'),
  })
  .describe('Fields that are wrong');
