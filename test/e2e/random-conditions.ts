import fc from 'fast-check';
import { DAY, MINUTE } from '../../src/core/time.ts';

/** As authors write it. */
export type Authored = Readonly<Record<string, unknown>>;
export type Condition = Authored;

export const PLANS = ['free', 'starter', 'pro'];
export const DEEDS = ['Page Viewed', 'Export Completed', 'Upgrade Page Viewed'];

export const startOf = (number: number) => `Started ${number}`;
export const wakeOf = (number: number) => `Went On ${number}`;

/** Windows of a length that no wait has. */
export const window = fc.constantFrom(1, 2, 5).map((days) => `${(days * DAY) / MINUTE + 37}m`);

/** What branches ask, of anything. */
export const asked = (number: number): fc.Arbitrary<Condition> =>
  fc.letrec<{ condition: Condition; clause: Condition }>((tie) => ({
    condition: fc.oneof(
      { weight: 4, arbitrary: tie('clause') },
      { weight: 1, arbitrary: tie('clause').map((clause) => ({ not: clause })) },
      { weight: 1, arbitrary: fc.array(tie('clause'), { minLength: 2, maxLength: 2 }).map((all) => ({ all })) },
      { weight: 1, arbitrary: fc.array(tie('clause'), { minLength: 2, maxLength: 2 }).map((any) => ({ any })) },
    ),
    clause: fc.oneof(
      fc.constantFrom(...DEEDS).map((event) => ({ event })),
      fc.record({ event: fc.constantFrom(...DEEDS), within: window }),
      fc.record({
        event: fc.constantFrom(...DEEDS),
        times: fc.integer({ min: 1, max: 3 }).map((atLeast) => ({ atLeast })),
        within: window,
      }),
      fc.record({
        event: fc.constantFrom(...DEEDS),
        where: fc.integer({ min: 1, max: 9 }).map((size) => ({ size: { atLeast: size } })),
      }),
      fc.constantFrom(...PLANS).map((plan) => ({ trait: 'plan', is: plan })),
      fc.constant({ trait: 'stage', exists: true }),
      fc.constantFrom('busy', 'quiet').map((audience) => ({ audience })),
      fc.constant({ event: wakeOf(number) }),
    ),
  })).condition;

/** What ends the runs of this journey and of no other, and never holds at their entry. */
export const ending = (number: number): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc.constant({ event: wakeOf(number) }),
    window.map((within) => ({ all: [{ event: startOf(number) }, { not: { event: startOf(number), within } }] })),
  );

/** What wakes them. */
export const waking = (number: number): fc.Arbitrary<Condition> =>
  fc.oneof(
    ending(number),
    window.map((within) => ({ event: wakeOf(number), times: { exactly: 0 }, within })),
  );
