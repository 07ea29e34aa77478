/**
 * Enrichments as authors write them: what another system is asked about a person or an account.
 * @module
 */
import { z } from 'zod';
import { condition } from './schema-condition.ts';
import { atLeastOne, duration, key, text, traitName, webAddress } from './schema-values.ts';

const PATH = /^(\$\.)?[^\s.$]+(\.[^\s.$]+)*$/;
const answerPath = z
  .string({ error: 'must be a path into the answer, such as `$.company.employees`' })
  .regex(PATH, { error: 'must be a path into the answer, such as `$.company.employees`' });

export const enrichmentFile = z.strictObject({
  enrichment: key.describe('Its name.'),
  description: text.optional(),
  of: z.enum(['people', 'accounts'], { error: 'must be `people` or `accounts`' }).describe('Whom it is about.'),
  url: webAddress.describe(
    'Asked by GET, for JSON. Liquid may stand in its path; values are encoded, and whoever lacks one is not asked about.',
  ),
  headers: z
    .record(text, z.string({ error: 'must be text' }))
    .optional()
    .describe('Liquid, too; `{{ secret.acme }}` is the environment variable `SECRET_ACME`.'),
  when: condition.optional().describe('Only about those of whom this holds.'),
  fields: z
    .record(traitName, answerPath, { error: 'must be a map of traits, such as `{ headcount: $.company.employees }`' })
    .refine((fields) => Object.keys(fields).length > 0, { error: 'must name at least one trait' })
    .describe('Traits, each with where the answer has it.'),
  refresh: duration.optional().describe('How long an answer is good for; not asked again before. Default 30 days.'),
  timeout: duration.optional().describe('How long to wait for an answer. Default 10 seconds.'),
  attempts: atLeastOne
    .optional()
    .describe('How often to try, with growing pauses, until it is left for another `refresh`. Default 5.'),
  notFound: z
    .enum(['keep', 'clear'], { error: 'must be `keep` or `clear`' })
    .optional()
    .describe('What 404 does to the traits: leave them (default), or take their values away.'),
});
export type EnrichmentFile = z.infer<typeof enrichmentFile>;
