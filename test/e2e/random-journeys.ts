import fc from 'fast-check';
import { stringify } from 'yaml';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Occasion, Persona } from '../../src/simulate/persona.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

/**
 * Journeys over the whole vocabulary of steps, and people who go through them.
 *
 * The engine promises no order among what two runs of one person do at the very same instant, so that never happens here:
 * what starts, wakes or enters one journey is an event of its own, one at a time for each person, and the waits of each
 * journey are as many seconds longer as its number says.
 */

/** As authors write it. */
type Authored = Readonly<Record<string, unknown>>;
type Condition = Authored;
type Step = Authored;

const PLANS = ['free', 'starter', 'pro'];
const DEEDS = ['Page Viewed', 'Export Completed', 'Upgrade Page Viewed'];
const DEPTH = 2;

const startOf = (number: number) => `Started ${number}`;
const wakeOf = (number: number) => `Went On ${number}`;
const keyOf = (number: number) => `journey-${number}`;

/** Windows of a length that no wait has. */
const window = fc.constantFrom(1, 2, 5).map((days) => `${(days * DAY) / MINUTE + 37}m`);

/** What branches ask, of anything. */
const asked = (number: number): fc.Arbitrary<Condition> =>
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
const ending = (number: number): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc.constant({ event: wakeOf(number) }),
    window.map((within) => ({ all: [{ event: startOf(number) }, { not: { event: startOf(number), within } }] })),
  );

/** What wakes them. */
const waking = (number: number): fc.Arbitrary<Condition> =>
  fc.oneof(
    ending(number),
    window.map((within) => ({ event: wakeOf(number), times: { exactly: 0 }, within })),
  );

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

function stepsOf(number: number, url: string): fc.Arbitrary<Step[]> {
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

function journeyFile(number: number, url: string): fc.Arbitrary<string> {
  return fc
    .record({
      by: fc.constantFrom('audience', 'leaves', 'event', 'event'),
      again: fc.constantFrom('never', 'always', 'after 4d', { after: '2d', atMost: 2 }),
      goal: fc.option(ending(number), { nil: undefined }),
      when: fc.option(ending(number), { nil: undefined }),
      after: fc.constantFrom(9, 15).map((days) => `${(days * DAY) / MINUTE + 53}m`),
      holdout: fc.constantFrom(undefined, '30%'),
      priority: fc.integer({ min: 1, max: 99 }),
      caps: fc.constantFrom(
        undefined,
        [{ atMost: 1, within: '3d' }],
        [{ channel: 'email', atMost: 2, within: '2d' }],
        [{ category: 'letters', atMost: 1, per: 'week' }],
      ),
      within: window,
      steps: stepsOf(number, url),
    })
    .map(({ by, again, when, after, within, steps, ...journey }) => {
      const audience = `entered-${number}`;
      const enter = by === 'event' ? { event: startOf(number), again } : { [by]: audience, again };
      const exit = when === undefined ? { after } : { after, when };
      const written = { journey: keyOf(number), enter, exit, ...journey, steps: withIds(steps) };
      return [
        ...(by !== 'event' ? [stringify({ audience, event: startOf(number), within })] : []),
        stringify(written, { aliasDuplicateObjects: false }),
      ].join('---\n');
    });
}

/** Numbered as they stand, since two of a kind would clash. */
function withIds(steps: readonly Step[]): Step[] {
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

/** The files of a workspace with that many journeys. @param url where webhooks go */
export function drawWorkspace(count: number, seed: number, url: string): Record<string, string> {
  const journeys = Array.from({ length: count }, (_, number) => {
    const [file = ''] = fc.sample(journeyFile(number, url), { numRuns: 1, seed: seed * 10_000 + number });
    return [`${keyOf(number)}.yaml`, file] as const;
  });
  const caps = [
    '  - { channel: email, atMost: 2, within: 3d }',
    '  - { category: letters, atMost: 3, per: week }',
    '  - { atMost: 5, within: 5d }',
  ].join('\n');
  return {
    'settings.yaml': settingsFile(
      `caps:\n${caps}\ntraits: { plan: string, email: string, stage: string, timezone: string }\n`,
    ),
    'audiences.yaml': [
      "audience: busy\nevent: '*'\ntimes: { atLeast: 3 }\nwithin: 41h\n",
      "audience: quiet\nnot: { event: '*', within: 53h }\n",
    ].join('---\n'),
    'letter.mjml': emailFile('letter', 'Hello {{ person.plan }}', 'category: letters\n'),
    'news.mjml': emailFile('news', 'News', 'category: news\n'),
    'receipt.mjml': emailFile('receipt', 'Paid', 'transactional: true\n'),
    'banner.yaml': inAppFile('banner', 'Look', 'category: letters\n'),
    'hint.yaml': inAppFile('hint', 'Psst'),
    'call.yaml': salesTaskFile('call', 'Call {{ person.id }}'),
    ...Object.fromEntries(journeys),
  };
}

/** Instants are multiples of this: people share them. */
const SLOT = 5 * HOUR + 11 * MINUTE + 3 * SECOND + 7;
const SLOTS = 180;
/** How long the last of them has something to do, and a while for their runs to end. */
export const DRAWN_LIFETIME = SLOTS * SLOT + 16 * DAY;

/** People who start journeys in turn, so that each journey is started by somebody. */
export function drawPeople(count: number, journeys: readonly number[], seed: number, start: Instant): Persona[] {
  const each = Math.ceil(journeys.length / count) + 3;
  return Array.from({ length: count }, (_, index) => {
    const mine = Array.from(
      { length: each },
      (_, place) => journeys[(index * (each - 3) + place) % journeys.length] ?? 0,
    );
    const [life] = fc.sample(lifeOf(mine), { numRuns: 1, seed: seed * 10_000 + index });
    return { userId: `drawn-${index}`, start, traits: {}, events: [], ...life };
  });
}

function lifeOf(journeys: readonly number[]): fc.Arbitrary<Pick<Persona, 'traits' | 'events'>> {
  const deed = (event: string): fc.Arbitrary<Deed> =>
    fc.integer({ min: 0, max: 9 }).map((size) => ({ event, properties: { size } }));
  const starts = journeys.map((number) => fc.array(deed(startOf(number)), { minLength: 1, maxLength: 3 }));
  const wakes = journeys.map((number) => fc.array(deed(wakeOf(number)), { maxLength: 3 }));
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
      hasAddress: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn > 0),
      deeds: fc
        .tuple(...starts, ...wakes, fc.array(others, { minLength: 4, maxLength: 10 }))
        .map((lists) => lists.flat()),
      slots: fc.shuffledSubarray(
        Array.from({ length: SLOTS }, (_, slot) => slot),
        { minLength: SLOTS, maxLength: SLOTS },
      ),
    })
    .map(({ plan, timezone, hasAddress, deeds, slots }) => ({
      traits: {
        plan,
        ...(timezone === undefined ? {} : { timezone }),
        ...(hasAddress ? { email: 'somebody@example.test' } : {}),
      },
      events: deeds.map((one, index): Occasion => ({ ...one, at: { after: ((slots[index] ?? 0) + 1) * SLOT } })),
    }));
}

type Deed = Omit<Extract<Occasion, { event: string }>, 'at'> | Omit<Extract<Occasion, { identify: unknown }>, 'at'>;
