/**
 * Tags as authors write them: which words in an event's texts stand for which feature, and which tier has it.
 * @module
 */
import { z } from 'zod';
import { eventName, key, text, traitName } from './schema-values.ts';

const events = z.union([eventName, z.array(eventName).min(1)], { error: "must be an event's name, or a list of them" });
const texts = z
  .array(text, { error: ({ input }) => (input === undefined ? undefined : 'must be a list such as `[subject, body]`') })
  .min(1, { error: 'must name at least one property' });

const taggedFeature = z.strictObject({
  feature: text.describe('What the event gets as a tag.'),
  tier: text.optional().describe('The tier that has the feature; the event gets it, too.'),
  keywords: z
    .array(text, { error: ({ input }) => (input === undefined ? undefined : 'must be a list of words') })
    .min(1, { error: 'must hold at least one word' })
    .describe('Words, or several in a row, that stand for it: whole words, small or large letters.'),
});

export const tagsFile = z.strictObject({
  tags: key.describe('Its name.'),
  description: text.optional(),
  event: events.describe('The events that are tagged.'),
  text: texts.describe('The properties that hold their texts; dots lead into nested objects.'),
  features: traitName.optional().describe('The property that gets the list of features. Default `features`.'),
  tiers: traitName.optional().describe('The property that gets the list of tiers. Default `tiers`.'),
  table: z
    .array(taggedFeature, { error: ({ input }) => (input === undefined ? undefined : 'must be a list of features') })
    .min(1, { error: 'must hold at least one feature' })
    .describe('The features, each with its words.'),
});
export type TagsFile = z.infer<typeof tagsFile>;
