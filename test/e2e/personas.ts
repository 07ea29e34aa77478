import fc from 'fast-check';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { type Occasion, type Persona, parsePersonas } from '../../src/simulate/persona.ts';

/** People with a story, each for a way that a shipped journey can take. */
const STORIES: Readonly<Record<string, string>> = {
  'outgrows-free-and-upgrades': `
traits: { email: a@example.test, firstName: Ada, plan: free, createdAt: 2020-01-01 }
events:
  - { event: Premium Feature Attempted, at: 1h, properties: { feature: sso } }
  - { event: Upgrade Page Viewed, at: 1 day }
  - { event: Export Completed, at: 1 day }
  - { event: Export Completed, at: 2 days }
  - { event: Export Completed, at: 3 days }
  - { event: Export Completed, at: 4 days }
  - { event: Account Upgraded, at: 9 days }
  - { identify: { plan: pro }, at: 9 days }
`,
  'comes-of-age-by-the-clock': `
traits: { plan: starter, createdAt: START }
events:
  - { event: Premium Feature Attempted, at: 1h }
  - { event: Export Completed, at: 10h }
  - { event: Export Completed, at: 11h }
  - { event: Export Completed, at: 12h }
  - { event: Export Completed, at: 13h }
`,
  'upgrades-within-the-hour': `
traits: { email: b@example.test, plan: free, createdAt: 2020-01-01 }
events:
  - { event: Premium Feature Attempted, at: 1h }
  - { event: Export Completed, at: 1h }
  - { event: Export Completed, at: 1h }
  - { event: Export Completed, at: 1h }
  - { event: Export Completed, at: 2h }
  - { event: Account Upgraded, at: 150m }
`,
  'has-an-open-ticket': `
traits: { email: c@example.test, plan: free, createdAt: 2020-01-01 }
events:
  - { event: Premium Feature Attempted, at: 1h }
  - { event: Export Completed, at: 1h }
  - { event: Export Completed, at: 1h }
  - { event: Export Completed, at: 1h }
  - { event: Export Completed, at: 2h }
  - { event: Support Ticket Opened, at: 3 days }
  - { event: Support Ticket Closed, at: 4 days }
`,
  'leaves-a-cart-and-comes-back': `
traits: { email: d@example.test }
events:
  - { event: Product Viewed, at: 10m }
  - { event: Product Added, at: 20m }
  - { event: Product Viewed, at: 20h }
  - { event: Order Completed, at: 21h }
`,
  'leaves-a-cart-for-good-without-address': `
events:
  - { event: Product Added, at: 20m }
`,
  'cannot-pay-twice': `
traits: { email: e@example.test, user_lifecycle: loyal }
events:
  - { event: Product Added, at: 1m }
  - { event: Payment Failed, at: 5m, properties: { error: declined } }
  - { event: Payment Failed, at: 12m, properties: { error: declined } }
  - { event: Order Completed, at: 2 days }
`,
  'goes-quiet-twice': `
traits: { email: f@example.test, firstName: Fay }
events:
  - { event: Product Viewed, at: 1h }
  - { event: Product Viewed, at: 2h }
  - { event: Product Viewed, at: 3h }
  - { event: Product Viewed, at: 23 days }
`,
  'goes-quiet-and-orders-again': `
traits: { email: h@example.test }
events:
  - { event: Product Viewed, at: 1h }
  - { event: Product Viewed, at: 2h }
  - { event: Product Viewed, at: 3h }
  - { event: Order Completed, at: 23 days }
`,
  'goes-quiet-for-good': `
events:
  - { event: Product Viewed, at: 4h }
  - { event: Product Viewed, at: 5h }
  - { event: Product Viewed, at: 6h }
`,
  'wishes-and-is-a-regular': `
traits: { email: g@example.test, user_lifecycle: returning }
events:
  - { event: Product Added to Wishlist, at: 30m, properties: { name: Lamp } }
  - { event: Product Added to Wishlist, at: 10 days }
  - { event: Order Completed, at: 12 days }
  - { event: Product Added to Wishlist, at: 35 days }
`,
};

/** Instants fall on a grid, so that people share many of them. */
const STEP = 11 * HOUR + 17 * MINUTE + 3_011;
const SHORT = 14;
const LONG = 60;

const SHOPPING = [
  ...['Product Viewed', 'Product Added', 'Product Added to Wishlist', 'Order Completed', 'Payment Failed'],
  ...['Checkout Failed', 'Trial Started'],
];
const WORKING = [
  ...['Export Completed', 'Export Completed', 'Export Completed', 'Premium Feature Attempted', 'Upgrade Page Viewed'],
  ...['Export Completed', 'Account Upgraded', 'Support Ticket Opened', 'Support Ticket Closed', 'Trial Started'],
];
const TOLD: JsonObject[] = [
  { plan: 'free' },
  { plan: 'pro' },
  { user_lifecycle: 'loyal' },
  { user_lifecycle: 'new' },
  { timezone: 'Australia/Lord_Howe' },
];
const KNOWN: JsonObject[] = [
  { email: 'somebody@example.test', plan: 'free', createdAt: '2020-01-01', timezone: 'America/New_York' },
  { email: 'somebody@example.test', plan: 'starter', user_lifecycle: 'returning', createdAt: '2020-01-01' },
  { plan: 'free', createdAt: '2020-01-01', timezone: 'Mars/Olympus' },
];

const lives = fc
  .record({
    traits: fc.constantFrom(...KNOWN),
    names: fc.constantFrom(SHOPPING, WORKING),
    last: fc.constantFrom(SHORT, LONG),
  })
  .chain(({ traits, names, last }) => {
    const at = fc.integer({ min: 0, max: last }).map((step) => ({ after: step * STEP }));
    const deed: fc.Arbitrary<Occasion> = fc.record({
      event: fc.constantFrom(...names),
      at,
      properties: fc.constant({}),
    });
    const telling: fc.Arbitrary<Occasion> = fc.record({ identify: fc.constantFrom(...TOLD), at });
    const occasion = fc.oneof({ weight: 12, arbitrary: deed }, { weight: 1, arbitrary: telling });
    return fc.record({
      traits: fc.constant(traits),
      events: fc.array(occasion, { minLength: 8, maxLength: 20 }),
    });
  });

/** How long the last of them has something to do, and a while for its journeys to end. */
export const LIFETIME = 60 * DAY;

/** Everything somebody whose life is drawn does is about one of three baskets. */
function aboutBaskets(events: readonly Occasion[]): Occasion[] {
  return events.map((occasion, index) =>
    'event' in occasion ? { ...occasion, properties: { ...occasion.properties, basket: index % 3 } } : occasion,
  );
}

/** The people with a story, and as many whose life is drawn. */
export function personas(start: Instant, drawn: number): Persona[] {
  const told = Object.entries(STORIES).flatMap(([userId, story]) => {
    const parsed = parsePersonas(
      `${userId}.yaml`,
      `userId: ${userId}\n${story.replace('START', new Date(start).toISOString())}`,
    );
    if ('problems' in parsed) throw new Error(parsed.problems.map(formatProblem).join('\n'));
    return parsed.personas.map((persona) => ({ ...persona, start }));
  });
  const random = fc.sample(lives, { numRuns: drawn, seed: 20_260_101 }).map((life, index) => ({
    ...life,
    events: aboutBaskets(life.events),
    userId: `drawn-${index}`,
    start,
  }));
  return [...told, ...random];
}
