import { describe, expect, test } from 'vitest';
import type { Expression } from '../../src/core/condition.ts';
import { USUAL_DECAY } from '../../src/core/score.ts';
import { DAY } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { FORGETFUL_SETTINGS, LANGUAGE_SETTINGS, workspaceOf } from './folder.ts';

async function workspace(yaml: string): Promise<Workspace> {
  return await workspaceOf({ 'settings.yaml': LANGUAGE_SETTINGS, 'a.yaml': yaml });
}

async function computed(yaml: string, name = 't'): Promise<Expression | undefined> {
  return (await workspace(yaml)).computedTraits[name]?.expression;
}

const X = { names: ['X'], where: [] };
const SEATS: Expression = { kind: 'trait', path: 'seats' };
const count: Expression = { kind: 'aggregate', fn: 'count', events: X };
const number = (value: number): Expression => ({ kind: 'constant', value });

describe('aggregates', () => {
  test.each(['firstAt', 'lastAt', 'count'])('%s needs no property', async (fn) => {
    const yaml = `trait: t\n${fn}: { event: X, within: 3 calendar days, since: { last: Y }, upTo: 2d }`;
    expect(await computed(yaml)).toEqual({
      kind: 'aggregate',
      fn,
      events: {
        ...X,
        days: { count: 3, zone: 'Europe/Berlin' },
        since: { which: 'last', names: ['Y'], where: [] },
        upTo: 2 * DAY,
      },
    });
  });

  test.each(['newCount', 'newList'])('%s looks at a property within a time', async (fn) => {
    expect(await computed(`trait: t\nof: accounts\n${fn}: { event: X, property: p, within: 30d }`)).toEqual({
      kind: 'aggregate',
      fn,
      events: { ...X, within: 30 * DAY },
      property: 'p',
    });
  });

  test('people are those of an account who did it', async () => {
    const { computedTraits } = await workspace('trait: t\nof: accounts\npeople: { event: X }\n');
    expect(computedTraits.t).toEqual({
      key: 't',
      of: 'account',
      expression: { kind: 'aggregate', fn: 'people', events: X },
    });
  });
});

describe('a formula', () => {
  const COUNT = '\n---\ntrait: uses\ncount: { event: X }\n---\ntrait: first-use\nfirstAt: { event: X }\n';

  test('keeps to the usual order of arithmetic', async () => {
    expect(await computed('trait: t\nformula: 1 + seats * 2 - -seats')).toEqual({
      kind: 'arithmetic',
      op: '-',
      left: {
        kind: 'arithmetic',
        op: '+',
        left: number(1),
        right: { kind: 'arithmetic', op: '*', left: SEATS, right: number(2) },
      },
      right: { kind: 'arithmetic', op: '-', left: number(0), right: SEATS },
    });
    expect(await computed('trait: t\nformula: (seats - -3) / +2')).toEqual({
      kind: 'arithmetic',
      op: '/',
      left: { kind: 'arithmetic', op: '-', left: SEATS, right: number(-3) },
      right: number(2),
    });
  });

  test('has functions, and names with dots and hyphens', async () => {
    expect(await computed('trait: t\nformula: max(1, min(seats, 5, account.licensed))')).toEqual({
      kind: 'arithmetic',
      op: 'max',
      left: number(1),
      right: {
        kind: 'arithmetic',
        op: 'min',
        left: { kind: 'arithmetic', op: 'min', left: SEATS, right: number(5) },
        right: { kind: 'trait', path: 'account.licensed' },
      },
    });
    expect(await computed(`trait: t\nformula: daysSince(trait("first-use"))${COUNT}`)).toEqual({
      kind: 'daysSince',
      of: { kind: 'aggregate', fn: 'firstAt', events: X },
    });
    expect(await computed(`trait: t\nformula: orElse(address.seats, ago(uses, "30d"))${COUNT}`)).toEqual({
      kind: 'orElse',
      of: { kind: 'trait', path: 'address.seats' },
      otherwise: { kind: 'ago', of: count, by: 30 * DAY },
    });
  });

  test.each(['max(seats, 1)', '2', '(uses + 1)', '-2', 'orElse(max(seats, 1), 3)', '(max(uses, 1) * 2)'])(
    'may divide by %s, which is never 0',
    async (divisor) => {
      expect(await computed(`trait: t\nformula: seats / ${divisor}${COUNT}`)).toMatchObject({ op: '/' });
    },
  );

  test('that divides by what may be 0 says what comes of it', async () => {
    const division = { kind: 'arithmetic', op: '/', left: SEATS, right: count };
    expect(await computed(`trait: t\nformula: seats / uses\notherwise: none${COUNT}`)).toEqual(division);
    expect(await computed(`trait: t\nformula: seats / uses\notherwise: 0${COUNT}`)).toEqual({
      kind: 'orElse',
      of: division,
      otherwise: number(0),
    });
  });
});

test('growth is what has come since, as a share of what was', async () => {
  const then = { kind: 'ago', of: count, by: 30 * DAY };
  expect(await computed('trait: t\ngrowth: { of: c, over: 30d }\n---\ntrait: c\ncount: { event: X }\n')).toEqual({
    kind: 'arithmetic',
    op: '/',
    left: { kind: 'arithmetic', op: '-', left: count, right: then },
    right: then,
  });
});

test('days since a date are counted by midnights on demand', async () => {
  const since = { kind: 'daysSince', of: { kind: 'trait', path: 'createdAt' } };
  expect(await computed('trait: t\ndaysSince: createdAt')).toEqual(since);
  expect(await computed('trait: t\ndaysSince: createdAt\ncalendar: true')).toEqual({ ...since, zone: 'Europe/Berlin' });
});

describe('a score', () => {
  const SCORE = `score: s
description: Who may buy
signals:
  - { signal: uses, weight: 3, most: 9, event: X, within: 30d }
  - { signal: kept, weight: 1, event: X, decay: none }
  - { signal: old, weight: 1, event: X, decay: steps }
  - { signal: half, weight: 1, event: X, decay: { halfLife: 7d } }
  - { signal: own, weight: 1, event: X, decay: [{ until: 7d, share: 1 }, { until: 30d, share: 25% }] }
  - { signal: vip, weight: -4.5, if: { trait: vip, is: true } }
`;
  const signals = [
    { name: 'uses', weight: 3, most: 9, by: { events: { ...X, within: 30 * DAY }, decay: USUAL_DECAY } },
    { name: 'kept', weight: 1, by: { events: X, decay: null } },
    { name: 'old', weight: 1, by: { events: X, decay: USUAL_DECAY } },
    { name: 'half', weight: 1, by: { events: X, decay: { halfLife: 7 * DAY } } },
    {
      name: 'own',
      weight: 1,
      by: {
        events: X,
        decay: {
          steps: [
            { until: 7 * DAY, share: 1 },
            { until: 30 * DAY, share: 0.25 },
          ],
        },
      },
    },
    {
      name: 'vip',
      weight: -4.5,
      by: { condition: { kind: 'value', of: { kind: 'trait', path: 'vip' }, test: { op: 'is', value: true } } },
    },
  ];
  const expression = { kind: 'score', signals };

  test('is a trait, and stands in the workspace with what explains it', async () => {
    const { computedTraits, scores } = await workspace(SCORE);
    expect(computedTraits).toEqual({ s: { key: 's', of: 'person', expression } });
    expect(scores).toEqual({ s: { key: 's', of: 'person', description: 'Who may buy', expression, bands: [] } });
  });

  test('has a band, a propensity and an expected value that are traits, too', async () => {
    const { computedTraits, scores, audiences } = await workspace(
      `${SCORE}bands: { warm: 10, hot: 30 }\noutOf: 50\nvalue: seats\n---\naudience: a\ntrait: s.band\nis: hot\n`,
    );
    const bands = [
      { name: 'hot', from: 30 },
      { name: 'warm', from: 10 },
    ];
    const share = { kind: 'arithmetic', op: '/', left: expression, right: number(50) };
    const propensity = {
      kind: 'arithmetic',
      op: 'max',
      left: { kind: 'arithmetic', op: 'min', left: share, right: number(1) },
      right: number(0),
    };
    expect(scores?.s).toMatchObject({ bands, outOf: 50 });
    expect(Object.keys(computedTraits)).toEqual(['s', 's.band', 's.propensity', 's.expected']);
    expect(computedTraits['s.propensity']?.expression).toEqual(propensity);
    expect(computedTraits['s.expected']?.expression).toEqual({
      kind: 'arithmetic',
      op: '*',
      left: propensity,
      right: SEATS,
    });
    expect(audiences.a?.condition).toEqual({
      kind: 'value',
      of: { kind: 'band', of: expression, bands },
      test: { op: 'is', value: 'hot' },
    });
  });

  test('can be named in texts, its parts in brackets', async () => {
    const { journeys } = await workspace(
      `${SCORE}bands: { hot: 3 }
---
sales-task: call
title: 'Call {{ person.id }}, {{ person["s.band"] }} with {{ person.s }}'
owner: sales
brief: Call
---
journey: j
enter: { event: X }
steps: [{ sales-task: call }]
`,
    );
    expect(Object.keys(journeys.j?.journey.computed ?? {})).toEqual(['s', 's.band']);
  });
});

test('ever is as long as events are kept', async () => {
  const files = {
    'settings.yaml': FORGETFUL_SETTINGS,
    'a.yaml': 'trait: exports\ncount: { event: Export Completed }\n',
  };
  expect((await workspaceOf(files)).computedTraits.exports?.expression).toEqual({
    kind: 'aggregate',
    fn: 'count',
    events: { names: ['Export Completed'], where: [], within: 90 * DAY },
  });
});
