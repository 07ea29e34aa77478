import fc from 'fast-check';
import { DAY, MINUTE } from '../../src/core/time.ts';

/** As authors write it. */
export type Authored = Readonly<Record<string, unknown>>;
export type Condition = Authored;

/** What a journey is drawn for. */
export interface Drawn {
  readonly number: number;
  /** Where webhooks go. */
  readonly url: string;
  /** Messages that want the same slot wait for each other, so that runs may do things at the same instant. */
  readonly settles: boolean;
  /** It has a run for each `size` that its events have, side by side. */
  readonly sideBySide: boolean;
}

export const PLANS = ['free', 'starter', 'pro'];
export const DEEDS = ['Page Viewed', 'Export Completed', 'Upgrade Page Viewed'];

export const startOf = (number: number) => `Started ${number}`;
export const wakeOf = (number: number) => `Went On ${number}`;

export const isSideBySide = (number: number) => number % 9 === 4;

/** The journeys of one person are each in a lane of its own: by it their times differ. */
export const LANES = 12;
export const laneOf = (number: number) => number % LANES;

/** Journeys of the same pool share traits and offers. Where things happen at one instant, no two of one person do. */
export const poolOf = ({ number, settles }: Pick<Drawn, 'number' | 'settles'>) =>
  settles ? laneOf(number) : number % 3;

/** There in one case of so many. */
export const onceIn = <T>(cases: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: cases - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** Windows of a length that no wait has. */
export const window = fc.constantFrom(1, 2, 5).map((days) => `${(days * DAY) / MINUTE + 37}m`);

/** What branches ask, of anything. */
export const asked = (drawn: Drawn): fc.Arbitrary<Condition> =>
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
      fc.constant({ trait: `stage_${poolOf(drawn)}`, exists: true }),
      fc.constantFrom('busy', 'quiet').map((audience) => ({ audience })),
      fc.constant({ event: wakeOf(drawn.number) }),
    ),
  })).condition;

/** What ends the runs of this journey and of no other. */
export const ending = (drawn: Drawn): fc.Arbitrary<Condition> => {
  const [start, wake] = ownEvents(drawn);
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(wake) },
    { weight: 2, arbitrary: fc.constant({ ...wake, since: 'entry' }) },
    { weight: 1, arbitrary: window.map((within) => ({ all: [start, { not: { ...start, within } }] })) },
  );
};

/** What wakes them. */
export const waking = (drawn: Drawn): fc.Arbitrary<Condition> => {
  const [, wake] = ownEvents(drawn);
  return fc.oneof(
    ending(drawn),
    window.map((within) => ({ ...wake, times: { exactly: 0 }, within })),
  );
};

/** What starts and what wakes the run that it is asked for, and none beside it. */
function ownEvents({ number, sideBySide }: Drawn): [start: Condition, wake: Condition] {
  const where = sideBySide ? { where: { size: { same: true } } } : {};
  return [
    { event: startOf(number), ...where },
    { event: wakeOf(number), ...where },
  ];
}
