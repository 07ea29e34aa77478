/**
 * The shapes of Segment's HTTP tracking calls. An error's text is what is wrong and, on a second line, what mends it.
 * @module
 */
import { z } from 'zod';
import type { JsonObject } from '../core/condition.ts';
import type { CallType } from './inbox.ts';
import { instantOf } from './occurred-at.ts';

/** Ids and names are keys of indexes, which have to fit a database page. */
const LONGEST_NAME = 500;
const LONGEST_MESSAGE_ID = 100;

const id = (fix: string) =>
  z
    .union([z.string().regex(/\S/, { abort: true }).max(LONGEST_NAME, { abort: true }), z.int()], {
      error: ({ input }) =>
        input === undefined
          ? `required\n${fix}`
          : `must be text of 1 to ${LONGEST_NAME} characters or a whole number; got ${kindOf(input)}\n${fix}`,
    })
    .transform(String);

const text = (longest: number, fix: string) =>
  z
    .string({
      error: ({ input }) => (input === undefined ? `required\n${fix}` : `must be text; got ${kindOf(input)}\n${fix}`),
    })
    .regex(/\S/, { error: `must not be empty\n${fix}` })
    .max(longest, { error: ({ input }) => `must have at most ${longest} characters; got ${input?.length}\n${fix}` });

const object = (fix: string) =>
  z
    .custom<JsonObject>(isObject, { error: ({ input }) => `must be an object; got ${kindOf(input)}\n${fix}` })
    .meta({ type: 'object', additionalProperties: true });

const time = z
  .string({ error: ({ input }) => notATime(input) })
  .refine((said) => instantOf(said) !== null, { error: ({ input }) => notATime(input) })
  .meta({ format: 'date-time' });

const userId = id('Send the id that your own database has for this person');
const anonymousId = id('Send the id that the visitor keeps while nobody knows who it is');
const properties = object('Send { "name": value, … }, or leave it out').optional();
const traits = object('Send { "trait": value, … }, or leave it out').optional();
const pageName = text(LONGEST_NAME, 'Send the name of the page, or leave it out').optional();

/** What every call may carry. */
const common = {
  userId: userId.optional(),
  anonymousId: anonymousId.optional(),
  messageId: text(LONGEST_MESSAGE_ID, 'Send a UUID, or leave it out to have one made').optional(),
  timestamp: time.optional(),
  originalTimestamp: time.optional(),
  sentAt: time.optional(),
  context: object('Send { "ip": …, "userAgent": … }, or leave it out').optional(),
};

/** By the call's type. Unknown keys are let through and left out. */
export const callSchemas = {
  track: z.object({
    ...common,
    event: text(LONGEST_NAME, 'Name what happened, as in "Order Completed"'),
    properties,
  }),
  identify: z.object({ ...common, traits }),
  group: z.object({ ...common, groupId: id('Send the id that your own database has for the account'), traits }),
  page: z.object({ ...common, name: pageName, category: pageName, properties }),
  screen: z.object({ ...common, name: pageName, category: pageName, properties }),
  alias: z.object({
    ...common,
    userId,
    previousId: id('Send the id that the person was known by until now'),
  }),
} satisfies Record<CallType, z.ZodType>;

export const CALL_TYPES = Object.keys(callSchemas) as CallType[];

const itemType = z.literal(CALL_TYPES);

/** For the API's description; {@link batchEnvelope} is what is applied. */
export const batchSchema = z.object({
  batch: z.array(z.looseObject({ type: itemType })),
  context: common.context,
  sentAt: common.sentAt,
  writeKey: z.string().optional(),
});

/** A batch around its items, which are judged one by one. */
export const batchEnvelope = z.object({
  batch: z
    .array(z.unknown(), {
      error: ({ input }) =>
        input === undefined
          ? 'required\nSend { "batch": [ … ] }'
          : `must be a list of calls; got ${kindOf(input)}\nSend { "batch": [ … ] }`,
    })
    .min(1, { error: 'must have at least one call\nSend { "batch": [ … ] }' }),
  context: common.context,
  sentAt: common.sentAt,
});

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a list`, `the number 7`, `"x"`: a value as people would say it. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string')
    return value.length > 40 ? `text of ${value.length} characters` : JSON.stringify(value);
  return `${value}`;
}

function notATime(input: unknown): string {
  return `must be a time in ISO 8601, not before 1970; got ${kindOf(input)}\nSend it as in "2026-01-31T12:00:00.000Z"`;
}
