import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Colleague, Occasion, Persona } from '../../src/simulate/persona.ts';
import { callsOf, peopleOf } from '../../src/simulate/persona-calls.ts';
import { VirtualLife } from '../../src/simulate/virtual-life.ts';
import { virtualWorld } from '../../src/simulate/virtual-world.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { live } from './live.ts';
import { storyOf } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const HOUSEHOLDS = 15;
const SEED = 3;
const SLOT = 7 * HOUR + 13 * MINUTE + 1_009;
const SLOTS = 60;
const LIFETIME = SLOTS * SLOT + 20 * DAY;

const AUDIENCES = `
audience: exporters
event: Export Completed
times: { atLeast: 2 }
within: 6d
---
trait: active_users
of: accounts
people: { event: Export Completed, within: 5d }
---
audience: busy-accounts
of: accounts
any:
  - { trait: active_users, atLeast: 2 }
  - { people: { audience: exporters } }
---
audience: full-accounts
of: accounts
trait: seats
atMost: 2
---
audience: in-a-busy-account
account: { audience: busy-accounts }
---
audience: on-a-team-plan
trait: account.plan
is: team
---
audience: admins-of-full-accounts
all:
  - { trait: role, is: admin }
  - { account: { audience: full-accounts } }
`;

const JOURNEYS = `
journey: busy
enter: { audience: in-a-busy-account, again: always }
goal: { event: Upgraded }
exit: { after: 9d }
steps:
  - wait: 61m
  - branch:
      - if: { trait: account.plan, is: team }
        then: [{ email: team }]
      - else: [{ in-app: hint }]
  - wait-until: { account: { audience: full-accounts } }
    timeout: 2d
  - { id: again, in-app: hint }
---
journey: full
enter: { audience: admins-of-full-accounts, again: after 3d }
exit: { after: 8d, when: { audience: on-a-team-plan } }
steps:
  - wait: 127m
  - email: team
  - wait: 2d
  - { id: again, email: team }
---
role: exporter
that: { event: Export Completed }
---
role: admin
that: { trait: role, is: admin }
atMost: 2
---
journey: team
of: accounts
enter: { audience: busy-accounts, again: after 2d }
goal: { event: Upgraded }
exit: { after: 9d }
steps:
  - wait: 31m
  - { email: team, to: exporter }
  - { in-app: hint, to: admin }
  - wait: 3d
  - { id: again, email: team, to: admin }
---
journey: left
enter: { leaves: in-a-busy-account, again: always }
steps:
  - wait: 193m
  - in-app: hint
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;
let personas: Persona[];
let end: Instant;

beforeAll(async () => {
  mailbox = await testMailbox();
  workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'caps: [{ atMost: 3, within: 4d }]\ntraits: { role: string, email: string }\naccountTraits: { plan: string, seats: number }\n',
    ),
    'audiences.yaml': AUDIENCES,
    'journeys.yaml': JOURNEYS,
    'team.mjml': emailFile('team', 'For {{ account.plan }}', 'category: team\n'),
    'hint.yaml': inAppFile('hint', 'Psst'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  personas = fc
    .sample(household, { numRuns: HOUSEHOLDS, seed: SEED })
    .map((people, index) => personaFrom(people, index, engine.clock.now()));
  end = await live(engine, personas, LIFETIME);
}, 600_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
});

const PLANS = ['free', 'team'];
const deed = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('Export Completed', 'Export Completed', 'Signed In', 'Upgraded') },
  { weight: 1, arbitrary: fc.constantFrom('admin', 'member').map((role) => ({ identify: { role } })) },
  {
    weight: 2,
    arbitrary: fc.record({
      group: fc.constantFrom('one', 'one', 'two'),
      traits: fc.oneof(
        fc.constant({}),
        fc.constantFrom(...PLANS).map((plan) => ({ plan })),
        fc.integer({ min: 1, max: 4 }).map((seats) => ({ seats })),
      ),
    }),
  },
);

/** Two to four people; what any of them does has an instant of its own. */
const household = fc
  .record({
    people: fc.array(
      fc.record({
        role: fc.constantFrom('admin', 'member'),
        joined: fc.subarray(['one', 'two']),
        deeds: fc.array(deed, { minLength: 3, maxLength: 10 }),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    slots: fc.shuffledSubarray(
      Array.from({ length: SLOTS }, (_, slot) => slot + 1),
      { minLength: SLOTS, maxLength: SLOTS },
    ),
  })
  .map(({ people, slots }) => {
    const left = [...slots];
    return people.map(({ deeds, ...person }) => ({
      ...person,
      deeds: deeds.map((what) => ({ what, after: (left.pop() ?? 0) * SLOT })),
    }));
  });

type Household = typeof household extends fc.Arbitrary<infer People> ? People : never;

function personaFrom(people: Household, index: number, start: Instant): Persona {
  const named = (group: string) => `account-${index}-${group}`;
  const [first, ...others] = people.map(
    ({ role, joined, deeds }, place): Colleague => ({
      userId: `person-${index}-${place}`,
      traits: { role, email: `person-${index}-${place}@example.test` },
      accounts: Object.fromEntries(joined.map((group) => [named(group), { plan: 'free', seats: 3 }])),
      events: deeds.map(({ what, after }): Occasion => {
        const at = { after };
        if (typeof what === 'string') return { event: what, at, properties: {} };
        return 'identify' in what ? { ...what, at } : { ...what, group: named(what.group), at };
      }),
    }),
  );
  if (first === undefined) throw new Error('A household has people');
  return { ...first, start, colleagues: others };
}

type Stories = Record<string, string[]>;

/** What every run of a household did, by person or account. */
function simulated(persona: Persona): Stories {
  const people = peopleOf(persona);
  const life = new VirtualLife({
    world: virtualWorld(workspace),
    people,
    calls: callsOf(persona, persona.start),
    personOf: ({ userId }) => people.find((one) => one.userId === userId)?.id ?? 0,
    until: end,
  }).live();
  const lives = [...people.map(({ id, userId }) => [userId, life.of(id)] as const), ...life.ofAccounts];
  return inOrder(
    lives.flatMap(([name, { runs }]) =>
      runs.map(({ journey, visit, log }) => [`${name} ${journey} ${visit}`, storyOf(log, persona.start)] as const),
    ),
  );
}

async function real({ start, colleagues = [], ...first }: Persona): Promise<Stories> {
  const everybody = [first, ...colleagues];
  const names = [
    ...everybody.map(({ userId }) => userId),
    ...everybody.flatMap(({ accounts = {}, events }) => [
      ...Object.keys(accounts),
      ...events.flatMap((one) => ('group' in one ? [one.group] : [])),
    ]),
  ];
  const rows = await engine.db
    .selectFrom('run_log')
    .innerJoin('runs', 'runs.id', 'run_log.run_id')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['profiles.user_id as name', 'runs.journey', 'runs.visit', 'run_log.entry'])
    .where('profiles.user_id', 'in', names)
    .orderBy('run_log.id')
    .execute();
  const logs = new Map<string, LogEntry[]>();
  for (const { name, journey, visit, entry } of rows) {
    const id = `${name} ${journey} ${visit}`;
    logs.set(id, [...(logs.get(id) ?? []), entry]);
  }
  return inOrder([...logs].map(([id, log]) => [id, storyOf(log, start)] as const));
}

function inOrder(stories: readonly (readonly [string, string[]])[]): Stories {
  return Object.fromEntries([...stories].filter(([, story]) => story.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const CONTENDED = /^(.*) \S+: (acted|refused, cap)$/;

/** Did two runs want the last slot of somebody's cap at the very same instant? Who gets it then is not promised. */
function hasTie(stories: Stories): boolean {
  const runsAt = new Map<string, Map<string, Set<string>>>();
  for (const [run, story] of Object.entries(stories)) {
    for (const line of story) {
      const [, at, what] = CONTENDED.exec(line) ?? [];
      if (at === undefined || what === undefined) continue;
      const runs = runsAt.get(at) ?? new Map<string, Set<string>>();
      runsAt.set(at, runs.set(what, (runs.get(what) ?? new Set()).add(run)));
    }
  }
  return [...runsAt.values()].some((runs) => {
    const acted = runs.get('acted') ?? new Set();
    return [...(runs.get('refused, cap') ?? [])].some((refused) => [...acted].some((run) => run !== refused));
  });
}

/** What was done in each journey, whichever of its runs did it. */
function byJourney(stories: Stories): Stories {
  const journeys = new Map<string, string[]>();
  for (const [run, story] of Object.entries(stories)) {
    const [, journey = ''] = run.split(' ');
    journeys.set(journey, [...(journeys.get(journey) ?? []), ...story].sort());
  }
  return inOrder([...journeys]);
}

test('people who share accounts, and the accounts, go through journeys as in virtual time, to the millisecond', async () => {
  const journeys = new Map<string, number>();
  let ties = 0;
  for (const persona of personas) {
    const stories = await real(persona);
    const expected = simulated(persona);
    if (!isDeepStrictEqual(stories, expected) && hasTie(expected)) {
      ties += 1;
      expect(byJourney(stories)).toEqual(byJourney(expected));
    } else {
      expect(stories).toEqual(expected);
    }
    for (const [id, story] of Object.entries(stories)) {
      const [, journey = ''] = id.split(' ');
      journeys.set(journey, (journeys.get(journey) ?? 0) + story.length);
    }
  }
  expect(ties).toBeLessThanOrEqual(2);
  expect([...journeys.keys()].sort()).toEqual(['busy', 'full', 'left', 'team']);
  expect(Math.min(...journeys.values())).toBeGreaterThan(10);
});
