/**
 * The kinds of definitions, each told by its top-level key. The schemas are the one source of types, of messages and of
 * the JSON Schema that editors use.
 * @module
 */
import { z } from 'zod';
import { audienceFile, condition } from './schema-condition.ts';
import { enrichmentFile } from './schema-enrichment.ts';
import { groups } from './schema-entry.ts';
import { holdout, journeyFile } from './schema-journey.ts';
import { offerFile } from './schema-offer.ts';
import { planFile } from './schema-plan.ts';
import { caps, quietHours } from './schema-pressure.ts';
import { roleFile } from './schema-role.ts';
import { scoreFile } from './schema-score.ts';
import { syncFile } from './schema-sync.ts';
import { tagsFile } from './schema-tags.ts';
import { emailFile, inAppFile, salesTaskFile } from './schema-template.ts';
import { traitFile } from './schema-trait.ts';
import { duration, key, sender, text, timezone, traitName } from './schema-values.ts';

const TRAIT_TYPES = ['string', 'number', 'boolean', 'date', 'list', 'object'] as const;
const traitTypes = z.record(traitName, z.enum(TRAIT_TYPES, { error: `must be one of ${TRAIT_TYPES.join(', ')}` }));

const A_CATEGORY = 'must be a title, or a map such as `{ title: News, description: Once a month }`';
const category = z.union([text, z.strictObject({ title: text, description: text.optional() })], { error: A_CATEGORY });

export const settingsFile = z.strictObject({
  settings: key.describe('The name of the workspace.'),
  timezone,
  sender: sender.describe('Who emails come from, unless their template says otherwise.'),
  caps: caps.optional().describe('Hold over all journeys together.'),
  quietHours: quietHours.optional(),
  settle: duration
    .optional()
    .describe(
      'How long messages that the same cap counts wait for each other: then the journey with the highest `priority` goes first. Absent: the first one has the slot.',
    ),
  holdout: holdout.optional().describe('This share of people gets nothing from any journey; the same people in all.'),
  groups,
  milestone: condition
    .optional()
    .describe('When somebody has had a first value of the product. Until it holds, messages of all journeys wait.'),
  categories: z
    .record(key, category)
    .refine((it) => Object.keys(it).length > 0, { error: 'must name at least one category' })
    .optional()
    .describe('What people can choose from on the page behind every link to unsubscribe. Templates name no others.'),
  traits: traitTypes.optional().describe('The traits that people have, so that a misspelt one is caught.'),
  accountTraits: traitTypes.optional().describe('The traits of their accounts, read as `account.<trait>`.'),
  keepHistory: duration
    .optional()
    .describe(
      'How long events are kept, by whole months; for ever where it is absent. A window that is longer is refused, and ever is as long as this.',
    ),
  onUncertainSend: z
    .enum(['again', 'hold'], { error: 'must be `again` or `hold`' })
    .optional()
    .describe('An email of which nobody knows whether the server took it: send again (default), or hold it.'),
  emailRate: z
    .number({ error: 'must be a number of emails per second' })
    .positive()
    .optional()
    .describe('Emails per second at most. Workers read it when they start.'),
});
export type SettingsFile = z.infer<typeof settingsFile>;

/** By the key that tells them. A sync has `audience` and an audience may have `trait` at top level too, so the order counts. */
export const KINDS = {
  settings: settingsFile,
  journey: journeyFile,
  sync: syncFile,
  audience: audienceFile,
  email: emailFile,
  'in-app': inAppFile,
  'sales-task': salesTaskFile,
  trait: traitFile,
  score: scoreFile,
  plan: planFile,
  tags: tagsFile,
  enrichment: enrichmentFile,
  role: roleFile,
  offer: offerFile,
} as const;
export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** JSON Schema (draft 2020-12) of every kind of definition, for editors. `email` is the front matter of a template. */
export function jsonSchemas(): Record<Kind, object> {
  const schemas = KIND_NAMES.map((kind) => [kind, z.toJSONSchema(KINDS[kind], { io: 'input' })] as const);
  return Object.fromEntries(schemas) as Record<Kind, object>;
}
