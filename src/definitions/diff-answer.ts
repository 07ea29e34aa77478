/**
 * How two versions of a journey differ, as the API says it.
 * @module
 */
import { z } from 'zod';

export const fieldChangeAnswer = z.object({
  field: z.string(),
  before: z.string().nullable().describe('Null: it is not there, or it is a long text'),
  after: z.string().nullable(),
});

const stepName = z.object({ id: z.string(), kind: z.string() });

export const diffAnswer = z.object({
  fields: z.array(fieldChangeAnswer).describe('Of the journey as a whole'),
  added: z.array(stepName),
  removed: z.array(stepName),
  changed: z.array(stepName.extend({ fields: z.array(fieldChangeAnswer) })),
});
