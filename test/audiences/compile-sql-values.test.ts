import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { membersQuery } from '../../src/audiences/compile-sql.ts';
import type { Condition, Expression, Json, JsonObject, Test } from '../../src/core/condition.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import { instantOf } from '../../src/core/test-value.ts';
import { DAY } from '../../src/core/time.ts';
import { facts, is, member, T0, trait } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { storeHistories } from './stored-histories.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.drop());

/** Whom the database names, and whom the core does: as places in the list. */
async function bothOf(condition: Condition, traits: readonly JsonObject[], now = T0) {
  const stored = await storeHistories(
    database.db,
    'person',
    traits.map((one) => facts({ traits: one })),
  );
  const { rows } = await sql.raw<{ id: number }>(membersQuery(condition, { of: 'person', now })).execute(database.db);
  const ids = new Set(rows.map(({ id }) => id));
  const named = stored.flatMap(({ id }, index) => (ids.has(id) ? [index] : []));
  const wanted = stored.flatMap((one, index) => (evaluate(condition, one.facts, now).holds ? [index] : []));
  return { named, wanted };
}

const EXTREMES = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  3,
  1e16,
  1e290,
  1e300,
  -1e300,
  1.7976931348623157e308,
  5e-324,
  -5e-324,
  1e-310,
  2e-154,
];
const DATES = [
  '2024-02-30',
  '2024-02-31T00:00Z',
  '2024-04-31T10:00Z',
  '2024-00-10',
  '2024-13-10',
  '2024-01-00',
  '2024-01-32',
  '2024-01-01T24:00Z',
  '2024-01-01T24:00:00.0000Z',
  '2024-01-01T24:00:00.0001Z',
  '2024-01-01T24:01Z',
  '2024-01-01T25:00Z',
  '2024-01-01T10:60Z',
  '2024-01-01T10:10:60Z',
  '2024-01-01T00:00+23:59',
  '2024-01-01T00:00+24:00',
  '2024-01-01T00:00-10:60',
  '2024-01-01T00:00:00.1Z',
  '2024-01-01T00:00:00.1239999Z',
  '2024-01-01 10:00',
  '2024-01-01t10:00z',
  '2024-01-01T10:00:00.5-0530',
  '0000-01-01',
  '0000-01-01T00:00+01:00',
  '0000-02-29T00:00Z',
  '1900-02-29',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59-01:00',
  '2024-01-01T10',
  '2024-04-31T00:00:00.000Z',
  '2024-02-29T24:00:00.000Z',
  '2024-02-29T24:00:00.001Z',
  '2024-01-01T10:00:60.000Z',
  '2023-02-29T10:00:00.000Z',
  '2024-01-01T1 :00:00.000Z',
  '2024-01--1T10:00:00.000Z',
  '-024-01-01T10:00:00.000Z',
  '2T24-01-01T10:00:00.000Z',
  '2024-01-01T10:00:00.0-0Z',
  '2024-01-01T10:00:00.1.0Z',
  '2024-13-01T10:00:00.000Z',
  'aaaa-01-01T10:00:00.000Z',
  '2024-01-01T10:00:0٣.000Z',
  '0000-01-01T10:00:00.000Z',
  '2024-01-01T10:00:00.123456Z',
  '2024-01-01T10:00:00.12+01:30',
  '2024-1-1',
  '20240101',
  ' 2024-01-01',
  '2024-01-01\n',
  '2024-01-01T00:00:00.000Z',
  '',
  1704067200000,
  1704067200000.7,
  -1,
  -62167219200001,
  253402300799999,
  253402300799999.5,
  1e300,
  true,
  null,
  [],
  {},
]; // prettier-ignore

test('instants are read as the core reads them', async () => {
  const { rows } = await sql<{ at: number | null }>`
    select json_instant(one) as at from jsonb_array_elements(${JSON.stringify(DATES)}::jsonb) with ordinality as given (one, place)
    order by place
  `.execute(database.db);
  expect(rows.map(({ at }) => at ?? undefined)).toEqual(DATES.map((date) => instantOf(date as Json)));
});

test.each([DAY, -DAY, 0, 1, -40_000 * DAY, 1e15])('ages of all kinds of dates, %d ms', async (age) => {
  for (const op of ['olderThan', 'newerThan'] as const) {
    const condition = trait('when', { op, value: age });
    const { named, wanted } = await bothOf(
      condition,
      DATES.map((when) => ({ when: when as Json })),
    );
    expect(named).toEqual(wanted);
  }
});

test.each(['+', '-', '*', '/', 'min', 'max'] as const)('%s of extreme numbers', async (op) => {
  const pairs = EXTREMES.flatMap((a) => EXTREMES.map((b) => ({ a, b })));
  const value: Expression = {
    kind: 'arithmetic',
    op,
    left: { kind: 'trait', path: 'a' },
    right: { kind: 'trait', path: 'b' },
  };
  const results = pairs.map(({ a, b }) => ({ a, b, result: calculated(op, a, b) }));
  const same: Condition = { kind: 'compare', left: value, op: 'is', right: { kind: 'trait', path: 'result' } };
  const none: Condition = { kind: 'value', of: value, test: { op: 'exists', value: false } };
  const stored = results.map(({ result, ...pair }) => (Number.isFinite(result) ? { ...pair, result } : pair));
  const equal = await bothOf(same, stored);
  expect(equal.named).toEqual(equal.wanted);
  const absent = await bothOf(none, stored);
  expect(absent.named).toEqual(absent.wanted);
  expect(equal.named.length + absent.named.length).toBe(stored.length);
});

function calculated(op: '+' | '-' | '*' | '/' | 'min' | 'max', a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return Math[op](a, b);
  }
}

const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'é',
  'z',
  '\uFFFD',
  '\uE000',
  '\u{1F600}',
  '\u{10FFFF}',
  '\uD7FF',
  "'",
  '\\',
  '"',
  '%',
  '\n',
  'null',
  '1',
];

test.each(TEXTS)('texts in order with %j', async (bound) => {
  const traits = [...TEXTS.map((p) => ({ p, q: bound })), { p: 1 }, { p: null }, { p: ['a'] }];
  for (const op of ['atLeast', 'above', 'atMost', 'below'] as const) {
    const withText = await bothOf(trait('p', { op, value: bound }), traits);
    expect(withText.named).toEqual(withText.wanted);
    const left: Expression = { kind: 'trait', path: 'p' };
    const withTrait = await bothOf({ kind: 'compare', left, op, right: { kind: 'trait', path: 'q' } }, traits);
    expect(withTrait.named).toEqual(withTrait.wanted);
  }
});

test.each<[string, Test]>([
  ['a quote', is("o'clock")],
  ['a backslash', is('\\')],
  ['what no database can hold', is('\0')],
  ['half a character', { op: 'in', value: ['\uD800', "o'clock"] }],
  ['a key that no database can hold', { op: 'isNot', value: { '\0': 1 } }],
  ['text in text', { op: 'contains', value: "'" }],
  ['an object in a list', { op: 'contains', value: { b: [1], a: 'x' } }],
  ['an empty list', is([])],
  ['a list in a list', { op: 'contains', value: ['a'] }],
])('values with %s', async (_, wanted) => {
  const values: Json[] = ["o'clock", '\\', '\\\\', 'plain', [{ a: 'x', b: [1] }], [], [[]], [['a']], ['a'], { a: 1 }];
  const { named, wanted: held } = await bothOf(
    trait("a key's", wanted),
    values.map((value) => ({ "a key's": value })),
  );
  expect(named).toEqual(held);
});

test('traits of the account that a person joined last, and of no other', async () => {
  const { db } = database;
  const [ann, bob] = await storeHistories(db, 'person', [facts({ traits: { account: { plan: 'own' } } }), facts()]);
  const accounts = await db
    .insertInto('profiles')
    .values(
      ['free', 'pro'].map((plan) => ({
        kind: 'account' as const,
        user_id: plan,
        traits: JSON.stringify({ plan, seats: [{ left: 2 }] }),
        created_at: new Date(),
        applied_at: new Date(),
        filled_to: 1,
      })),
    )
    .returning('id')
    .execute();
  const [free, pro] = accounts.map(({ id }) => id);
  const joined = (account: number | undefined, at: string) => ({
    account_id: account ?? 0,
    person_id: bob?.id ?? 0,
    joined_at: new Date(at),
  });
  await db
    .insertInto('account_members')
    .values([joined(pro, '2024-01-01'), joined(free, '2024-02-01')])
    .execute();
  const named = async (condition: Condition) => {
    const query = membersQuery(condition, { of: 'person', now: T0 });
    return (await sql.raw<{ id: number }>(query).execute(db)).rows.map(({ id }) => id);
  };
  expect(await named(trait('account.plan', is('free')))).toEqual([bob?.id]);
  expect(await named(trait('account.plan', is('pro')))).toEqual([]);
  expect(await named(trait('account.plan', is('own')))).toEqual([ann?.id]);
  expect(await named(trait('account.seats.left', is([2])))).toEqual([bob?.id]);
});

test('accounts by their people, in an audience that nobody has stored', async () => {
  const { db } = database;
  const people = await storeHistories(db, 'person', [
    facts({ traits: { role: 'admin' }, related: { total: 1, inAudience: new Map() } }),
    facts({ traits: { role: 'user' }, related: { total: 1, inAudience: new Map() } }),
  ]);
  const { rows } = await sql<{ account_id: number; person_id: number }>`
    select account_id, person_id from account_members order by person_id
  `.execute(db);
  const unstored = new Map([['admins', { of: 'person' as const, condition: trait('role', is('admin')) }]]);
  const asked: Condition = { kind: 'related', audience: 'admins', times: 'all' };
  const named = async (condition: Condition) => {
    const query = membersQuery(condition, { of: 'account', now: T0, unstored });
    return (await sql.raw<{ id: number }>(query).execute(db)).rows.map(({ id }) => id);
  };
  expect(rows.map(({ person_id }) => person_id)).toEqual(people.map(({ id }) => id));
  expect(await named(asked)).toEqual([rows[0]?.account_id]);
  expect(await named({ kind: 'not', of: member('nobody') })).toHaveLength(2);
});
