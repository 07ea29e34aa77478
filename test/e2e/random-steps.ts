import fc from 'fast-check';
import { DAY, HOUR, MINUTE, type Milliseconds, SECOND } from '../../src/core/time.ts';
import { type Authored, asked, type Drawn, laneOf, onceIn, poolOf, waking } from './random-conditions.ts';
import { offersFor } from './random-offers.ts';

type Step = Authored;

const DEPTH = 2;

/** Those of no two journeys of one person begin at the same minute. */
export const minuteOf = (number: number) => String(2 * laneOf(number)).padStart(2, '0');

function hoursOf(number: number): fc.Arbitrary<Authored> {
  const minute = minuteOf(number);
  return fc.record(
    {
      from: fc.constantFrom(7, 9, 16).map((hour) => `${hour}:${minute}`),
      to: fc.constantFrom(19, 22).map((hour) => `${hour}:${minute}`),
      days: fc.constantFrom(['monday', 'wednesday', 'friday'], ['tuesday', 'saturday', 'sunday']),
    },
    { requiredKeys: ['from'] },
  );
}

/** Two runs that wait for the same slot of a cap would have it at one instant: of one person's journeys one may. */
export const mayWaitForSlots = ({ number, sideBySide }: Drawn) => laneOf(number) === 0 && !sideBySide;

function messagesOf(drawn: Drawn, template: fc.Arbitrary<Step>): fc.Arbitrary<Step> {
  const { number, settles, sideBySide } = drawn;
  const rules = ['skip', 'leave', { cap: 'leave' }, { hours: 'skip' }, { unwanted: 'leave' }];
  const waiting = ['wait', { cap: 'wait' }, { cap: 'wait', unwanted: 'leave' }];
  const one = fc.constantFrom(...(settles ? [...rules, ...waiting] : rules));
  const refused = mayWaitForSlots(drawn) ? fc.constantFrom(...waiting) : onceIn(2, one);
  // Runs side by side would wait for the same hour.
  const send = sideBySide && !settles ? fc.constant(undefined) : onceIn(3, hoursOf(number));
  return fc.tuple(template, send, refused).map(([step, hours, rule]): Step => {
    if (step.email === 'receipt') return step;
    return { ...step, ...(hours && { send: hours }), ...(rule && { refused: rule }) };
  });
}

export function stepsOf(drawn: Drawn): fc.Arbitrary<Step[]> {
  const { number, url } = drawn;
  const offers = offersFor(drawn);
  const later = (length: Milliseconds) => `${length / SECOND + laneOf(number) + 1}s`;
  const wait = fc.constantFrom(30 * MINUTE, HOUR, 7 * HOUR, DAY, 2 * DAY).map(later);
  const template = fc.constantFrom<Step>(
    { email: 'letter' },
    { email: 'receipt' },
    { email: 'news' },
    { 'in-app': 'banner' },
    { 'in-app': 'hint' },
    { 'sales-task': 'call' },
  );
  const dealing = fc.constantFrom<Step>({ email: 'deal' }, { 'in-app': 'deal-banner' }, { 'sales-task': 'deal-call' });
  const stage = `stage_${poolOf(drawn)}`;
  const plain: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: wait.map((length) => ({ wait: length })) },
    { weight: 5, arbitrary: messagesOf(drawn, template) },
    { weight: 1, arbitrary: fc.constantFrom('trial', 'tried').map((value) => ({ 'set-trait': { [stage]: value } })) },
    { weight: 1, arbitrary: fc.constant({ webhook: { url, body: { who: '{{ person.id }}' } } }) },
    ...(offers === null
      ? []
      : [
          { weight: 4, arbitrary: messagesOf(drawn, dealing) },
          { weight: 1, arbitrary: fc.constant({ webhook: { url, body: { deal: '{{ offer.key }}' } } }) },
        ]),
  );
  const list = (depth: number, minLength: number): fc.Arbitrary<Step[]> =>
    fc
      .tuple(
        fc.array(
          depth === 0 ? plain : fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: nested(depth) }),
          {
            minLength,
            maxLength: depth === DEPTH ? 5 : 3,
          },
        ),
        fc.integer({ min: 1, max: 5 }),
      )
      .map(([steps, fate]) => (fate === 1 && depth < DEPTH ? [...steps, { exit: 'had enough' }] : steps));
  const offer = (depth: number): fc.Arbitrary<Step> =>
    fc
      .tuple(fc.subarray([...(offers ?? [])], { minLength: 1 }), onceIn(2, list(depth - 1, 1)))
      .map(([picked, none]) => ({ offer: picked, ...(none && { none }) }));
  const nested = (depth: number): fc.Arbitrary<Step> =>
    fc.oneof(
      fc
        .tuple(
          fc.array(fc.tuple(asked(drawn), list(depth - 1, 1)), { minLength: 1, maxLength: 2 }),
          list(depth - 1, 1),
          fc.boolean(),
        )
        .map(([ways, otherwise, hasElse]) => ({
          branch: [
            ...ways.map(([condition, then]) => ({ if: condition, then })),
            ...(hasElse ? [{ else: otherwise }] : []),
          ],
        })),
      fc.tuple(list(depth - 1, 0), list(depth - 1, 0), fc.constantFrom(10, 50, 75)).map(([a, b, share]) => ({
        split: { a: { share: `${share}%`, steps: a }, b: { share: `${100 - share}%`, steps: b } },
      })),
      fc
        .tuple(waking(drawn), wait, list(depth - 1, 0))
        .map(([condition, timeout, onTimeout]) => ({ 'wait-until': condition, timeout, onTimeout })),
      fc
        .tuple(
          fc.integer({ min: 2, max: 4 }),
          onceIn(2, asked(drawn)),
          fc.constantFrom(7 * HOUR, DAY),
          list(depth - 1, 1),
        )
        .map(([atMost, condition, length, steps]) => ({
          repeat: { atMost, ...(condition && { while: condition }), steps: [{ wait: later(length) }, ...steps] },
        })),
      ...(offers === null ? [] : [offer(depth)]),
    );
  const experiment: fc.Arbitrary<Step> = fc
    .record({
      a: list(0, 0),
      b: list(0, 1),
      shares: fc.constantFrom(undefined, ['30%', '70%']),
      stopped: onceIn(4, fc.constantFrom(true, 'go-over')),
    })
    .map(({ a, b, shares, stopped }) => ({
      experiment: `experiment-${number}`,
      variants: {
        a: { ...(shares && { share: shares[0] }), ...(stopped && { stopped }), steps: a },
        b: { ...(shares && { share: shares[1] }), steps: b },
      },
    }));
  return fc
    .tuple(list(DEPTH, 2), onceIn(2, experiment), offers === null ? fc.constant(undefined) : offer(DEPTH))
    .map(([steps, one, first]) => [first, ...steps, one].filter((step) => step !== undefined));
}

/** Numbered as they stand, since two of a kind would clash. */
export function withIds(steps: readonly Step[]): Step[] {
  let count = 0;
  const numbered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(one);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, LISTS.has(key) ? numbered(inner) : inner]),
    );
  };
  const one = (step: Step): Step => {
    if (!STEPS.some((kind) => kind in step)) return numbered(step) as Step;
    count += 1;
    return { id: `s${count}`, ...(numbered(withWays(step)) as Step) };
  };
  const withWays = (step: Step): Step => {
    const key = 'split' in step ? 'split' : 'variants';
    const ways = step[key];
    if (typeof ways !== 'object' || ways === null) return step;
    return { ...step, [key]: Object.fromEntries(Object.entries(ways).map(([name, way]) => [name, numbered(way)])) };
  };
  return steps.map(one);
}

const STEPS = [
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
];
const LISTS = new Set(['then', 'else', 'steps', 'onTimeout', 'none', 'branch', 'repeat']);
