/**
 * Events as authors mean them in conditions, traits and scores: which, how far back, counted from what, one after another.
 * @module
 */
import { z } from 'zod';
import { propertyTest } from './schema-tests.ts';
import { atLeastOne, count, duration, eventName, oneOf, text, window } from './schema-values.ts';

/** Which events are meant; also what a journey is entered by. */
export const eventFields = {
  event: z
    .union([eventName, z.array(eventName).min(1)], { error: "must be an event's name, a list of them, or '*' for any" })
    .describe("An event's name, several, or '*' for anything the person did."),
  where: z.record(text, propertyTest).optional().describe('Tests of properties; dots lead into nested objects.'),
};

const A_PATTERN = "must be an event's name, or a map such as `{ event: Export Completed, where: { format: pdf } }`";
const pattern = z.union([eventName, z.strictObject(eventFields).meta({ id: 'pattern' })], { error: A_PATTERN });
export type AuthoredPattern = z.infer<typeof pattern>;

export const anchor = oneOf(
  'What events count from',
  ['last', 'first'],
  [
    z.strictObject({ last: pattern.describe('Counts from the last such event.') }),
    z.strictObject({ first: pattern.describe('Counts from the first such event.') }),
  ],
);
export type AuthoredAnchor = z.infer<typeof anchor>;

const upTo = duration.optional().describe('With such a `since`: only events less than this long after it.');

/** Windows where there is no run, so that nothing counts from its entry. */
export const windowFields = {
  within: window.optional().describe('Only events of the last …'),
  since: anchor.optional().describe('Only events after the first or last one of a kind: `{ last: Logged In }`.'),
  upTo,
};

export const times = z
  .strictObject({ atLeast: atLeastOne.optional(), atMost: count.optional(), exactly: count.optional() })
  .refine((it) => Object.keys(it).length > 0, { error: 'needs one of `atLeast`, `atMost`, `exactly`' })
  .refine((it) => it.exactly === undefined || (it.atLeast === undefined && it.atMost === undefined), {
    error: 'has `exactly` beside `atLeast` or `atMost`; keep one',
  })
  .refine((it) => it.atLeast === undefined || it.atMost === undefined || it.atLeast <= it.atMost, {
    error: 'can never hold: `atLeast` is greater than `atMost`',
  });
export type AuthoredTimes = z.infer<typeof times>;

const entry = z.literal('entry', { error: 'can only be `entry`' });

export const eventClauseFields = {
  ...eventFields,
  times: times.optional().describe('How often; at least once where it is absent.'),
  within: windowFields.within,
  since: z
    .union([entry, anchor], { error: 'must be `entry`, or a map such as `{ last: Logged In }`' })
    .optional()
    .describe(
      'Only events after the run began (`entry`), or after the first or last one of a kind: `{ last: Logged In }`.',
    ),
  upTo,
};
const eventClause = z.strictObject(eventClauseFields);
export type AuthoredEventClause = z.infer<typeof eventClause>;

const sequenceStep = z.union(
  [
    eventName,
    z.strictObject({ ...eventFields, within: duration.optional().describe('This soon after the one before.') }),
  ],
  { error: A_PATTERN },
);

export const sequenceFields = {
  sequence: z
    .array(sequenceStep, { error: 'must be a list of events' })
    .min(2, { error: 'must hold at least two events' })
    .describe('These events, each later than the one before.'),
  without: z
    .array(pattern, { error: 'must be a list of events' })
    .min(1, { error: 'must hold at least one event' })
    .optional()
    .describe('None of these between the first and the last of them.'),
  thenNot: z
    .strictObject({ ...eventFields, within: duration })
    .optional()
    .describe('And then none of these for so long; only when that time is over does it hold.'),
  within: duration.optional().describe('Completed in the last …'),
  since: entry.optional().describe('Only events after the run began.'),
  session: z
    .union([z.literal(true, { error: 'must be true' }), duration], {
      error: 'must be true, or the longest pause, such as `45m`',
    })
    .optional()
    .describe('All in one session, which ends with a pause of 30 minutes (`true`), or of this length.'),
};
const sequenceClause = z.strictObject(sequenceFields);
export type AuthoredSequence = z.infer<typeof sequenceClause>;
export type AuthoredFilter = Pick<AuthoredEventClause, 'event' | 'where' | 'within' | 'since' | 'upTo'>;
