import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
import { interestOf } from '../../src/core/interest.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { MembershipChange } from '../../src/simulate/simulation.ts';
import { condition, history } from '../core/arbitrary.ts';
import { journey, T0 } from '../core/build.ts';
import { oracle } from '../core/oracle.ts';
import { workspaceOf } from './free-to-paid.ts';

const END = T0 + 30 * DAY;
const RUNS = { numRuns: 300, seed: 20_240_101 };

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

/** A persona's events say nothing of who did them: it was the persona. */
const ownHistory = history.map((facts) => ({
  ...facts,
  events: facts.events.map(({ person: _, ...event }): EventFact => event),
}));

describe('memberships in virtual time', () => {
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
      RUNS,
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
