import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexAudiences } from '../../src/audiences/audience-index.ts';
import { type CohortQuestion, checkCohort } from '../../src/audiences/cohort-check.ts';
import { type Past, pastEntry } from '../../src/audiences/past-entry.ts';
import type { Condition } from '../../src/core/condition.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import { compareGroups } from '../../src/measurement/cohorts.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { addEvents, addPerson, said } from './people.ts';

const FROM = Date.parse('2026-01-01T00:00:00Z');
const TO = FROM + 60 * DAY;
const at = (day: number) => FROM + day * DAY;

const did = (name: string, more: object = {}): Condition => ({
  kind: 'events',
  events: { names: [name], where: [], ...more },
  times: { atLeast: 1 },
});
const isFree: Condition = { kind: 'value', of: { kind: 'trait', path: 'plan' }, test: { op: 'is', value: 'free' } };
const all = (...of: Condition[]): Condition => ({ kind: 'all', of });

describe('when somebody came to match', () => {
  const NOBODY: Past = { traits: {}, said: [], events: [] };
  const event = (name: string, when: Instant) => ({ name, at: when, properties: {} });
  const entryOf = (condition: Condition, past: Partial<Past>, others: Record<string, Condition> = {}) => {
    const definitions = Object.entries({ it: condition, ...others }).map(([key, of]) => ({ key, condition: of }));
    return pastEntry(indexAudiences(definitions, {}), 'it', { ...NOBODY, ...past }, FROM, TO);
  };

  test('by an event: at its instant, and by what was said until then, not since', () => {
    const past = {
      traits: { plan: 'pro' },
      said: [
        { at: at(-5), traits: { plan: 'free' } },
        { at: at(20), traits: { plan: 'pro' } },
      ],
      events: [event('Limit Reached', at(10)), event('Limit Reached', at(30))],
    };
    expect(entryOf(all(isFree, did('Limit Reached')), past)).toEqual({ kind: 'entered', at: at(10) });
    const late = { ...past, events: [event('Limit Reached', at(30))] };
    expect(entryOf(all(isFree, did('Limit Reached')), late)).toEqual({ kind: 'never' });
  });

  test('by what is said of them', () => {
    const past = { traits: { plan: 'free' }, said: [{ at: at(3), traits: { plan: 'free' } }] };
    expect(entryOf(isFree, past)).toEqual({ kind: 'entered', at: at(3) });
    expect(entryOf(isFree, { traits: { plan: 'free' } })).toEqual({ kind: 'before' });
  });

  test('by the clock alone', () => {
    const away: Condition = { kind: 'not', of: did('Signed In', { within: 10 * DAY }) };
    const past = { events: [event('Signed In', at(-1)), event('Signed In', at(4)), event('Signed In', at(15))] };
    expect(entryOf(away, past)).toEqual({ kind: 'entered', at: at(14) });
  });

  test('by another audience that it refers to', () => {
    const condition = all({ kind: 'audience', key: 'regulars' }, isFree);
    const regulars: Condition = { ...did('Signed In'), times: { atLeast: 2 } } as Condition;
    const past = { traits: { plan: 'free' }, events: [event('Signed In', at(1)), event('Signed In', at(2) + HOUR)] };
    expect(entryOf(condition, past, { regulars })).toEqual({ kind: 'entered', at: at(2) + HOUR });
  });

  test('not before the period, and not after it', () => {
    expect(entryOf(did('X'), { events: [event('X', FROM)] })).toEqual({ kind: 'before' });
    expect(entryOf(did('X'), { events: [event('X', TO)] })).toEqual({ kind: 'never' });
    expect(entryOf(did('X'), { events: [event('X', TO - 1)] })).toEqual({ kind: 'entered', at: TO - 1 });
  });
});

describe('the check', () => {
  const QUESTION: CohortQuestion = {
    key: 'it',
    audiences: { it: { condition: all(isFree, did('Limit Reached')) } },
    goal: { names: ['Upgraded'], where: [] },
    from: FROM,
    to: TO,
    convertWithin: 14 * DAY,
    retention: { from: 7 * DAY, until: 14 * DAY },
    onlyNew: false,
    share: 1,
  };
  const MATCH = at(20);

  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    const { db } = database;
    const matchers: [string, { name: string; at: Instant }[]][] = [
      ['converts', [{ name: 'Upgraded', at: MATCH + 14 * DAY - 1 }]],
      ['converts-late', [{ name: 'Upgraded', at: MATCH + 14 * DAY }]],
      ['stays', [{ name: 'Signed In', at: MATCH + 7 * DAY }]],
      ['stays-not', [{ name: 'Signed In', at: MATCH + 14 * DAY }]],
      ['upgraded-before', [{ name: 'Upgraded', at: MATCH - DAY }]],
    ];
    for (const [userId, more] of matchers) {
      // By now all of them pay: with hindsight nobody would match.
      const id = await addPerson(db, userId, { plan: 'pro' });
      const history = [said(at(-9), { plan: 'free' }), said(at(50), { plan: 'pro' })];
      await addEvents(db, id, [...history, { name: 'Limit Reached', at: MATCH }, ...more]);
    }
    for (let index = 0; index < 10; index += 1) {
      const id = await addPerson(db, `other-${index}`, { plan: 'pro' });
      await addEvents(db, id, [
        { name: 'Signed In', at: at(1) },
        ...(index < 3 ? [{ name: 'Upgraded', at: MATCH + DAY }] : []),
        ...(index < 4 ? [{ name: 'Signed In', at: MATCH + 10 * DAY }] : []),
        { name: 'Email Opened', at: MATCH + 10 * DAY, byEngine: true },
      ]);
    }
    const known = await addPerson(db, 'in-it-before', { plan: 'free' });
    await addEvents(db, known, [
      { name: 'Limit Reached', at: at(-1) },
      { name: 'Signed In', at: at(5) },
    ]);
    const late = await addPerson(db, 'came-later', { plan: 'pro' });
    await addEvents(db, late, [{ name: 'Signed In', at: MATCH + DAY }]);
    const asleep = await addPerson(db, 'not-active', { plan: 'free' });
    await addEvents(db, asleep, [{ name: 'Signed In', at: at(-30) }]);
  });
  afterAll(() => database.drop());

  test('counts those who came to match from their entry, and everybody else from an entry drawn for them', async () => {
    const looked: [number, number][] = [];
    const found = await checkCohort(database.db, QUESTION, (walk, people) => looked.push([walk, people]));
    expect(found).toEqual({
      matched: { people: 5, converted: 1, retained: 2 },
      others: { people: 10, converted: 3, retained: 4 },
      before: 1,
      leftOut: 1,
    });
    expect(looked).toEqual([
      [1, 17],
      [2, 17],
    ]);
  });

  test('may be about those only who had not reached the goal before', async () => {
    const found = await checkCohort(database.db, { ...QUESTION, onlyNew: true });
    expect(found).toMatchObject({ matched: { people: 4, converted: 1 }, others: { people: 10 }, leftOut: 2 });
  });

  test('says the same again, and of a share of the people less', async () => {
    const [once, again] = [await checkCohort(database.db, QUESTION), await checkCohort(database.db, QUESTION)];
    expect(again).toEqual(once);
    const part = await checkCohort(database.db, { ...QUESTION, share: 0.5 });
    expect(part.matched.people + part.others.people).toBeLessThan(15);
  });

  test('nobody came to match: there is nothing to compare with', async () => {
    const never = await checkCohort(database.db, { ...QUESTION, audiences: { it: { condition: did('Never') } } });
    expect(never).toMatchObject({ matched: { people: 0 }, others: { people: 0 }, leftOut: 17 });
    const { conversion } = compareGroups(never.matched, never.others);
    expect(conversion).toEqual({ matched: null, others: null, difference: null, isSure: false });
  });

  test('the groups are compared with an interval, which is sure where it does not hold 0', () => {
    const { conversion, retention } = compareGroups(
      { people: 100, converted: 50, retained: 50 },
      { people: 100, converted: 10, retained: 48 },
    );
    expect(conversion).toMatchObject({ matched: 0.5, others: 0.1, isSure: true });
    expect(conversion.difference?.low).toBeGreaterThan(0.25);
    expect(retention.isSure).toBe(false);
  });
});
