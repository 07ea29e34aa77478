import fc from 'fast-check';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Colleague, Occasion, Persona } from '../../src/simulate/persona.ts';
import { workspaceOf } from '../kit/engine.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

/** People who share accounts, in journeys of people and of accounts that look at each other. */

const SLOT = 7 * HOUR + 13 * MINUTE + 1_009;
const SLOTS = 60;
export const HOUSEHOLD_LIFETIME = SLOTS * SLOT + 20 * DAY;

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

export function householdWorkspace(): Promise<Workspace> {
  return workspaceOf({
    'settings.yaml': settingsFile(
      'caps: [{ atMost: 3, within: 4d }]\ntraits: { role: string, email: string }\naccountTraits: { plan: string, seats: number }\n',
    ),
    'audiences.yaml': AUDIENCES,
    'journeys.yaml': JOURNEYS,
    'team.mjml': emailFile('team', 'For {{ account.plan }}', 'category: team\n'),
    'hint.yaml': inAppFile('hint', 'Psst'),
  });
}

export function drawHouseholds(count: number, seed: number, start: Instant): Persona[] {
  return fc.sample(household, { numRuns: count, seed }).map((people, index) => personaFrom(people, index, start));
}

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

const CONTENDED = /^(.*) \S+: (acted|refused, cap)$/;

/** Did two runs want the last slot of somebody's cap at the very same instant? Who gets it then is not promised. */
export function hasTie(stories: Readonly<Record<string, readonly string[]>>): boolean {
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
