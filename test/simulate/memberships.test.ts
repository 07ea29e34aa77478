import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexAudiences } from '../../src/audiences/audience-index.ts';
import type { Condition } from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
import { interestOf } from '../../src/core/interest.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { applyDue, applyHappening } from '../../src/process/apply.ts';
import type { Catalog } from '../../src/process/catalog.ts';
import type { Profile } from '../../src/process/profile.ts';
import { indexJourneys } from '../../src/runs/journey-index.ts';
import { noRunChanges } from '../../src/runs/run-rows.ts';
import { VersionShelf } from '../../src/runs/version-shelf.ts';
import type { MembershipChange } from '../../src/simulate/memberships.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { condition, history } from '../core/arbitrary.ts';
import { journey, T0 } from '../core/build.ts';
import { oracle } from '../core/oracle.ts';
import { workspaceOf } from './free-to-paid.ts';

const END = T0 + 30 * DAY;
const RUNS = { numRuns: 500, seed: 20_240_101 };

type Change = readonly [at: Instant, audience: string, entered: boolean];

/** `vip` and `trial` are what random conditions refer to; they themselves refer to nothing. */
const audiences = fc
  .record({ vip: condition, trial: condition, first: condition, second: condition })
  .filter(({ vip, trial }) => interestOf(vip, trial).audiences.size === 0);

function changesInSimulation(more: Record<string, Condition>, { traits, events }: Facts): MembershipChange[] {
  const persona = {
    userId: 'ada',
    traits,
    start: T0 - DAY,
    events: events.map(({ name, at, properties, byEngine }) => ({
      event: name,
      at: { instant: at },
      properties,
      byEngine,
    })),
  };
  const workspace = workspaceOf([journey([])], { more });
  return simulate({ workspace, journey: 'welcome', persona }).audiences.filter(({ at }) => at <= END);
}

function changesInEngine(more: Record<string, Condition>, { traits, events }: Facts): Profile['changes'] {
  const catalog: Catalog = {
    publicationId: 1,
    publishedAt: T0 - DAY,
    settings: {
      name: 'test',
      timezone: 'UTC',
      sender: 'A <a@example.com>',
      caps: [],
      onUncertainSend: 'again',
      traits: {},
      accountTraits: {},
    },
    audiences: indexAudiences(
      Object.entries(more).map(([key, one]) => ({ key, condition: one })),
      {},
    ),
    journeys: indexJourneys([]),
    interest: interestOf(...Object.values(more)),
    accounts: { audiences: indexAudiences([], {}), interest: interestOf() },
    askedOfAccounts: new Set(),
    enterExisting: new Set(),
  };
  const person: Profile = {
    id: 1,
    userId: 'ada',
    traits,
    ownTraits: traits,
    kind: 'person',
    account: undefined,
    appliedAt: T0 - DAY,
    filledTo: 0,
    memberships: new Map(),
    events: [],
    dirty: new Set(),
    runs: new Map(),
    changes: [],
    runChanges: noRunChanges(),
  };
  const applying = { catalog, versions: new VersionShelf() };
  const deeds = events.map((event: EventFact, index) => ({ at: event.at, event: { ...event, messageId: `${index}` } }));
  for (const happening of [{ at: T0 - DAY }, ...deeds]) applyHappening(person, happening, applying);
  applyDue(person, END, applying, 'upTo');
  return person.changes;
}

/** By time and name; the changes of one audience at one instant stay in their order. */
function inOrder(changes: readonly Pick<MembershipChange, 'at' | 'audience' | 'entered'>[]): Change[] {
  return changes
    .map(({ at, audience, entered }): Change => [at, audience, entered])
    .sort(([at, audience], [otherAt, other]) => at - otherAt || audience.localeCompare(other));
}

/** A persona's events say nothing of who did them: it was the persona. */
const ownHistory = history.map((facts) => ({
  ...facts,
  events: facts.events.map(({ person: _, ...event }): EventFact => event),
}));

describe('memberships in virtual time', () => {
  it('change by event and by clock as the engine says', () => {
    let changed = 0;
    fc.assert(
      fc.property(audiences, ownHistory, (more, facts) => {
        const engine = changesInEngine(more, facts);
        changed += engine.length;
        expect(inOrder(changesInSimulation(more, facts))).toEqual(inOrder(engine));
      }),
      RUNS,
    );
    expect(changed).toBeGreaterThan(1_000);
  });

  it('are those of the oracle whenever anything changes, and just before', () => {
    fc.assert(
      fc.property(audiences, ownHistory, (more, facts) => {
        const changes = changesInSimulation(more, facts);
        for (const now of new Set([...changes, ...facts.events].flatMap(({ at }) => [at - 1, at, at + 1]))) {
          if (now < T0 - DAY || now > END) continue;
          const members = new Set<string>();
          for (const { audience, entered } of changes.filter(({ at }) => at <= now))
            if (entered) members.add(audience);
            else members.delete(audience);
          expect([...members].sort(), new Date(now).toISOString()).toEqual(membersByOracle(more, facts, now));
        }
      }),
      { ...RUNS, numRuns: 200 },
    );
  });
});

function membersByOracle(
  { vip, trial, ...rest }: Record<string, Condition>,
  { traits, events }: Facts,
  now: Instant,
): string[] {
  const members = new Set<string>();
  for (const [key, one] of [...Object.entries({ vip, trial }), ...Object.entries(rest)])
    if (one !== undefined && oracle(one, { traits, events, audiences: new Set(members) }, now)) members.add(key);
  return [...members].sort();
}
