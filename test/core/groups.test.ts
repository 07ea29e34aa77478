import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areRivals, groupVerdict, lapsed } from '../../src/core/groups.ts';
import type { Group, Journey } from '../../src/core/journey.ts';
import { journey } from './build.ts';

const onboarding = (higher: Group['higher'], lower: Group['lower']): Group => ({ key: 'onboarding', higher, lower });
const grouped = (key: string, priority: number, group?: Group) =>
  journey([], { key, priority, ...(group !== undefined && { group }) });
const underWay = (...journeys: Journey[]) => journeys.map((one) => ({ journey: one }));

describe('a journey of a group', () => {
  const low = grouped('low', 10, onboarding('evicts', 'yields'));

  it('is entered by whoever is in no other one of it', () => {
    const others = underWay(
      grouped('elsewhere', 90),
      grouped('other-group', 90, { ...onboarding('waits', 'waits'), key: 'other' }),
    );
    expect(groupVerdict(low, others)).toMatchObject({ kind: 'enters', evicts: [] });
    expect(groupVerdict(grouped('free', 1), underWay(low))).toMatchObject({ kind: 'enters', evicts: [] });
    expect(groupVerdict(low, underWay(low))).toMatchObject({ kind: 'enters', evicts: [] });
  });

  it('ends those of lower priority, waits for them or yields, as the group says', () => {
    const verdict = (higher: Group['higher']) =>
      groupVerdict(grouped('high', 80, onboarding(higher, 'yields')), underWay(low));
    expect(verdict('evicts')).toEqual({
      kind: 'enters',
      evicts: underWay(low),
      reason: '`high` of the group `onboarding` took its place',
    });
    expect(verdict('waits')).toEqual({ kind: 'waits', reason: 'waits for the end of `low` of the group `onboarding`' });
    expect(verdict('yields')).toEqual({ kind: 'yields', reason: '`low` of the group `onboarding` is under way' });
  });

  it('waits for or yields to one that is as high or higher, and ends none of several where one is', () => {
    const verdict = (lower: Group['lower'], ...others: Journey[]) =>
      groupVerdict(grouped('middle', 50, onboarding('evicts', lower)), underWay(...others)).kind;
    const high = grouped('high', 80, onboarding('evicts', 'yields'));
    expect(verdict('waits', high)).toBe('waits');
    expect(verdict('yields', high)).toBe('yields');
    expect(verdict('yields', grouped('equal', 50, onboarding('evicts', 'yields')))).toBe('yields');
    expect(verdict('waits', low, high)).toBe('waits');
  });

  it('leaves nobody in two of it, whatever is entered in whatever order', () => {
    const rules = fc.constantFrom(
      onboarding('evicts', 'yields'),
      onboarding('waits', 'waits'),
      onboarding('yields', 'waits'),
    );
    const tried = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), priority: fc.nat(3) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(rules, tried, (group, entries) => {
        let runs: { journey: Journey }[] = [];
        for (const { key, priority } of entries) {
          const verdict = groupVerdict(grouped(key, priority, group), runs);
          if (verdict.kind !== 'enters') continue;
          runs = [...runs.filter((run) => !verdict.evicts.includes(run)), { journey: grouped(key, priority, group) }];
          expect(runs.every((one) => runs.every((other) => !areRivals(one.journey, other.journey)))).toBe(true);
        }
      }),
    );
  });
});

describe('whoever waited', () => {
  it('still has to be in the audience, or out of the one that was left', () => {
    expect(lapsed({ by: 'audience', audience: 'keen' }, new Set(['keen']))).toBeNull();
    expect(lapsed({ by: 'audience', audience: 'keen' }, new Set())).toBe(
      'waited, and is not in the audience `keen` any more',
    );
    expect(lapsed({ by: 'leaving', audience: 'keen' }, new Set())).toBeNull();
    expect(lapsed({ by: 'leaving', audience: 'keen' }, new Set(['keen']))).toBe(
      'waited, and is in the audience `keen` again',
    );
    expect(lapsed({ by: 'event', event: 'Ordered' }, new Set())).toBeNull();
  });
});
