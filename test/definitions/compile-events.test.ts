import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/core/condition.ts';
import { DAY, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from './folder.ts';

async function conditionOf(yaml: string): Promise<Condition | undefined> {
  const { audiences } = await workspaceOf({ 'a.yaml': `audience: a\nall:\n  - ${yaml.replaceAll('\n', '\n    ')}\n` });
  const condition = audiences.a?.condition;
  return condition?.kind === 'all' ? condition.of[0] : condition;
}

const X = { names: ['X'], where: [] };
const Y = { names: ['Y'], where: [] };

describe('events', () => {
  test('of days of the calendar are counted in the zone of the workspace', async () => {
    expect(await conditionOf('{ event: X, within: 7 calendar days }')).toEqual({
      kind: 'events',
      events: { ...X, days: { count: 7, zone: 'Europe/Berlin' } },
      times: { atLeast: 1 },
    });
    expect(await conditionOf('{ event: X, within: today }')).toMatchObject({ events: { days: { count: 1 } } });
    expect(await conditionOf('{ event: X, within: 1 calendar day }')).toMatchObject({ events: { days: { count: 1 } } });
  });

  test('count from the first or last one of another kind, for so long', async () => {
    expect(await conditionOf('{ event: X, since: { last: Y }, upTo: 2d }')).toEqual({
      kind: 'events',
      events: { ...X, since: { which: 'last', ...Y }, upTo: 2 * DAY },
      times: { atLeast: 1 },
    });
    expect(await conditionOf('{ event: X, since: { first: { event: [Y, Z], where: { a: 1 } } } }')).toMatchObject({
      events: {
        since: { which: 'first', names: ['Y', 'Z'], where: [{ path: 'a', test: { op: 'is', value: 1 } }] },
      },
    });
  });
});

describe('a sequence', () => {
  test('has its steps, what must not come between or after, and its session', async () => {
    const yaml = `sequence: [X, { event: Y, where: { a: 1 }, within: 2d }]
without: [Z, { event: Y, where: { b: 2 } }]
thenNot: { event: Z, within: 3d }
within: 30d
session: true`;
    expect(await conditionOf(yaml)).toEqual({
      kind: 'sequence',
      steps: [X, { names: ['Y'], where: [{ path: 'a', test: { op: 'is', value: 1 } }], within: 2 * DAY }],
      without: [
        { names: ['Z'], where: [] },
        { names: ['Y'], where: [{ path: 'b', test: { op: 'is', value: 2 } }] },
      ],
      thenNot: { names: ['Z'], where: [], within: 3 * DAY },
      within: 30 * DAY,
      session: 30 * MINUTE,
    });
    expect(await conditionOf('sequence: [X, Y]\nsession: 45m')).toEqual({
      kind: 'sequence',
      steps: [X, Y],
      without: [],
      session: 45 * MINUTE,
    });
  });

  test('of a goal or a wait counts from the entry on, unless it says otherwise', async () => {
    const { journeys } = await workspaceOf({
      'a.yaml': `journey: a
enter: { event: Started }
goal: { any: [{ sequence: [X, Y] }, { sequence: [X, Y], within: 1d }, { event: X, since: { last: Y } }] }
exit: { when: { sequence: [X, Y], since: entry } }
steps:
  - wait-until: { sequence: [X, Y] }
    timeout: 1d
  - branch: [{ if: { sequence: [Y, X] }, then: [{ wait: 1h }] }]
`,
    });
    const journey = journeys.a?.journey;
    const from = { kind: 'sequence', steps: [X, Y], without: [] };
    expect(journey?.goal).toEqual({
      kind: 'any',
      of: [
        { ...from, since: 'entry' },
        { ...from, within: DAY },
        { kind: 'events', events: { ...X, since: { which: 'last', ...Y } }, times: { atLeast: 1 } },
      ],
    });
    expect(journey?.exit.when).toEqual({ ...from, since: 'entry' });
    expect(journey?.steps['wait-until-x']).toMatchObject({ condition: { since: 'entry' } });
    expect(journey?.steps['branch-y']).toMatchObject({ branches: [{ if: { kind: 'sequence', steps: [Y, X] } }] });
    expect(journey?.steps['branch-y']).not.toMatchObject({ branches: [{ if: { since: 'entry' } }] });
  });
});

test('one clause tests a trait and holds it against another', async () => {
  const settings = `settings: test
timezone: UTC
sender: Test <test@example.com>
traits: { used: number, seats: number, meta: object }
`;
  const { audiences } = await workspaceOf({
    'settings.yaml': settings,
    'a.yaml': 'audience: a\ntrait: used\natLeast: { trait: seats }\nabove: 3\n',
    'b.yaml': 'audience: b\ntrait: meta\nis: { trait: seats, other: 1 }\n',
  });
  const used = { kind: 'trait', path: 'used' };
  expect(audiences.a?.condition).toEqual({
    kind: 'all',
    of: [
      { kind: 'value', of: used, test: { op: 'above', value: 3 } },
      { kind: 'compare', left: used, op: 'atLeast', right: { kind: 'trait', path: 'seats' } },
    ],
  });
  expect(audiences.b?.condition).toMatchObject({
    kind: 'value',
    test: { op: 'is', value: { trait: 'seats', other: 1 } },
  });
});
