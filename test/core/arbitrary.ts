/**
 * Random conditions of the whole language and random histories for them to be asked of. Everything happens on a coarse
 * grid of instants with few names and values, so that ties, full windows and edges are common.
 * @module
 */
import fc from 'fast-check';
import type {
  Condition,
  EventFilter,
  EventPattern,
  Expression,
  Json,
  JsonObject,
  PropertyTest,
  Sequence,
  Signal,
  Test,
} from '../../src/core/condition.ts';
import type { EventFact, Facts, Related } from '../../src/core/facts.ts';
import { DAY, HOUR, type Instant, type Milliseconds } from '../../src/core/time.ts';
import { T0 } from './build.ts';

const GRID = 6 * HOUR;
/** Histories are at most this long. */
export const SPAN: Milliseconds = 6 * DAY;
export const WINDOWS: readonly Milliseconds[] = [1, HOUR, GRID, DAY, 2 * DAY, 3 * DAY + GRID];

const instant: fc.Arbitrary<Instant> = fc
  .tuple(fc.integer({ min: 0, max: SPAN / GRID }), fc.constantFrom(0, 0, 0, 0, 1, -1))
  .map(([place, off]) => T0 + place * GRID + off);
const window = fc.constantFrom(...WINDOWS);

const date: fc.Arbitrary<Json> = fc
  .tuple(instant, fc.boolean())
  .map(([at, asText]) => (asText ? new Date(at).toISOString() : at));
const plain: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  0,
  1,
  2,
  10,
  -1,
  2.5,
  true,
  false,
  null,
  '',
  'a',
  'ab',
  'b',
  '1',
  'not a date',
  [],
  ['a'],
  ['a', 1],
  { x: 'a' },
  [{ x: 'a' }, { x: 1 }, 'b', [{ x: 'c' }]],
  1e300,
);
const value: fc.Arbitrary<Json> = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: date });

const KEYS = ['p', 'q', 'r'] as const;
const POSITIVE: Test = { op: 'above', value: 0 };
const PATHS = [
  'when',
  'when',
  'p',
  'q',
  'r',
  'deep.p',
  'deep.deeper.q',
  'p.x',
  'dotted.key',
  'nowhere',
  'deep',
] as const;
const path = fc.constantFrom(...PATHS);

const record: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      ...Object.fromEntries(KEYS.map((key) => [key, value])),
      deep: fc.record({ p: value, deeper: fc.record({ q: value }, { requiredKeys: [] }) }, { requiredKeys: [] }),
      'dotted.key': value,
      when: date,
      timezone: fc.constantFrom<Json>('America/New_York', 'Nowhere/At_All', 7),
    },
    { requiredKeys: [] },
  )
  .map((object) => object as JsonObject);

const age: fc.Arbitrary<Test> = fc.record({
  op: fc.constantFrom('olderThan' as const, 'newerThan' as const),
  value: window,
});
const test: fc.Arbitrary<Test> = fc.oneof(
  age,
  fc.record({ op: fc.constantFrom('is' as const, 'isNot' as const), value }),
  fc.record({ op: fc.constantFrom('in' as const, 'notIn' as const), value: fc.array(value, { maxLength: 3 }) }),
  fc.record({ op: fc.constantFrom('contains' as const, 'notContains' as const), value }),
  fc.record({ op: fc.constant('exists' as const), value: fc.boolean() }),
  fc.record({
    op: fc.constantFrom('atLeast' as const, 'atMost' as const, 'above' as const, 'below' as const),
    value: fc.constantFrom<number | string>(-1, 0, 1, 2, 2.5, 3, '', 'a', 'ab', 0.5),
  }),
);
const propertyTest: fc.Arbitrary<PropertyTest> = fc.record({ path, test });

const where: fc.Arbitrary<readonly PropertyTest[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(propertyTest, { maxLength: 2 }) },
);
const pattern: fc.Arbitrary<EventPattern> = fc.record({
  names: fc.array(fc.constantFrom('A', 'A', 'B', 'Email Opened', '*'), { minLength: 1, maxLength: 2 }),
  where,
});
const plainPattern: fc.Arbitrary<EventPattern> = fc.record({
  names: fc.constantFrom(['A'], ['B'], ['C'], ['A', 'C'], ['*'], ['Email Opened']),
  where: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: where }),
});
const zone = fc.constantFrom('UTC', 'Asia/Kolkata', 'Europe/Berlin');
const anchor = fc
  .tuple(plainPattern, fc.constantFrom('first' as const, 'last' as const))
  .map(([such, which]) => ({ ...such, which }));
/** One kind of bound in most filters, so that their events are not all excluded. */
const bounds: fc.Arbitrary<Omit<EventFilter, 'names' | 'where'>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 6, arbitrary: fc.record({ within: window }) },
  { weight: 2, arbitrary: fc.record({ days: fc.record({ count: fc.integer({ min: 1, max: 3 }), zone }) }) },
  { weight: 2, arbitrary: fc.record({ within: window, since: fc.constant('entry' as const) }) },
  { weight: 1, arbitrary: fc.record({ since: fc.constant('entry' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ since: anchor, upTo: window, within: window }, { requiredKeys: ['since'] }),
  },
);
const filter: fc.Arbitrary<EventFilter> = fc.tuple(pattern, bounds).map(([such, more]) => ({ ...such, ...more }));

const decay: fc.Arbitrary<Extract<Signal['by'], { events: unknown }>['decay']> = fc.oneof(
  fc.constant(null),
  fc.tuple(fc.uniqueArray(window, { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 0.75)).map(([ages, share]) => ({
    steps: ages.sort((a, b) => a - b).map((until, index) => ({ until, share: share / 2 ** index })),
  })),
  fc.record({ halfLife: fc.constantFrom(GRID, DAY, 2 * DAY) }),
);
const points = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    weight: fc.constantFrom(1, 2, 5, -3),
    most: fc.constantFrom(2, 4),
    by: fc.record({ events: filter, decay }),
  },
  { requiredKeys: ['name', 'weight', 'by'] },
);

const fns = fc.constantFrom(
  'count' as const,
  'sum' as const,
  'average' as const,
  'min' as const,
  'max' as const,
  'first' as const,
  'last' as const,
  'firstAt' as const,
  'lastAt' as const,
  'uniqueCount' as const,
  'uniqueList' as const,
  'newCount' as const,
  'newList' as const,
  'people' as const,
  'usualHour' as const,
);
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.record({ kind: fc.constant('trait' as const), path }),
    fc.record({
      kind: fc.constant('aggregate' as const),
      fn: fns,
      events: filter,
      property: fc.option(path, { nil: undefined }),
      habit: fc.record({ zone, atLeast: fc.constantFrom(0, 1, 2, 3) }),
    }),
    fc.record({ kind: fc.constant('constant' as const), value: fc.constantFrom(0, 1, 2.5) }),
    fc.record({
      kind: fc.constant('arithmetic' as const),
      op: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const, 'min' as const, 'max' as const),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({ kind: fc.constant('orElse' as const), of: tie('expression'), otherwise: tie('expression') }),
    fc.record(
      { kind: fc.constant('daysSince' as const), of: tie('expression'), zone },
      { requiredKeys: ['kind', 'of'] },
    ),
    fc.record({ kind: fc.constant('ago' as const), of: tie('expression'), by: window }),
    fc.record({ kind: fc.constant('related' as const), audience: fc.constantFrom(null, 'busy', 'new') }),
    fc.record({
      kind: fc.constant('score' as const),
      signals: fc.array(
        fc.oneof(
          points,
          fc.record({
            name: fc.constant('is so'),
            weight: fc.constantFrom(1, 4),
            by: fc.record({
              condition: tie('expression').map((of): Condition => ({ kind: 'value', of, test: POSITIVE })),
            }),
          }),
        ),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    fc.record({
      kind: fc.constant('band' as const),
      of: tie('expression'),
      bands: fc.constant([
        { name: 'a', from: 2 },
        { name: 'ab', from: 1 },
      ]),
    }),
  ),
}));

const seen: Expression = { kind: 'trait', path: 'when' };
/** Numbers that time alone changes, with bounds that they cross. */
const counted = fc.record({
  kind: fc.constant('aggregate' as const),
  fn: fc.constantFrom(
    'count' as const,
    'sum' as const,
    'uniqueCount' as const,
    'max' as const,
    'newCount' as const,
    'people' as const,
  ),
  events: filter,
  property: fc.constantFrom('p', 'q'),
});
const ageing: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ kind: fc.constant('daysSince' as const), of: fc.constant(seen), zone }, { requiredKeys: ['kind', 'of'] }),
  filter.map(
    (events): Expression => ({ kind: 'daysSince', of: { kind: 'aggregate', fn: 'last', events, property: 'when' } }),
  ),
  filter.map((events): Expression => ({ kind: 'daysSince', of: { kind: 'aggregate', fn: 'lastAt', events } })),
  fc
    .tuple(fc.constantFrom('/' as const, '-' as const), counted, counted)
    .map(([op, left, right]): Expression => ({ kind: 'arithmetic', op, left, right })),
  fc
    .tuple(counted, window)
    .map(([of, by]): Expression => ({ kind: 'arithmetic', op: '-', left: of, right: { kind: 'ago', of, by } })),
  fc.array(points, { minLength: 1, maxLength: 2 }).map((signals): Expression => ({ kind: 'score', signals })),
);
const bound: fc.Arbitrary<Test> = fc.record({
  op: fc.constantFrom('atLeast' as const, 'atMost' as const, 'above' as const, 'below' as const),
  value: fc.constantFrom(-2, -1, 0, 0.5, 1, 2, 3, 5),
});
const comparison: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('compare' as const),
  left: fc.oneof(expression, counted),
  op: fc.constantFrom(
    'is' as const,
    'isNot' as const,
    'atLeast' as const,
    'atMost' as const,
    'above' as const,
    'below' as const,
  ),
  right: fc.oneof(expression, counted),
});
const sequence: fc.Arbitrary<Sequence> = fc
  .record(
    {
      steps: fc.array(
        fc.tuple(plainPattern, fc.option(window, { nil: undefined, freq: 3 })).map(([such, within]) => ({
          ...such,
          ...(within === undefined ? {} : { within }),
        })),
        { minLength: 1, maxLength: 3 },
      ),
      without: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(plainPattern, { maxLength: 1 })),
      thenNot: fc.tuple(plainPattern, window).map(([such, within]) => ({ ...such, within })),
      within: window,
      since: fc.constant('entry' as const),
      session: fc.constantFrom(GRID, DAY, 2 * DAY),
    },
    { requiredKeys: ['steps', 'without'] },
  )
  .map((parts) => ({ kind: 'sequence', ...parts }));
const audience = fc.constantFrom('vip', 'trial');
const groupKind = fc.constantFrom('all' as const, 'any' as const);
const times = fc.oneof(
  fc.constant({ atLeast: 1 }),
  fc.record({ atLeast: fc.integer({ min: 0, max: 3 }), atMost: fc.integer({ min: 0, max: 3 }) }, { requiredKeys: [] }),
);

export const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true, depthSize: 'max' },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('events' as const), events: filter, times }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('value' as const), of: expression, test }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('value' as const), of: fc.constant(seen), test: age }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('value' as const), of: ageing, test: bound }) },
    { weight: 2, arbitrary: comparison },
    { weight: 4, arbitrary: sequence },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('audience' as const), key: audience }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('related' as const),
        audience: fc.constantFrom('busy', 'new'),
        times: fc.oneof(fc.constant('all' as const), times),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('not' as const), of: tie('condition') }) },
    {
      weight: 6,
      arbitrary: fc.record({ kind: groupKind, of: fc.array(tie('condition'), { maxLength: 4, size: 'max' }) }),
    },
  ),
}));

const event: fc.Arbitrary<EventFact> = fc
  .record(
    {
      name: fc.constantFrom('A', 'A', 'B', 'C', 'Email Opened'),
      at: instant,
      properties: record,
      person: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ['name', 'at', 'properties'] },
  )
  .map((fact) => (fact.name === 'Email Opened' ? { ...fact, byEngine: true } : fact));

export const history: fc.Arbitrary<Facts> = fc.record(
  {
    traits: record,
    events: fc
      .array(event, { minLength: 2, maxLength: 12, size: 'max' })
      .map((events) => events.sort((a, b) => a.at - b.at)),
    audiences: fc.subarray(['vip', 'trial']).map((keys): ReadonlySet<string> => new Set(keys)),
    related: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.boolean()).map(
      ([total, busy, isNew]): Related => ({
        total,
        inAudience: new Map([['busy', Math.min(busy, total)], ...(isNew && total > 0 ? [['new', 1] as const] : [])]),
      }),
    ),
    enteredAt: instant,
  },
  { requiredKeys: ['traits', 'events', 'audiences'] },
);

export const anyInstant: fc.Arbitrary<Instant> = fc.oneof(
  instant,
  fc.integer({ min: T0 - DAY, max: T0 + SPAN + 4 * DAY }),
);
