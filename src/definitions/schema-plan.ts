/**
 * A tracking plan as authors write it: what each event has to carry.
 * @module
 */
import { z } from 'zod';
import { eventName, json, key, text } from './schema-values.ts';

export const PLANNED_TYPES = ['string', 'number', 'integer', 'boolean', 'date', 'list', 'object'] as const;

const TYPE_NAMES: readonly string[] = PLANNED_TYPES;
const mustBeType = `must be one of ${PLANNED_TYPES.join(', ')}`;
const plannedType = z
  .string({ error: mustBeType })
  .refine((name) => TYPE_NAMES.includes(name), { error: mustBeType, params: { names: PLANNED_TYPES } });

const fieldPlan = z
  .union(
    [
      plannedType,
      z
        .strictObject({
          type: plannedType.optional(),
          in: z
            .array(json, { error: 'must be a list such as `[free, pro]`' })
            .min(1, { error: 'must name at least one value' })
            .optional()
            .describe('The value is one of these.'),
        })
        .refine((field) => field.type !== undefined || field.in !== undefined, { error: 'needs `type` or `in`' }),
    ],
    { error: `must be a type (${PLANNED_TYPES.join(', ')}), or a map such as \`{ in: [free, pro] }\`` },
  )
  .meta({ id: 'plannedField' });

const fields = z.record(text, fieldPlan);
const rule = z.enum(['pass', 'hold'], { error: 'must be `pass` or `hold`' });

const callPlan = z
  .strictObject({
    rule: rule
      .optional()
      .describe('What violates it is counted and passed on (`pass`, the default), or counted and kept aside (`hold`).'),
    required: fields
      .optional()
      .describe(
        `Properties that have to be there, each with its type: one of ${PLANNED_TYPES.join(', ')}, or \`{ in: [free, pro] }\`. Dots lead into nested objects.`,
      ),
    allowed: fields.optional().describe('Properties that may be there, likewise.'),
    others: z
      .union([z.boolean(), z.enum(['yes', 'no'])], { error: 'must be yes or no' })
      .optional()
      .describe('May there be properties that are named nowhere here? Yes, unless it says `no`.'),
  })
  .meta({ id: 'plannedCall' });

export const planFile = z.strictObject({
  plan: key.describe('Its name.'),
  description: text.optional(),
  unplanned: rule.optional().describe('Events that no plan names: `pass` (the default) or `hold`.'),
  events: z.record(eventName, callPlan).optional().describe('By the name of the event.'),
  identify: callPlan.optional().describe('The same for the traits that `identify` sends, wherever it sends any.'),
  group: callPlan.optional().describe('Likewise for the traits of accounts.'),
});
export type PlanFile = z.infer<typeof planFile>;
export type AuthoredCallPlan = z.infer<typeof callPlan>;
export type AuthoredField = z.infer<typeof fieldPlan>;
