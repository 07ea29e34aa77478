/**
 * Journeys and their steps as authors write them.
 * @module
 */
import { z } from 'zod';
import { condition, of } from './schema-condition.ts';
import { entry } from './schema-entry.ts';
import { variantFields, winner } from './schema-experiment.ts';
import { caps, messaging } from './schema-pressure.ts';
import {
  duration,
  durationOrNever,
  json,
  key,
  oneOf,
  percent,
  rate,
  text,
  traitName,
  webAddress,
} from './schema-values.ts';
import { wait } from './schema-wait.ts';

const id = key
  .optional()
  .describe('Stays the same when the journey changes. Derived from kind and template if absent.');

const to = key.optional().describe('In journeys of accounts, where it has to be there: the role of whoever gets it.');
const stakeholders = z
  .array(key, { error: 'must be a list of roles' })
  .min(1, { error: 'must name at least one role' })
  .optional()
  .describe('In journeys of accounts: the roles of people whom the task is to name.');

/** Told by a key of its own each; what they have in common comes with `withId`. */
const simple = {
  wait: z.strictObject({ id, wait }),
  email: z.strictObject({ id, email: key.describe('An email template.'), to, ...messaging }),
  inApp: z.strictObject({ id, 'in-app': key.describe('An in-app template.'), to, ...messaging }),
  salesTask: z.strictObject({
    id,
    'sales-task': key.describe('A sales task template.'),
    stakeholders,
    ...messaging,
  }),
  webhook: z.strictObject({
    id,
    webhook: z.strictObject({
      url: webAddress,
      headers: z.record(z.string(), z.string({ error: 'must be text' })).optional(),
      body: json.optional().describe('Sent as JSON; Liquid may stand in every text.'),
    }),
  }),
  setTrait: z.strictObject({
    id,
    'set-trait': z
      .record(traitName, json)
      .refine((traits) => Object.keys(traits).length > 0, {
        error: 'must set at least one trait, such as `{ upsell_ready: true }`',
      })
      .describe('Traits of whom the run is about, with their new values.'),
  }),
  exit: z.strictObject({ id, exit: text.describe('Ends the run, for this reason.') }),
};

type SimpleStep = { [Kind in keyof typeof simple]: z.infer<(typeof simple)[Kind]> }[keyof typeof simple];
export type AuthoredStep =
  | SimpleStep
  | {
      id?: string;
      'wait-until': z.infer<typeof condition>;
      timeout: string;
      onTimeout?: AuthoredStep[];
    }
  | { id?: string; offer: string | string[]; none?: AuthoredStep[] }
  | { id?: string; branch: AuthoredWay[] }
  | { id?: string; split: Record<string, { share: string; steps: AuthoredStep[] }> }
  | AuthoredRepeat
  | AuthoredExperiment;
export interface AuthoredRepeat {
  id?: string;
  repeat: { atMost: number; while?: z.infer<typeof condition>; steps: AuthoredStep[] };
}
export interface AuthoredExperiment {
  id?: string;
  experiment: string;
  control?: string;
  variants: Record<string, AuthoredVariant>;
  winner?: z.infer<typeof winner>;
}
export type AuthoredVariant = { share?: string; stopped?: true | 'go-over' } & (SimpleStep | { steps: AuthoredStep[] });
export type AuthoredWay = { if: z.infer<typeof condition>; then: AuthoredStep[] } | { else: AuthoredStep[] };

/** May be empty where doing nothing is one of the ways. */
const steps: z.ZodType<AuthoredStep[]> = z.lazy(() =>
  z.array(step, { error: ({ input }) => (input === undefined ? undefined : 'must be a list of steps') }),
);
const someSteps: z.ZodType<AuthoredStep[]> = steps.refine((list) => list.length > 0, {
  error: 'must hold at least one step',
});

const MOST_ROUNDS = 1_000;
const rounds = z
  .int({ error: 'must be a whole number' })
  .min(1, { error: 'must be at least 1' })
  .max(MOST_ROUNDS, { error: `must be at most ${MOST_ROUNDS}` });

const way: z.ZodType<AuthoredWay> = oneOf(
  'A way of a branch',
  ['if', 'else'],
  [z.strictObject({ if: condition, then: someSteps }), z.strictObject({ else: someSteps })],
);

const waysOfBranch = z
  .array(way, { error: 'must be a list of `if` … `then`, and `else` at its end' })
  .min(1, { error: 'must have at least one way' })
  .superRefine((ways, { addIssue }) => {
    const at = ways.findIndex((one) => 'else' in one);
    if (at === 0) addIssue({ code: 'custom', path: [0], message: 'the branch has no `if` before its `else`' });
    if (at > 0 && at < ways.length - 1)
      addIssue({
        code: 'custom',
        path: [at + 1],
        message: 'this way comes after `else` and is never taken; `else` goes last',
      });
  });

const waysOfSplit = z
  .record(key, z.strictObject({ share: percent, steps }))
  .refine((ways) => Object.keys(ways).length > 1, { error: 'must have at least two ways' });

const variant: z.ZodType<AuthoredVariant> = oneOf(
  'A variant',
  ['steps', 'wait', 'email', 'in-app', 'sales-task', 'webhook', 'set-trait', 'exit'],
  [
    z.strictObject({ ...variantFields, steps }),
    simple.wait.extend(variantFields),
    simple.email.extend(variantFields),
    simple.inApp.extend(variantFields),
    simple.salesTask.extend(variantFields),
    simple.webhook.extend(variantFields),
    simple.setTrait.extend(variantFields),
    simple.exit.extend(variantFields),
  ],
);
const variants = z
  .record(key, variant)
  .refine((it) => Object.keys(it).length > 1, { error: 'must have at least two variants' });

export const step: z.ZodType<AuthoredStep> = oneOf(
  'A step',
  [
    'wait',
    'wait-until',
    'branch',
    'split',
    'experiment',
    'offer',
    'repeat',
    'email',
    'in-app',
    'sales-task',
    'webhook',
    'set-trait',
    'exit',
  ],
  [
    simple.wait,
    z.strictObject({
      id,
      'wait-until': condition.describe('Goes on as soon as this holds. Its events count from the entry on.'),
      timeout: duration.describe('Goes on after this time at the latest.'),
      onTimeout: steps.optional().describe('Done first where the time ran out before the condition came true.'),
    }),
    z.strictObject({ id, branch: waysOfBranch.describe('The first way whose `if` holds is taken, else `else`.') }),
    z.strictObject({ id, split: waysOfSplit.describe('By chance; the same person always goes the same way.') }),
    z.strictObject({
      id,
      experiment: key.describe(
        'Its name. By chance; a person keeps the variant as long as the experiment keeps its name.',
      ),
      control: key.optional().describe('The variant that the others are measured against. Default: the first.'),
      variants: variants.describe('Each one step, or `steps`.'),
      winner: winner.optional(),
    }),
    z.strictObject({
      id,
      offer: z
        .union([key, z.array(key).min(1, { error: 'must name at least one offer' })], {
          error: 'must be the name of an offer, a list of them, or `any`',
        })
        .describe('Picks the best for the person of one, of several, or of `any`; the run keeps it.'),
      none: steps.optional().describe('Done first where there is none for the person.'),
    }),
    z.strictObject({
      id,
      repeat: z.strictObject({
        atMost: rounds.describe('The most rounds there are.'),
        while: condition.optional().describe('Asked before each round; the steps go on after the last.'),
        steps: someSteps.describe('Of one round. A wait has to be among them.'),
      }),
    }),
    simple.email,
    simple.inApp,
    simple.salesTask,
    simple.webhook,
    simple.setTrait,
    simple.exit,
  ],
).meta({ id: 'step' });

const staleAfter = durationOrNever.describe(
  'A message that was due longer ago than this at the resume is refused as stale.',
);

export const resumeRule = z.strictObject({ rate: rate.optional(), stale: staleAfter.optional() });

export const holdout = percent.refine((it) => Number.parseFloat(it) < 100 || Number.isNaN(Number.parseFloat(it)), {
  error: 'must be below 100%, or nobody gets anything',
});

export const journeyFile = z.strictObject({
  journey: key.describe('Its name.'),
  description: text.optional(),
  status: z
    .enum(['draft', 'published', 'archived'], { error: 'must be `draft`, `published` or `archived`' })
    .optional()
    .describe('`draft`: checked, simulated and backtested, entered by nobody. `archived`: entered by nobody any more.'),
  of,
  enter: entry,
  goal: condition.optional().describe('Ends the run as converted. Its events count from the entry on.'),
  value: text.optional().describe('The property of the goal’s event that says what a conversion is worth.'),
  exit: z
    .strictObject({ after: duration.optional(), when: condition.optional() })
    .optional()
    .describe('Ends the run otherwise. `after` is 30 days where it is absent.'),
  holdout: holdout.optional().describe('This share goes through the same journey and gets nothing.'),
  ramp: percent.optional().describe('Only this share of people may enter. Raising it shuts nobody out.'),
  milestone: condition
    .optional()
    .describe('In place of the workspace’s: until it holds, messages of this journey wait.'),
  beforeMilestone: z
    .enum(['hold', 'leave', 'act'], { error: 'must be `hold`, `leave` or `act`' })
    .optional()
    .describe(
      'At a message before the milestone: wait for it (`hold`, default), end the run, or send it all the same.',
    ),
  priority: z.number({ error: 'must be a number' }).optional().describe('Higher goes first. Default 50.'),
  group: key.optional().describe('A group of the settings: a person is in one of its journeys at a time.'),
  caps: caps.optional().describe('Count only this journey’s messages.'),
  whilePaused: z
    .enum(['enter', 'refuse'], { error: 'must be `enter` or `refuse`' })
    .optional()
    .describe('Who qualifies during a pause enters and is held where something is due (default), or does not enter.'),
  resume: resumeRule
    .optional()
    .describe('How what came due during a pause is let out: `rate` is 100/minute where absent, `stale` is 2d.'),
  steps: someSteps.describe('Done one after the other.'),
});
export type JourneyFile = z.infer<typeof journeyFile>;
