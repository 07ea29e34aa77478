import fc from 'fast-check';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Occasion, Persona } from '../../src/simulate/persona.ts';
import { DEEDS, isSideBySide, laneOf, PLANS, startOf, wakeOf } from './random-conditions.ts';
import { isOnesOwn } from './random-offers.ts';

/** Instants are multiples of this: people share them. */
const SLOT = 5 * HOUR + 11 * MINUTE + 3 * SECOND + 7;
const SLOTS = 80;
/** How long the last of them has something to do, and a while for their runs to end. */
export const DRAWN_LIFETIME = SLOTS * SLOT + 16 * DAY;

/**
 * People who start journeys in turn, so that each journey is started by somebody, and many by several.
 * @param journeys in order, so that few enough in a row are each in a lane of its own
 */
export function drawPeople(count: number, journeys: readonly number[], seed: number, start: Instant): Persona[] {
  const each = Math.ceil(journeys.length / count);
  return Array.from({ length: count }, (_, index) => {
    const mine = journeys.slice(index * each, (index + 1) * each);
    for (const number of [...journeys.slice((index + 1) * each), ...journeys])
      if (mine.length < each + 3 && !isOnesOwn(number) && !mine.some((one) => laneOf(one) === laneOf(number)))
        mine.push(number);
    const [life] = fc.sample(lifeOf(mine), { numRuns: 1, seed: seed * 10_000 + index });
    return { userId: `drawn-${index}`, start, traits: {}, events: [], ...life };
  });
}

function lifeOf(journeys: readonly number[]): fc.Arbitrary<Pick<Persona, 'traits' | 'events'>> {
  const deed = (event: string, most = 9): fc.Arbitrary<Deed> =>
    fc.integer({ min: 0, max: most }).map((size) => ({ event, properties: { size } }));
  const own = (number: number, event: string, minLength: number) =>
    isSideBySide(number)
      ? fc.array(deed(event, 2), { minLength, maxLength: 6 })
      : fc.array(deed(event), { minLength, maxLength: 3 });
  const starts = journeys.map((number) => own(number, startOf(number), 1));
  const wakes = journeys.map((number) => own(number, wakeOf(number), 0));
  const others: fc.Arbitrary<Deed> = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...DEEDS).chain(deed) },
    { weight: 2, arbitrary: fc.constantFrom(...PLANS).map((plan) => ({ identify: { plan } })) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('letters', 'news', 'all')
        .map((category) => ({ event: 'Unsubscribed', byEngine: true, properties: { unsubscribed_from: category } })),
    },
  );
  return fc
    .record({
      plan: fc.constantFrom(...PLANS),
      timezone: fc.constantFrom(undefined, 'America/New_York', 'Asia/Kolkata', 'Mars/Olympus'),
      worth: fc.constantFrom(undefined, 20, 2000),
      hasAddress: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn > 0),
      deeds: fc
        .tuple(...starts, ...wakes, fc.array(others, { minLength: 4, maxLength: 10 }))
        .map((lists) => lists.flat()),
      slots: fc.shuffledSubarray(
        Array.from({ length: SLOTS }, (_, slot) => slot),
        { minLength: SLOTS, maxLength: SLOTS },
      ),
    })
    .map(({ plan, timezone, worth, hasAddress, deeds, slots }) => ({
      traits: {
        plan,
        ...(timezone === undefined ? {} : { timezone }),
        ...(worth === undefined ? {} : { worth }),
        ...(hasAddress ? { email: 'somebody@example.test' } : {}),
      },
      events: deeds.map((one, index): Occasion => ({ ...one, at: { after: ((slots[index] ?? 0) + 1) * SLOT } })),
    }));
}

type Deed = Omit<Extract<Occasion, { event: string }>, 'at'> | Omit<Extract<Occasion, { identify: unknown }>, 'at'>;
