/**
 * Conditions as authors write them.
 * @module
 */
import { z } from 'zod';
import {
  type AuthoredEventClause,
  type AuthoredSequence,
  type AuthoredTimes,
  eventClauseFields,
  sequenceFields,
  times,
} from './schema-events.ts';
import { hasTest, testless, traitTests } from './schema-tests.ts';
import { key, oneOf, text } from './schema-values.ts';

const traitFields = { trait: text.describe('A stored or computed trait; dots lead into objects.'), ...traitTests };
const traitClause = z.strictObject(traitFields).refine(hasTest, testless('This trait'));
const audienceClause = z.strictObject({ audience: key.describe('Is a member of this audience now.') });

export type AuthoredTraitClause = z.infer<typeof traitClause>;
export type AuthoredRelated = ({ audience: string } | { that: AuthoredCondition }) & {
  howMany?: 'all' | AuthoredTimes;
};
export type AuthoredCondition =
  | AuthoredTraitClause
  | AuthoredEventClause
  | AuthoredSequence
  | z.infer<typeof audienceClause>
  | { all: AuthoredCondition[] }
  | { any: AuthoredCondition[] }
  | { not: AuthoredCondition }
  | { account: AuthoredCondition }
  | { accounts: AuthoredRelated }
  | { people: AuthoredRelated };

/** Those that an audience's file has at top level. */
const FORMS = ['all', 'any', 'not', 'trait', 'event', 'sequence', 'account', 'accounts', 'people'] as const;

const inner: z.ZodType<AuthoredCondition> = z.lazy(() => condition);
const parts: z.ZodType<AuthoredCondition[]> = z.lazy(() =>
  z.array(condition, { error: 'must be a list of conditions' }).min(1, { error: 'must hold at least one condition' }),
);

const howMany = z
  .union([z.literal('all'), times], { error: 'must be `all`, or a map such as `{ atLeast: 3 }`' })
  .optional()
  .describe('At least one where it is absent. `all`: every one, and there is one.');

/** Profiles of the other kind: those in an audience of theirs, or those that a condition holds of. */
export const relatedFields = {
  audience: key.describe('Those in this audience.'),
  that: inner.describe('Those this holds of.'),
};
const related: z.ZodType<AuthoredRelated> = oneOf(
  'Who is counted',
  ['audience', 'that'],
  [
    z.strictObject({ audience: relatedFields.audience, howMany }),
    z.strictObject({ that: relatedFields.that, howMany }),
  ],
).meta({ id: 'related' });

const groups = {
  all: { all: parts.describe('Every one of these holds.') },
  any: { any: parts.describe('At least one of these holds.') },
  not: { not: inner.describe('This does not hold.') },
};
const acrossKinds = {
  account: { account: inner.describe('Of people: this holds of an account of theirs.') },
  accounts: { accounts: related.describe('Of people: it holds of so many of their accounts.') },
  people: { people: related.describe('Of accounts: it holds of so many of their people.') },
};

export const condition: z.ZodType<AuthoredCondition> = oneOf(
  'A condition',
  [...FORMS, 'audience'],
  [
    z.strictObject(groups.all),
    z.strictObject(groups.any),
    z.strictObject(groups.not),
    traitClause,
    z.strictObject(eventClauseFields),
    z.strictObject(sequenceFields),
    z.strictObject(acrossKinds.account),
    z.strictObject(acrossKinds.accounts),
    z.strictObject(acrossKinds.people),
    audienceClause,
  ],
).meta({ id: 'condition' });

export const of = z
  .enum(['people', 'accounts'], { error: 'must be `people` or `accounts`' })
  .optional()
  .describe('What it is about: `people` (default) or `accounts`.');

const named = { audience: key.describe('Its name.'), description: text.optional(), of };

/** An audience's file: its name, and a condition at top level. */
export const audienceFile = oneOf('An audience', FORMS, [
  z.strictObject({ ...named, ...groups.all }),
  z.strictObject({ ...named, ...groups.any }),
  z.strictObject({ ...named, ...groups.not }),
  z.strictObject({ ...named, ...traitFields }).refine(hasTest, testless('This trait')),
  z.strictObject({ ...named, ...eventClauseFields }),
  z.strictObject({ ...named, ...sequenceFields }),
  z.strictObject({ ...named, ...acrossKinds.account }),
  z.strictObject({ ...named, ...acrossKinds.accounts }),
  z.strictObject({ ...named, ...acrossKinds.people }),
]);
export type AudienceFile = z.infer<typeof audienceFile>;
