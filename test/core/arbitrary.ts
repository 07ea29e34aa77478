/**
 * Random conditions of the whole language and random histories for them to be asked of. Everything happens on a coarse
 * grid of instants with few names and values, so that ties, full windows and edges are common.
 * @module
 */
import fc from 'fast-check';
import type {
  Condition,
  EventFilter,
  Expression,
  Json,
  JsonObject,
  PropertyTest,
  Test,
} from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
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
  1e300,
);
const value: fc.Arbitrary<Json> = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: date });

const KEYS = ['p', 'q', 'r'] as const;
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

const filter: fc.Arbitrary<EventFilter> = fc.record({
  names: fc.array(fc.constantFrom('A', 'A', 'B', 'Email Opened', '*'), { minLength: 1, maxLength: 2 }),
  where: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(propertyTest, { maxLength: 2 }) },
  ),
  within: fc.option(window, { nil: undefined, freq: 4 }),
  since: fc.constantFrom(undefined, undefined, undefined, 'entry' as const),
});

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.record({ kind: fc.constant('trait' as const), path }),
    fc.record({
      kind: fc.constant('aggregate' as const),
      fn: fc.constantFrom(
        'count' as const,
        'sum' as const,
        'average' as const,
        'min' as const,
        'max' as const,
        'first' as const,
        'last' as const,
        'uniqueCount' as const,
        'uniqueList' as const,
      ),
      events: filter,
      property: fc.option(path, { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('ratio' as const), of: tie('expression'), to: tie('expression') }),
    fc.record({ kind: fc.constant('daysSince' as const), of: tie('expression') }),
  ),
}));

const seen: Expression = { kind: 'trait', path: 'when' };
/** Numbers that time alone changes, with bounds that they cross. */
const counted = fc.record({
  kind: fc.constant('aggregate' as const),
  fn: fc.constantFrom('count' as const, 'sum' as const, 'uniqueCount' as const, 'max' as const),
  events: filter,
  property: fc.constantFrom('p', 'q'),
});
const ageing: fc.Arbitrary<Expression> = fc.oneof(
  fc.constant<Expression>({ kind: 'daysSince', of: seen }),
  filter.map(
    (events): Expression => ({ kind: 'daysSince', of: { kind: 'aggregate', fn: 'last', events, property: 'when' } }),
  ),
  fc.record({ kind: fc.constant('ratio' as const), of: counted, to: counted }),
);
const bound: fc.Arbitrary<Test> = fc.record({
  op: fc.constantFrom('atLeast' as const, 'atMost' as const, 'above' as const, 'below' as const),
  value: fc.constantFrom(-2, -1, 0, 0.5, 1, 2, 3, 5),
});
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
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('audience' as const), key: audience }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('not' as const), of: tie('condition') }) },
    {
      weight: 6,
      arbitrary: fc.record({ kind: groupKind, of: fc.array(tie('condition'), { maxLength: 4, size: 'max' }) }),
    },
  ),
}));

const event: fc.Arbitrary<EventFact> = fc
  .record({ name: fc.constantFrom('A', 'A', 'B', 'C', 'Email Opened'), at: instant, properties: record })
  .map((fact) => (fact.name === 'Email Opened' ? { ...fact, byEngine: true } : fact));

export const history: fc.Arbitrary<Facts> = fc.record(
  {
    traits: record,
    events: fc
      .array(event, { minLength: 2, maxLength: 12, size: 'max' })
      .map((events) => events.sort((a, b) => a.at - b.at)),
    audiences: fc.subarray(['vip', 'trial']).map((keys): ReadonlySet<string> => new Set(keys)),
    enteredAt: instant,
  },
  { requiredKeys: ['traits', 'events', 'audiences'] },
);

export const anyInstant: fc.Arbitrary<Instant> = fc.oneof(
  instant,
  fc.integer({ min: T0 - DAY, max: T0 + SPAN + 4 * DAY }),
);
