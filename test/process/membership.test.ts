import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexAudiences } from '../../src/audiences/audience-index.ts';
import { audiencesOf } from '../../src/audiences/membership.ts';
import type { Condition } from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
import { interestOf } from '../../src/core/interest.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { type Applying, applyDue, applyHappening } from '../../src/process/apply.ts';
import type { Catalog } from '../../src/process/catalog.ts';
import type { Profile } from '../../src/process/profile.ts';
import { indexJourneys } from '../../src/runs/journey-index.ts';
import { noRunChanges } from '../../src/runs/run-rows.ts';
import { VersionShelf } from '../../src/runs/version-shelf.ts';
import { condition, history, SPAN } from '../core/arbitrary.ts';
import { T0 } from '../core/build.ts';
import { oracle } from '../core/oracle.ts';

/** `top` may refer to `vip` and `trial`, which refer to nobody. */
type Definitions = Record<'top' | 'vip' | 'trial', Condition>;

const definitions: fc.Arbitrary<Definitions> = fc
  .record({ top: condition, vip: condition, trial: condition })
  .map(({ top, vip, trial }) => ({ top, vip: alone(vip), trial: alone(trial) }));

describe('membership, event by event and by the clock', () => {
  it('equals brute force at every event and at random instants between, 5,000 audiences and histories', () => {
    let members = 0;
    let asked = 0;
    const property = fc.property(
      definitions,
      history,
      fc.array(fc.integer({ min: 0, max: SPAN + 4 * DAY }), { minLength: 5, maxLength: 8 }),
      (audiences, facts, offsets) => {
        const applying = applyingOf(audiences);
        const person = newPerson();
        const instants = [...facts.events.map(({ at }) => at), ...offsets.map((offset) => T0 + offset)].sort(
          (a, b) => a - b,
        );
        const events = [...facts.events];
        // Traits are told with the first event; nobody is known before it.
        const first = events[0]?.at ?? 0;
        for (const now of instants) {
          if (now < first) continue;
          while (events[0] !== undefined && events[0].at <= now) {
            const event = events.shift() as EventFact;
            const told =
              event.at === first && person.filledTo === 0
                ? { traits: { after: facts.traits, changed: Object.keys(facts.traits) } }
                : {};
            applyHappening(person, { at: event.at, event: { ...event, messageId: 'any' }, ...told }, applying);
          }
          applyDue(person, now, applying, 'upTo');
          const wanted = bruteForce(audiences, facts, now);
          members += wanted.size;
          asked += 3;
          if (!sameMembers(audiencesOf(person), wanted)) {
            throw new Error(
              `${new Date(now).toISOString()}: is in ${[...audiencesOf(person)]}, should be in ${[...wanted]}`,
            );
          }
        }
      },
    );
    fc.assert(property, { numRuns: 5_000, seed: 20_240_601 });
    expect(members / asked).toBeGreaterThan(0.1);
    expect(members / asked).toBeLessThan(0.9);
  });

  it('records entries and exits in turn, each at the instant it happened', () => {
    const property = fc.property(definitions, history, (audiences, facts) => {
      const applying = applyingOf(audiences);
      const person = newPerson();
      for (const event of facts.events)
        applyHappening(person, { at: event.at, event: { ...event, messageId: 'any' } }, applying);
      applyDue(person, T0 + SPAN + 20 * DAY, applying, 'upTo');
      for (const key of Object.keys(audiences)) {
        const changes = person.changes.filter(({ audience }) => audience === key);
        expect(changes.map(({ entered }) => entered)).toEqual(changes.map((_, index) => index % 2 === 0));
        expect(changes.map(({ at }) => at)).toEqual(changes.map(({ at }) => at).sort((a, b) => a - b));
      }
    });
    fc.assert(property, { numRuns: 300, seed: 20_240_602 });
  });
});

function bruteForce(audiences: Definitions, { traits, events }: Facts, now: Instant): Set<string> {
  const known: Facts = { traits, events: events.filter(({ at }) => at <= now), audiences: new Set() };
  const below = new Set((['vip', 'trial'] as const).filter((key) => oracle(audiences[key], known, now)));
  const top = oracle(audiences.top, { ...known, audiences: below }, now);
  return new Set([...below, ...(top ? ['top'] : [])]);
}

function sameMembers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((key) => b.has(key));
}

/** References to audiences replaced by something else, so that there is no circle. */
function alone(of: Condition): Condition {
  switch (of.kind) {
    case 'all':
    case 'any':
      return { ...of, of: of.of.map(alone) };
    case 'not':
      return { ...of, of: alone(of.of) };
    case 'audience':
      return { kind: 'events', events: { names: ['*'], where: [], within: 2 * DAY }, times: { atLeast: 2 } };
    default:
      return of;
  }
}

function applyingOf(audiences: Definitions): Applying {
  const changedIn = { top: 1, vip: 1, trial: 1 };
  const catalog: Catalog = {
    publicationId: 1,
    publishedAt: T0 - DAY,
    settings: {
      name: 'test',
      timezone: 'UTC',
      sender: 'a@b.test',
      caps: [],
      onUncertainSend: 'again',
      traits: {},
      accountTraits: {},
    },
    audiences: indexAudiences(
      Object.entries(audiences).map(([key, one]) => ({ key, condition: one })),
      changedIn,
    ),
    journeys: indexJourneys([]),
    interest: interestOf(...Object.values(audiences)),
    accounts: { audiences: indexAudiences([], {}), journeys: indexJourneys([]), interest: interestOf() },
    askedOfAccounts: new Set(),
    enterExisting: new Set(),
  };
  return { catalog, versions: new VersionShelf() };
}

function newPerson(): Profile {
  return {
    id: 1,
    userId: 'ada',
    traits: {},
    ownTraits: {},
    kind: 'person',
    account: undefined,
    events: [],
    memberships: new Map(),
    dirty: new Set(),
    appliedAt: 0,
    filledTo: 0,
    runs: new Map(),
    changes: [],
    runChanges: noRunChanges(),
  };
}
