/**
 * Offers from the author's form to the core's.
 * @module
 */
import { DateTime } from 'luxon';
import type { Expression } from '../core/condition.ts';
import type { Offer } from '../core/offer.ts';
import type { Instant } from '../core/time.ts';
import { type Catalog, checkReference } from './catalog.ts';
import { compileCondition } from './compile-condition.ts';
import { compileAgain } from './compile-entry.ts';
import { checkNumber } from './compile-formula.ts';
import { textProblems } from './compile-templates.ts';
import type { Traits } from './compile-traits.ts';
import { names } from './liquid.ts';
import type { OfferFile } from './schema-offer.ts';
import { percent, shareOf } from './schema-values.ts';
import { type Say, type Surroundings, sayAt } from './scope.ts';
import type { DefinitionOf } from './shape.ts';
import type { Path } from './source.ts';
import type { Problem } from './workspace-types.ts';

const USUAL_CATEGORY = 'marketing';
const CHANNELS = ['email', 'in-app', 'sales-task'] as const;
/** By name, in the order of names. @param problems what is wrong is added here */
export function compileOffers(catalog: Catalog, traits: Traits, problems: Problem[]): ReadonlyMap<string, Offer> {
  const compiled = [...catalog.offers].map(
    ([key, definition]) => [key, compileOffer(key, definition, catalog, traits, problems)] as const,
  );
  return new Map(compiled.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function compileOffer(
  key: string,
  { file, source }: DefinitionOf<'offer'>,
  catalog: Catalog,
  { scope, names: known }: Traits,
  problems: Problem[],
): Offer {
  const given: Surroundings = { scope, source, of: 'person' };
  const { title, category = USUAL_CATEGORY, eligible, incentive, link, texts = {}, limit, valid, again } = file;
  const written: [Path, string | undefined][] = [
    ...Object.entries({ title, incentive, link }).map(([name, text]): [Path, typeof text] => [[name], text]),
    ...CHANNELS.map((channel): [Path, string | undefined] => [['texts', channel], texts[channel]]),
  ];
  for (const [path, text] of written) {
    problems.push(...textProblems({ source }, path, text, known));
    if (text !== undefined && names(text, 'offer'))
      sayAt(given, path)('An offer cannot name `offer` in its own texts', 'Write out what is meant');
  }
  return {
    key,
    title,
    category,
    eligible:
      eligible === undefined
        ? null
        : compileCondition(eligible, ['eligible'], { ...given, inRun: false, sinceEntry: false }),
    value: worthOf(file, given),
    propensity: propensityOf(file, catalog, given),
    ...(incentive !== undefined && { incentive }),
    ...(link !== undefined && { link }),
    texts,
    ...(limit !== undefined && { limit }),
    ...validityOf(valid, scope.zone, sayAt(given, ['valid', 'until'])),
    again: compileAgain(again, 'never'),
  };
}

function worthOf({ value }: OfferFile, given: Surroundings): Expression {
  if (typeof value === 'number') return { kind: 'constant', value };
  const say = sayAt(given, ['value']);
  const expression = given.scope.resolve(value, given.of, say);
  checkNumber(expression, value, given, say);
  return expression;
}

function propensityOf({ propensity }: OfferFile, { broken, scores }: Catalog, given: Surroundings): Expression {
  if (percent.safeParse(propensity).success) return { kind: 'constant', value: shareOf(propensity) };
  const say = sayAt(given, ['propensity']);
  if (!scores.has(propensity)) {
    checkReference({ broken }, scores, 'score', propensity, say);
    return { kind: 'constant', value: 0 };
  }
  return given.scope.resolve(`${propensity}.propensity`, given.of, say);
}

function validityOf(
  { from, until }: NonNullable<OfferFile['valid']> = {},
  zone: string,
  say: Say,
): { readonly from?: Instant; readonly until?: Instant } {
  const start = (day: string, later = 0) =>
    DateTime.fromISO(day, { zone }).plus({ days: later }).startOf('day').toMillis();
  if (from !== undefined && until !== undefined && until < from)
    say('The offer is over before it begins', `Take a day from ${from} on`);
  return { ...(from !== undefined && { from: start(from) }), ...(until !== undefined && { until: start(until, 1) }) };
}

/** Whether texts name what the offer before them has picked. */
export function offering(texts: unknown): { readonly offering?: true } {
  return namesOffer(texts) ? { offering: true } : {};
}

function namesOffer(part: unknown): boolean {
  if (typeof part === 'string') return names(part, 'offer');
  return typeof part === 'object' && part !== null && Object.values(part).some(namesOffer);
}
