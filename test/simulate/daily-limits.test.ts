import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { backtest } from '../../src/simulate/backtest.ts';
import { SortByPerson } from '../../src/simulate/sort-by-person.ts';
import { VirtualLife } from '../../src/simulate/virtual-life.ts';
import { virtualWorld } from '../../src/simulate/virtual-world.ts';
import { T0 } from '../core/build.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { workspaceOf } from '../kit/engine.ts';

const UNTIL = T0 + 10 * DAY;
const DAYS = 4;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await workspaceOf({
    'settings.yaml': settingsFile(),
    'journeys.yaml': `
journey: few
enter: { event: Came, again: always, limit: 2 per day }
steps: [{ wait: 1h }, { in-app: banner }]
---
journey: after
enter: { event: In-App Message Sent, again: always, limit: 1 per day }
steps: [{ in-app: banner }]
`,
    'banner.yaml': inAppFile('banner', 'Hello'),
  });
});

/** What people do when; of no two at the same time, since who is first would be chance. */
const comings = fc.uniqueArray(
  fc.record({ who: fc.integer({ min: 0, max: 5 }), slot: fc.integer({ min: 0, max: DAYS * 8 - 1 }) }),
  { maxLength: 24, selector: ({ slot }) => slot },
);

const callOf = (who: number, at: Instant): IncomingEvent => {
  const occurredAt = new Date(at).toISOString();
  const times = { occurredAt, receivedAt: occurredAt };
  return { type: 'track', name: 'Came', userId: `p${who}`, messageId: `${at}`, properties: {}, context: {}, ...times };
};

const said = (person: string, journey: string, at: Instant) => `${new Date(at).toISOString()} ${person} ${journey}`;

async function backtested(calls: readonly IncomingEvent[]): Promise<string[]> {
  const sorted = new SortByPerson();
  for (const call of calls) await sorted.add(call);
  const entries: string[] = [];
  for (const journey of ['few', 'after'])
    await backtest({ workspace, journey, period: { from: T0, to: UNTIL } }, sorted.people(), ({ person, run }) => {
      entries.push(said(person, journey, run.enteredAt));
    });
  return entries.sort();
}

/** Everybody in one life, from instant to instant. */
function together(calls: readonly IncomingEvent[]) {
  const names = [...new Set(calls.map(({ userId = '' }) => userId))];
  const [first, ...others] = names.map((userId, index) => ({ id: index + 1, userId }));
  if (first === undefined) return { entries: [], refused: 0 };
  const life = new VirtualLife({
    world: virtualWorld(workspace),
    people: [first, ...others],
    calls,
    personOf: ({ userId = '' }) => names.indexOf(userId) + 1,
    from: T0,
    until: UNTIL,
  }).live();
  const lives = names.map((name, index) => [name, life.of(index + 1)] as const);
  return {
    entries: lives.flatMap(([name, { runs }]) => runs.map((run) => said(name, run.journey, run.enteredAt))).sort(),
    refused: lives.flatMap(([, { refused }]) => refused).length,
  };
}

it('places of a day go to whoever comes first, in a backtest too, where people live one after the other', async () => {
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(comings, async (drawn) => {
      const calls = drawn
        .map(({ who, slot }) => callOf(who, T0 + slot * 3 * HOUR + who))
        .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
      const { entries, refused } = together(calls);
      expect(await backtested(calls)).toEqual(entries);
      refusals += refused;
    }),
    { numRuns: 60 },
  );
  expect(refusals).toBeGreaterThan(60);
});

it('are as many as the journey says on each day', () => {
  const calls = [0, 1, 2, 3].map((who) => callOf(who, T0 + 3 * HOUR + who)).concat(callOf(2, T0 + DAY));
  expect(together(calls).entries.filter((entry) => entry.endsWith(' few'))).toEqual([
    said('p0', 'few', T0 + 3 * HOUR),
    said('p1', 'few', T0 + 3 * HOUR + 1),
    said('p2', 'few', T0 + DAY),
  ]);
});
