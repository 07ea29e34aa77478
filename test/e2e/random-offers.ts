import { stringify } from 'yaml';
import { type Drawn, LANES, poolOf } from './random-conditions.ts';

/** Journeys that only one person starts, so that what others take of a limited offer makes no difference. */
export const isOnesOwn = (number: number) => number % 5 < 2;

const EVERY = 2;

/** What the journey picks from; null: it offers nothing. */
export function offersFor(drawn: Drawn): readonly string[] | null {
  const { number } = drawn;
  if (number % EVERY !== 0) return null;
  const pool = poolOf(drawn);
  const shared = ['cheap', 'rich', 'once', 'worth'].map((kind) => `${kind}-${pool}`);
  return isOnesOwn(number) ? [...shared, `few-${number}`] : shared;
}

/** The offers of a workspace with that many journeys. */
export function offerFile(count: number): string {
  const texts = { email: 'For {{ person.plan }}', 'in-app': 'For you', 'sales-task': 'For {{ person.id }}' };
  const base = (offer: string) => ({ offer, title: `The ${offer} of {{ person.id }}`, texts });
  const shared = Array.from({ length: LANES }, (_, pool) => [
    { ...base(`cheap-${pool}`), value: 1, propensity: '50%', again: 'always' },
    {
      ...base(`rich-${pool}`),
      value: 100,
      propensity: '20%',
      again: 'after 4d',
      eligible: { trait: 'plan', is: 'pro' },
    },
    { ...base(`once-${pool}`), value: 30, propensity: '40%', category: 'letters' },
    {
      ...base(`worth-${pool}`),
      value: 'worth',
      propensity: '10%',
      again: 'after 2d',
      incentive: 'a {{ person.plan }}',
    },
  ]).flat();
  const few = Array.from({ length: count }, (_, number) => number).flatMap((number) =>
    isOnesOwn(number) && number % EVERY === 0
      ? [{ ...base(`few-${number}`), value: 500, propensity: '50%', again: 'always', limit: 1 + (number % 2) }]
      : [],
  );
  return [...shared, ...few].map((offer) => stringify(offer, { aliasDuplicateObjects: false })).join('---\n');
}
