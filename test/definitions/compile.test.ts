import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/core/condition.ts';
import type { Journey } from '../../src/core/journey.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { EMAIL, workspaceOf } from './folder.ts';

async function journeyOf(yaml: string): Promise<Journey> {
  const { journeys } = await workspaceOf({
    'a.yaml': `journey: a\nenter: { event: Started }\n${yaml}`,
    'e.mjml': EMAIL,
  });
  const version = journeys.a;
  if (version === undefined) throw new Error('There is no journey');
  return version.journey;
}

async function conditionOf(yaml: string, more = ''): Promise<Condition | undefined> {
  const { audiences } = await workspaceOf({ 'a.yaml': `audience: a\n${yaml}\n`, 'b.yaml': more });
  return audiences.a?.condition;
}

describe('steps', () => {
  test('become a graph in which branches rejoin', async () => {
    const { first, steps } = await journeyOf(`steps:
  - branch:
      - if: { event: A }
        then: [{ wait: 1h }, { email: hello }]
      - if: { event: B }
        then: [{ exit: b came }]
  - wait: 2 days
`);
    expect(first).toBe('branch-a');
    expect(steps['branch-a']).toMatchObject({
      next: 'wait-2d',
      branches: [{ then: 'wait-1h' }, { then: 'exit-b-came' }],
      otherwise: 'wait-2d',
    });
    expect(steps['wait-1h']).toEqual({ id: 'wait-1h', kind: 'wait', for: HOUR, next: 'email-hello' });
    expect(steps['email-hello']).toMatchObject({ next: 'wait-2d' });
    expect(steps['exit-b-came']).toEqual({ id: 'exit-b-came', kind: 'exit', reason: 'b came', next: null });
    expect(steps['wait-2d']).toMatchObject({ next: null });
  });

  test('nested in one another rejoin at the end of what they are in', async () => {
    const { steps } = await journeyOf(`steps:
  - split:
      one:
        share: 33.3%
        steps:
          - wait-until: { event: A }
            timeout: 90m
            onTimeout: [{ email: hello }]
      two: { share: 66.7%, steps: [] }
  - wait: 1d
`);
    expect(steps['split-one-two']).toMatchObject({
      ways: [
        { name: 'one', share: 0.333, then: 'wait-until-a' },
        { name: 'two', share: 0.667, then: 'wait-1d' },
      ],
    });
    expect(steps['wait-until-a']).toMatchObject({ next: 'wait-1d', onTimeout: 'email-hello', timeout: 90 * MINUTE });
    expect(steps['email-hello']).toMatchObject({ next: 'wait-1d' });
  });

  test('without `onTimeout` go on alike whether the wait was met or not', async () => {
    const { steps } = await journeyOf(`steps: [{ wait-until: { event: A }, timeout: 1d }, { wait: 1h }]\n`);
    expect(steps['wait-until-a']).toMatchObject({ next: 'wait-1h', onTimeout: 'wait-1h' });
  });

  test('keep their ids when others are put in', async () => {
    const before = await journeyOf(`steps: [{ wait: 1d }, { email: hello }, { wait: 1d }]\n`);
    const after = await journeyOf(
      `steps: [{ wait: 3h }, { wait: 1d }, { set-trait: { plan: pro } }, { email: hello }, { wait: 1d }]\n`,
    );
    expect(Object.keys(before.steps)).toEqual(['wait-1d', 'email-hello', 'wait-1d-2']);
    expect(Object.keys(after.steps)).toEqual(['wait-3h', 'wait-1d', 'set-trait-plan', 'email-hello', 'wait-1d-2']);
  });
});

describe('a journey', () => {
  test('has defaults that do no harm', async () => {
    expect(await journeyOf('steps: [{ wait: 1h }]\n')).toMatchObject({
      again: 'never',
      goal: null,
      exit: { after: 30 * DAY, when: null },
      holdout: 0,
      priority: 50,
      caps: [],
    });
  });

  test('counts events of its goal and waits from the entry on, unless it says otherwise', async () => {
    const { goal, exit, steps } = await journeyOf(`
goal: { any: [{ event: A }, { not: { event: B, within: 1d } }] }
exit: { when: { event: C } }
steps:
  - wait-until: { event: D }
    timeout: 1d
  - branch: [{ if: { event: E }, then: [{ wait: 1h }] }]
`);
    expect(goal).toMatchObject({
      of: [{ events: { since: 'entry' } }, { of: { events: { names: ['B'], within: DAY } } }],
    });
    expect(goal).not.toMatchObject({ of: [{}, { of: { events: { since: 'entry' } } }] });
    expect(exit.when).not.toMatchObject({ events: { since: 'entry' } });
    expect(steps['wait-until-d']).toMatchObject({ condition: { events: { since: 'entry' } } });
    expect(steps['branch-e']).not.toMatchObject({ branches: [{ if: { events: { since: 'entry' } } }] });
  });

  test('has another hash when a template it carries changes, and the same when its YAML is only written otherwise', async () => {
    const yaml = 'journey: a\nenter: { event: X }\nsteps: [{ email: hello }]\n';
    const otherwise = '# A comment\nsteps:\n  - email: hello\nenter:\n  event: [X]\njourney: a\n';
    const first = await workspaceOf({ 'a.yaml': yaml, 'e.mjml': EMAIL });
    const same = await workspaceOf({ 'b/c.yml': otherwise, 'e.mjml': EMAIL });
    const other = await workspaceOf({ 'a.yaml': yaml, 'e.mjml': EMAIL.replace('Hi ', 'Dear ') });
    expect(first.journeys.a?.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(same.hash).toBe(first.hash);
    expect(other.journeys.a?.hash).not.toBe(first.journeys.a?.hash);
  });
});

describe('a condition', () => {
  test('holds all tests that stand in one clause', async () => {
    expect(await conditionOf('trait: createdAt\nolderThan: 14 days\nexists: true')).toEqual({
      kind: 'all',
      of: [
        { kind: 'value', of: { kind: 'trait', path: 'createdAt' }, test: { op: 'exists', value: true } },
        { kind: 'value', of: { kind: 'trait', path: 'createdAt' }, test: { op: 'olderThan', value: 14 * DAY } },
      ],
    });
  });

  test('counts events at least once where it says nothing, or as often as it says', async () => {
    expect(await conditionOf('event: X')).toEqual({
      kind: 'events',
      events: { names: ['X'], where: [] },
      times: { atLeast: 1 },
    });
    expect(await conditionOf("event: '*'\ntimes: { exactly: 0 }\nwithin: 21d")).toMatchObject({
      events: { names: ['*'], within: 21 * DAY },
      times: { atLeast: 0, atMost: 0 },
    });
    expect(await conditionOf('event: X\ntimes: { atMost: 2 }')).toMatchObject({ times: { atMost: 2 } });
  });

  test('tests properties by value or by test', async () => {
    expect(await conditionOf('event: X\nwhere: { color: red, total: { atLeast: 5, below: 10 } }')).toMatchObject({
      events: {
        where: [
          { path: 'color', test: { op: 'is', value: 'red' } },
          { path: 'total', test: { op: 'atLeast', value: 5 } },
          { path: 'total', test: { op: 'below', value: 10 } },
        ],
      },
    });
  });

  test('has computed traits written in their place, through one another', async () => {
    const traits = `trait: usage_ratio
ratio: { of: current_usage, to: plan_limit }
---
trait: current_usage
last: { event: Limit Reached, property: current_usage, within: 30d }
---
trait: plan_limit
daysSince: createdAt
`;
    expect(await conditionOf('trait: usage_ratio\natLeast: 0.8', traits)).toEqual({
      kind: 'value',
      of: {
        kind: 'arithmetic',
        op: '/',
        left: {
          kind: 'aggregate',
          fn: 'last',
          events: { names: ['Limit Reached'], where: [], within: 30 * DAY },
          property: 'current_usage',
        },
        right: { kind: 'daysSince', of: { kind: 'trait', path: 'createdAt' } },
      },
      test: { op: 'atLeast', value: 0.8 },
    });
  });
});

test('an audience has another hash when one it refers to changes, and only then', async () => {
  const files = { 'a.yaml': 'audience: a\nnot: { audience: b }\n', 'b.yaml': 'audience: b\nnot: { audience: c }\n' };
  const before = await workspaceOf({
    ...files,
    'c.yaml': 'audience: c\nevent: X\n',
    'd.yaml': 'audience: d\nevent: X\n',
  });
  const after = await workspaceOf({
    ...files,
    'c.yaml': 'audience: c\nevent: Y\n',
    'd.yaml': 'audience: d\nevent: X\n',
  });
  expect(after.audiences.a?.hash).not.toBe(before.audiences.a?.hash);
  expect(after.audiences.b?.hash).not.toBe(before.audiences.b?.hash);
  expect(after.audiences.d?.hash).toBe(before.audiences.d?.hash);
});

test('the workspace is plain JSON', async () => {
  const workspace = await workspaceOf({ 'a.yaml': 'audience: a\nevent: X\n', 'e.mjml': EMAIL });
  expect(JSON.parse(JSON.stringify(workspace))).toEqual(workspace);
});

test('an email includes shared parts and shows its preview text', async () => {
  const { journeys } = await workspaceOf({
    'a.yaml': 'journey: a\nenter: { event: X }\nsteps: [{ email: hello }]\n',
    't/e.mjml': EMAIL.replace('subject: Hello', 'subject: Hello\npreview: "For {{ person.firstName }} & co"').replace(
      '<mj-text>',
      '<mj-include path="../parts/_top.mjml" /><mj-text><!-- {{ nothing }} -->',
    ),
    'parts/_top.mjml': '<mj-text>On top</mj-text>\n',
  });
  const step = journeys.a?.journey.steps['email-hello'];
  if (step?.kind !== 'email') throw new Error('There is no email');
  expect(step.template.html).toContain('For {{ person.firstName }} &amp; co');
  expect(step.template.text).toBe('On top\n\nHi {{ person.firstName }}, unsubscribe <{{ unsubscribeUrl }}>');
  expect(step.template).toMatchObject({ category: 'marketing', from: 'Test <test@example.com>', transactional: false });
});
