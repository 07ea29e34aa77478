import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { backtest } from '../../src/simulate/backtest.ts';
import type { SimulatedRun } from '../../src/simulate/simulation.ts';
import { SortByPerson } from '../../src/simulate/sort-by-person.ts';
import { VirtualLife } from '../../src/simulate/virtual-life.ts';
import { virtualWorld } from '../../src/simulate/virtual-world.ts';
import { T0 } from '../core/build.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { workspaceOf } from '../kit/engine.ts';

const OFFERS = `
offer: seat
title: Seat
value: 100
propensity: 50%
limit: 2
again: always
---
offer: table
title: Table
value: 50
propensity: 50%
limit: 3
again: after 1d
---
offer: book
title: Book
value: 1
propensity: 50%
again: always
---
journey: lots
enter: { event: Came, again: always }
holdout: 20%
steps:
  - { offer: [seat, table, book], id: first }
  - wait: 3h
  - { offer: [table, book], id: second }
  - in-app: banner
---
journey: draws
enter: { event: Drew, again: always }
steps:
  - wait: 1h
  - { offer: [seat, table], id: only, none: [{ exit: nothing left }] }
  - in-app: banner
`;
const UNTIL = T0 + 20 * DAY;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await workspaceOf({
    'settings.yaml': settingsFile(),
    'offers.yaml': OFFERS,
    'banner.yaml': inAppFile('banner', '{{ offer.title }}'),
  });
});

/** What people do when; of no two at the same time, since who is first would be chance. */
const lives = fc
  .array(fc.record({ who: fc.integer({ min: 0, max: 5 }), name: fc.constantFrom('Came', 'Drew') }), { maxLength: 14 })
  .chain((deeds) =>
    fc
      .shuffledSubarray(
        Array.from({ length: 40 }, (_, slot) => slot),
        { minLength: deeds.length, maxLength: deeds.length },
      )
      .map((slots) => deeds.map(({ who, name }, index) => callOf(`p${who}`, name, timeOf(slots[index] ?? 0)))),
  );

/** Never some hours apart. */
const timeOf = (slot: number) => T0 + slot * (7 * HOUR + 1_009);

function callOf(userId: string, name: string, at: Instant): IncomingEvent {
  const occurredAt = new Date(at).toISOString();
  const base = {
    messageId: `${userId} ${at}`,
    userId,
    context: {},
    properties: {},
    occurredAt,
    receivedAt: occurredAt,
  };
  return { ...base, type: 'track', name };
}

const picksOf = (person: string, runs: readonly SimulatedRun[]) =>
  runs.flatMap(({ journey, log }) =>
    log.flatMap((entry) =>
      entry.did === 'offered' ? [`${new Date(entry.at).toISOString()} ${person} ${journey} ${entry.offer}`] : [],
    ),
  );

async function backtested(calls: readonly IncomingEvent[]): Promise<string[]> {
  const sorted = new SortByPerson();
  for (const call of calls) await sorted.add(call);
  const picks: string[] = [];
  for (const journey of ['lots', 'draws'])
    await backtest({ workspace, journey, period: { from: T0, to: UNTIL } }, sorted.people(), ({ person, run }) => {
      picks.push(...picksOf(person, [run]));
    });
  return picks.sort();
}

/** Everybody in one life, from instant to instant. */
function together(calls: readonly IncomingEvent[]): string[] {
  const names = [...new Set(calls.map(({ userId = '' }) => userId))];
  const [first, ...others] = names.map((userId, index) => ({ id: index + 1, userId }));
  if (first === undefined) return [];
  const life = new VirtualLife({
    world: virtualWorld(workspace),
    people: [first, ...others],
    calls: [...calls].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1)),
    personOf: ({ userId = '' }) => names.indexOf(userId) + 1,
    from: T0,
    until: UNTIL,
  }).live();
  return names.flatMap((name, index) => picksOf(name, life.of(index + 1).runs)).sort();
}

it('in a backtest go to whoever comes to them first, although people live one after the other', async () => {
  let ranOut = 0;
  await fc.assert(
    fc.asyncProperty(lives, async (calls) => {
      const wanted = together(calls);
      expect(await backtested(calls)).toEqual(wanted);
      if (wanted.filter((pick) => pick.endsWith(' seat')).length > 1) ranOut += 1;
    }),
    { numRuns: 60 },
  );
  expect(ranOut).toBeGreaterThan(10);
});
