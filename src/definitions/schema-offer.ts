/**
 * Offers as authors write them: what can be offered to whom, what it is worth, and in which words.
 * @module
 */
import { z } from 'zod';
import { condition } from './schema-condition.ts';
import { afterIn } from './schema-entry.ts';
import { atLeastOne, duration, key, link, percent, text } from './schema-values.ts';

/** Stands for all offers in a step, so that none can be named so. */
export const ANY_OFFER = 'any';

const must = (what: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? undefined : `must be ${what}`),
});
const A_VALUE = 'a number of at least 0, or the name of a trait';
const A_PROPENSITY = 'a share such as `8%`, or the name of a score';
const A_DATE = 'a day such as `2026-03-31`';

const AN_AGAIN = '`never`, `always` or like `after 90d`';

const again = z
  .string(must(AN_AGAIN))
  .refine(
    (it) => /^(never|always)$/.test(it) || (it.startsWith('after ') && duration.safeParse(afterIn(it)).success),
    must(AN_AGAIN),
  )
  .optional();

const propensity = z
  .string(must(A_PROPENSITY))
  .refine((it) => (it.includes('%') ? percent.safeParse(it).success : text.safeParse(it).success), must(A_PROPENSITY));

const day = z.string(must(A_DATE)).refine((it) => z.iso.date().safeParse(it).success, must(A_DATE));

export const offerFile = z.strictObject({
  offer: key
    .refine((name) => name !== ANY_OFFER, { error: 'The name `any` stands for every offer in a step' })
    .describe('Its name.'),
  title: text.describe('What people call it: `offer.title` in texts.'),
  description: text.optional(),
  category: key.optional().describe('What people can refuse, like that of a template. Default `marketing`.'),
  eligible: condition.optional().describe('Who may get it. Everybody, where it is absent.'),
  value: z
    .union([z.number().min(0, must(A_VALUE)), text], must(A_VALUE))
    .describe('What it is worth when somebody takes it: a number, or a trait that holds one.'),
  propensity: propensity.describe('How likely that is: the same for everybody (`8%`), or by a score that has `outOf`.'),
  incentive: text.optional().describe('What people get for it: `offer.incentive` in texts.'),
  link: link.optional().describe('Where it leads: `offer.link` in texts.'),
  texts: z
    .strictObject({ email: text.optional(), 'in-app': text.optional(), 'sales-task': text.optional() })
    .optional()
    .describe('`offer.text` in the templates of each channel. Liquid.'),
  limit: atLeastOne.optional().describe('How many people get it at most; as it was published last.'),
  valid: z
    .strictObject({ from: day.optional(), until: day.optional() })
    .optional()
    .describe('From the beginning of the first day to the end of the last, by the time zone of the workspace.'),
  again: again.describe('May the same person be offered it once more? `never` (default), `always`, or `after 90d`.'),
});
export type OfferFile = z.infer<typeof offerFile>;
