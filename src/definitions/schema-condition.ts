/**
 * Conditions as authors write them.
 * @module
 */
import { z } from 'zod';
import { atLeastOne, count, duration, eventName, json, key, oneOf, scalar, text, yesOrNo } from './schema-values.ts';

const bound = z.union([z.number(), z.string()], { error: 'must be a number or a text' });
const listOfValues = z
  .array(json, { error: ({ input }) => (input === undefined ? undefined : 'must be a list such as `[free, starter]`') })
  .min(1, { error: 'must name at least one value' });

/** The tests of one value. All that are given must hold. */
const tests = {
  is: json.optional().describe('The value is exactly this.'),
  isNot: json.optional().describe('Also where there is no value.'),
  in: listOfValues.optional().describe('The value is one of these.'),
  notIn: listOfValues.optional().describe('Also where there is no value.'),
  contains: scalar.optional().describe('A text contains a text; a list contains an element.'),
  notContains: scalar.optional().describe('Never where there is no value.'),
  exists: yesOrNo.optional().describe('Is there a value, or none?'),
  atLeast: bound.optional().describe('Numbers by size, texts letter by letter.'),
  atMost: bound.optional().describe('Likewise.'),
  above: bound.optional().describe('Likewise.'),
  below: bound.optional().describe('Likewise.'),
  olderThan: duration.optional().describe('The value is a date at least this long ago.'),
  newerThan: duration.optional().describe('The value is a date less than this long ago.'),
};

/** In the order in which they are compiled. */
export const TEST_NAMES = Object.keys(tests) as readonly (keyof typeof tests)[];

const hasTest = (value: Record<string, unknown>) => TEST_NAMES.some((name) => value[name] !== undefined);
const testless = (what: string) => ({
  error: `${what} is tested for nothing; add one of ${TEST_NAMES.map((name) => `\`${name}\``).join(', ')}`,
});

const propertyTests = z.strictObject(tests).refine(hasTest, testless('This property')).meta({ id: 'tests' });
const propertyTest = z.union([scalar, propertyTests], {
  error: 'must be a value, or a test such as `{ atLeast: 100 }` or `{ in: [a, b] }`',
});

/** Which events are meant; also what a journey is entered by. */
export const eventFields = {
  event: z
    .union([eventName, z.array(eventName).min(1)], { error: "must be an event's name, a list of them, or '*' for any" })
    .describe("An event's name, several, or '*' for anything the person did."),
  where: z.record(text, propertyTest).optional().describe('Tests of properties; dots lead into nested objects.'),
};

const times = z
  .strictObject({ atLeast: atLeastOne.optional(), atMost: count.optional(), exactly: count.optional() })
  .refine((it) => Object.keys(it).length > 0, { error: 'needs one of `atLeast`, `atMost`, `exactly`' })
  .refine((it) => it.exactly === undefined || (it.atLeast === undefined && it.atMost === undefined), {
    error: 'has `exactly` beside `atLeast` or `atMost`; keep one',
  })
  .refine((it) => it.atLeast === undefined || it.atMost === undefined || it.atLeast <= it.atMost, {
    error: 'can never hold: `atLeast` is greater than `atMost`',
  });

const traitFields = { trait: text.describe('A stored or computed trait; dots lead into objects.'), ...tests };
const eventClauseFields = {
  ...eventFields,
  times: times.optional().describe('How often; at least once where it is absent.'),
  within: duration.optional().describe('Only events of the last …'),
  since: z.literal('entry', { error: 'can only be `entry`' }).optional().describe('Only events after the run began.'),
};

const traitClause = z.strictObject(traitFields).refine(hasTest, testless('This trait'));
const eventClause = z.strictObject(eventClauseFields);
const audienceClause = z.strictObject({ audience: key.describe('Is a member of this audience now.') });

export type AuthoredCondition =
  | z.infer<typeof traitClause>
  | z.infer<typeof eventClause>
  | z.infer<typeof audienceClause>
  | { all: AuthoredCondition[] }
  | { any: AuthoredCondition[] }
  | { not: AuthoredCondition };
export type AuthoredTraitClause = z.infer<typeof traitClause>;
export type AuthoredEventClause = z.infer<typeof eventClause>;
export type AuthoredTests = Omit<AuthoredTraitClause, 'trait'>;

const FORMS = ['all', 'any', 'not', 'trait', 'event'] as const;

const parts: z.ZodType<AuthoredCondition[]> = z.lazy(() =>
  z.array(condition, { error: 'must be a list of conditions' }).min(1, { error: 'must hold at least one condition' }),
);
const groups = {
  all: { all: parts.describe('Every one of these holds.') },
  any: { any: parts.describe('At least one of these holds.') },
  not: { not: (z.lazy(() => condition) as z.ZodType<AuthoredCondition>).describe('This does not hold.') },
};

export const condition: z.ZodType<AuthoredCondition> = oneOf(
  'A condition',
  [...FORMS, 'audience'],
  [
    z.strictObject(groups.all),
    z.strictObject(groups.any),
    z.strictObject(groups.not),
    traitClause,
    eventClause,
    audienceClause,
  ],
).meta({ id: 'condition' });

const named = { audience: key.describe('Its name.'), description: text.optional() };

/** An audience's file: its name, and a condition at top level. */
export const audienceFile = oneOf('An audience', FORMS, [
  z.strictObject({ ...named, ...groups.all }),
  z.strictObject({ ...named, ...groups.any }),
  z.strictObject({ ...named, ...groups.not }),
  z.strictObject({ ...named, ...traitFields }).refine(hasTest, testless('This trait')),
  z.strictObject({ ...named, ...eventClauseFields }),
]);
export type AudienceFile = z.infer<typeof audienceFile>;
