import fc from 'fast-check';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { type Authored, asked, waking } from './random-conditions.ts';

type Step = Authored;

/** What the steps of a journey are drawn for. */
export interface Drawn {
  readonly number: number;
  /** Where webhooks go. */
  readonly url: string;
}

const DEPTH = 2;

/** Those of no two journeys of one person begin at the same minute. */
function hoursOf(number: number): fc.Arbitrary<Authored> {
  const minute = String(number % 60).padStart(2, '0');
  return fc.record(
    {
      from: fc.constantFrom(7, 9, 16).map((hour) => `${hour}:${minute}`),
      to: fc.constantFrom(19, 22).map((hour) => `${hour}:${minute}`),
      days: fc.constantFrom(['monday', 'wednesday', 'friday'], ['tuesday', 'saturday', 'sunday']),
    },
    { requiredKeys: ['from'] },
  );
}

export function stepsOf({ number, url }: Drawn): fc.Arbitrary<Step[]> {
  const wait = fc
    .constantFrom(30 * MINUTE, HOUR, 7 * HOUR, DAY, 2 * DAY)
    .map((length) => `${length / SECOND + number}s`);
  const template = fc.constantFrom<Step>(
    { email: 'letter' },
    { email: 'receipt' },
    { email: 'news' },
    { 'in-app': 'banner' },
    { 'in-app': 'hint' },
    { 'sales-task': 'call' },
  );
  const message = fc
    .tuple(
      template,
      fc.option(hoursOf(number), { freq: 5, nil: undefined }),
      fc.option(fc.constantFrom('skip', 'leave', { cap: 'leave' }, { hours: 'skip' }, { unwanted: 'leave' }), {
        freq: 4,
        nil: undefined,
      }),
    )
    .map(([step, send, refused]): Step => {
      if (step.email === 'receipt') return step;
      return { ...step, ...(send && { send }), ...(refused && { refused }) };
    });
  const plain: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: wait.map((length) => ({ wait: length })) },
    { weight: 5, arbitrary: message },
    { weight: 1, arbitrary: fc.constantFrom('trial', 'tried').map((stage) => ({ 'set-trait': { stage } })) },
    { weight: 1, arbitrary: fc.constant({ webhook: { url, body: { who: '{{ person.id }}' } } }) },
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
        fc.boolean(),
      )
      .map(([steps, leaves]) => (leaves && depth < DEPTH ? [...steps, { exit: 'had enough' }] : steps));
  const nested = (depth: number): fc.Arbitrary<Step> =>
    fc.oneof(
      fc
        .tuple(
          fc.array(fc.tuple(asked(number), list(depth - 1, 1)), { minLength: 1, maxLength: 2 }),
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
        .tuple(waking(number), wait, list(depth - 1, 0))
        .map(([condition, timeout, onTimeout]) => ({ 'wait-until': condition, timeout, onTimeout })),
    );
  const experiment: fc.Arbitrary<Step> = fc
    .tuple(list(0, 0), list(0, 1), fc.constantFrom(undefined, '30%'), fc.constantFrom(undefined, '70%'))
    .map(([a, b, share, rest]) => ({
      experiment: `experiment-${number}`,
      variants: {
        a: { ...(share && { share }), steps: a },
        b: { ...(share && { share: rest ?? '70%' }), steps: b },
      },
    }));
  return fc
    .tuple(list(DEPTH, 2), fc.option(experiment, { freq: 2 }))
    .map(([steps, one]) => (one === null ? steps : [...steps, one]));
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
  'email',
  'in-app',
  'sales-task',
  'webhook',
  'set-trait',
  'exit',
];
const LISTS = new Set(['then', 'else', 'steps', 'onTimeout', 'branch']);
