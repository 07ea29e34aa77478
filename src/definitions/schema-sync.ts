/**
 * Syncs as authors write them: who enters and leaves an audience, told to another system.
 * @module
 */
import { z } from 'zod';
import { duration, key, scalar, text, webAddress, yesOrNo } from './schema-values.ts';

const FIELD = /^[^\s{}]+$/;
const fieldName = z
  .string()
  .regex(FIELD, { error: 'must be a field name without spaces, such as `upsell_ready`' })
  .meta({ title: 'field name', description: 'What the other system calls it: `upsell_ready`.' });

const field = z.union(
  [scalar, z.null(), z.strictObject({ trait: text.describe('A stored or computed trait; it keeps its type.') })],
  { error: 'must be a value, a text with Liquid in it, or `{ trait: name }`' },
);
const fields = z.record(fieldName, field, {
  error: ({ input }) => (input === undefined ? undefined : 'must be a map of fields, such as `{ upsell_ready: true }`'),
});

const address = webAddress.refine((it) => !it.includes('{{') && !it.includes('{%'), {
  error: 'must be one address for everybody, without Liquid',
});

const RATE = /^[1-9]\d* per (second|minute|hour)$/;
const rate = z
  .string({ error: 'must be like `20 per second`' })
  .regex(RATE, { error: 'must be like `20 per second`' })
  .meta({ title: 'rate', description: '`20 per second`, `100 per minute` or `1000 per hour`.' });

export const syncFile = z
  .strictObject({
    sync: key.describe('Its name.'),
    description: text.optional(),
    audience: key.describe('Whose entries and exits are told.'),
    url: address.describe('Where each is sent by POST.'),
    headers: z.record(text, z.string({ error: 'must be text' })).optional(),
    onEntry: fields.optional().describe('Fields of a person who enters. Without it entries are not told.'),
    onExit: fields.optional().describe('Fields of a person who leaves. Without it exits are not told.'),
    traits: z
      .array(text, { error: 'must be a list of traits' })
      .optional()
      .describe('Traits to send with the person, beside the fields.'),
    includeExisting: yesOrNo
      .optional()
      .describe('Also tell of members who are there already, and of those whom a new definition lets in.'),
    rate: rate.optional().describe('Calls at most. As many as the receiver takes, eight at a time, if absent.'),
    retryFor: duration.optional().describe('How long a change is tried again before it is given up. Default 3 days.'),
  })
  .refine(({ onEntry, onExit }) => onEntry !== undefined || onExit !== undefined, {
    error: 'has neither `onEntry` nor `onExit`, so there is nothing to tell; add one',
    path: ['sync'],
  });
export type SyncFile = z.infer<typeof syncFile>;
export type AuthoredField = z.infer<typeof field>;
