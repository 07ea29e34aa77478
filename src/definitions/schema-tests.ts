/**
 * Tests of one value, as authors write them: of properties, and of traits, which can be held against each other, too.
 * @module
 */
import { z } from 'zod';
import { duration, json, scalar, text, yesOrNo } from './schema-values.ts';

const bound = z.union([z.number(), z.string()], { error: 'must be a number or a text' });
const listOfValues = z
  .array(json, { error: ({ input }) => (input === undefined ? undefined : 'must be a list such as `[free, starter]`') })
  .min(1, { error: 'must name at least one value' });

/** All that are given must hold. */
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

export const hasTest = (value: Record<string, unknown>) => TEST_NAMES.some((name) => value[name] !== undefined);
export const testless = (what: string, names: readonly string[] = TEST_NAMES) => ({
  error: `${what} is tested for nothing; add one of ${names.map((name) => `\`${name}\``).join(', ')}`,
});

/** Beside the tests: the value that the property had in what the run was entered by. */
const sameAsEntry = z
  .literal(true, { error: 'must be true' })
  .optional()
  .describe('In a journey: the value is that of the event, or the request, by which it was entered.');
const ofProperties = [...TEST_NAMES, 'same'] as const;
const propertyTests = z
  .strictObject({ ...tests, same: sameAsEntry })
  .refine((it) => ofProperties.some((name) => it[name] !== undefined), testless('This property', ofProperties))
  .meta({ id: 'tests' });
export const propertyTest = z.union([scalar, propertyTests], {
  error: 'must be a value, or a test such as `{ atLeast: 100 }` or `{ in: [a, b] }`',
});

const otherTrait = z.strictObject({ trait: text });
const boundOrTrait = z
  .union([z.number(), z.string(), otherTrait], {
    error: 'must be a number, a text, or another trait: `{ trait: seats }`',
  })
  .optional();

/** `is` and `isNot` take any JSON, `{ trait: … }` included: see {@link traitReferred}. */
export const traitTests = {
  ...tests,
  atLeast: boundOrTrait.describe(tests.atLeast.description ?? ''),
  atMost: boundOrTrait.describe('Likewise.'),
  above: boundOrTrait.describe('Likewise.'),
  below: boundOrTrait.describe('Likewise.'),
};
const traitTestsOnly = z.strictObject(traitTests);
export type AuthoredTests = z.infer<typeof traitTestsOnly>;

/** The other trait that a value is held against: `{ trait: seats }`. */
export function traitReferred(value: unknown): string | undefined {
  const referred = otherTrait.safeParse(value);
  return referred.success ? referred.data.trait : undefined;
}
