import { describe, expect, it } from 'vitest';
import {
  entryRefusal,
  inOrderOfPriority,
  instanceKeyOf,
  isHeldOut,
  rampRefusal,
  sideOf,
} from '../../src/core/entry.ts';
import { DAY } from '../../src/core/time.ts';
import { did, event, facts, filter, journey, T0 } from './build.ts';

const ended = { enteredAt: T0, status: 'completed' as const, visit: 0 };

describe('whether a person enters', () => {
  it('nothing is in the way of a first entry', () => {
    expect(entryRefusal(journey([]), undefined, facts(), T0)).toBeNull();
  });

  it('never twice at a time, however often the journey may be entered', () => {
    const active = { enteredAt: T0, status: 'active' as const, visit: 0 };
    expect(entryRefusal(journey([], { again: 'always' }), active, facts(), T0 + DAY)).toBe('already in the journey');
  });

  it('once only where nothing else is said', () => {
    expect(entryRefusal(journey([]), ended, facts(), T0 + 999 * DAY)).toBe(
      'entered before, and the journey is entered once only',
    );
    expect(entryRefusal(journey([], { again: 'always' }), ended, facts(), T0)).toBeNull();
  });

  it('again from the very instant on that the journey names, counted from the last entry', () => {
    const quarterly = journey([], { again: { after: 90 * DAY } });
    expect(entryRefusal(quarterly, ended, facts(), T0 + 90 * DAY - 1)).toBe(
      'entered before, and not again until 2024-03-31T00:00:00.000Z',
    );
    expect(entryRefusal(quarterly, ended, facts(), T0 + 90 * DAY)).toBeNull();
  });

  it('so many times in all as the journey says', () => {
    const thrice = journey([], { again: { after: DAY, atMost: 3 } });
    expect(entryRefusal(thrice, { ...ended, visit: 1 }, facts(), T0 + DAY)).toBeNull();
    expect(entryRefusal(thrice, { ...ended, visit: 2 }, facts(), T0 + DAY)).toBe(
      'entered before, and the journey is entered 3 times at most',
    );
  });

  it('for each thing apart, as long as not too many are under way', () => {
    const enter = { by: 'event', events: filter('Ordered'), each: { property: 'order.id', atOnce: 2 } } as const;
    const orders = journey([], { enter });
    const refused = (key: string | null, beside: number) =>
      entryRefusal(orders, undefined, facts(), T0, { key, beside });
    expect(refused('7', 1)).toBeNull();
    expect(refused('7', 2)).toBe('in the journey 2 times at once already');
    expect(refused(null, 0)).toBe('there is no `order.id` that would tell which of the runs it is for');
    expect(instanceKeyOf(orders, { properties: { order: { id: 7 } } })).toBe('7');
    expect(instanceKeyOf(orders, { properties: { order: { id: '' } } })).toBeNull();
    expect(instanceKeyOf(orders, { by: 'event' })).toBeNull();
    expect(instanceKeyOf(journey([]), { properties: { order: { id: 7 } } })).toBeUndefined();
  });

  it('what one qualifies for at one instant is tried by priority, then by name', () => {
    const qualified = [journey([], { key: 'b' }), journey([], { key: 'a' }), journey([], { key: 'c', priority: 9 })];
    const ordered = inOrderOfPriority(qualified.map((one) => ({ published: { journey: one }, entry: {} })));
    expect(ordered.map(({ published }) => published.journey.key)).toEqual(['c', 'a', 'b']);
  });

  it('not where the goal is already reached or the exit holds', () => {
    const goal = journey([], { goal: did('Account Upgraded') });
    const known = facts({ events: [event('Account Upgraded', T0)] });
    expect(entryRefusal(goal, undefined, known, T0)).toBe('the goal was reached');
    const exit = journey([], { exit: { after: DAY, when: did('Account Upgraded') } });
    expect(entryRefusal(exit, undefined, known, T0)).toBe('the exit condition holds');
  });

  it('a goal bound to the entry is not reached by the event that enters', () => {
    const goal = journey([], { goal: did('Account Upgraded', { since: 'entry' }) });
    expect(entryRefusal(goal, undefined, facts({ events: [event('Account Upgraded', T0)] }), T0)).toBeNull();
  });
});

describe('a hold-out', () => {
  const people = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
  const heldOut = (holdout: number, key = 'welcome') => people.filter((person) => isHeldOut({ key, holdout }, person));

  it('takes its share of 10,000 people, within three standard deviations', () => {
    expect(Math.abs(heldOut(0.1).length - 1_000)).toBeLessThan(3 * Math.sqrt(10_000 * 0.1 * 0.9));
    expect(heldOut(0)).toEqual([]);
    expect(heldOut(1)).toEqual(people);
  });

  it('keeps those it had when it grows, and holds out others in another journey', () => {
    const larger = new Set(heldOut(0.2));
    expect(heldOut(0.1).every((person) => larger.has(person))).toBe(true);
    const both = new Set(heldOut(0.5));
    expect(heldOut(0.5, 'other').filter((person) => both.has(person)).length).toBeLessThan(3_000);
  });

  const everywhere = (key: string, holdout = 0, holdoutEverywhere = 0.05) => ({ key, holdout, holdoutEverywhere });

  it("of every journey is of the same people in all, and independent of the journeys' own", () => {
    const held = people.filter((person) => isHeldOut(everywhere('welcome'), person));
    expect(Math.abs(held.length - 500)).toBeLessThan(3 * Math.sqrt(10_000 * 0.05 * 0.95));
    expect(people.filter((person) => isHeldOut(everywhere('other'), person))).toEqual(held);
    const both = held.filter((person) => isHeldOut({ key: 'welcome', holdout: 0.5 }, person));
    expect(Math.abs(both.length - held.length / 2)).toBeLessThan(3 * Math.sqrt(held.length * 0.25));
  });

  it('draws each person once: growing or shrinking it moves nobody who was in the journey before', () => {
    for (const person of people) {
      const first = sideOf({ key: 'welcome', holdout: 0.1 }, person);
      for (const holdout of [0, 0.05, 0.2, 0.9])
        expect(isHeldOut({ key: 'welcome', holdout }, person, first)).toBe(first.heldOut);
    }
  });

  it("of every journey leaves no trace in a journey's own when it ends", () => {
    const person = people.find(
      (one) => isHeldOut(everywhere('welcome'), one) && !isHeldOut({ key: 'welcome', holdout: 0.1 }, one),
    );
    const last = sideOf(everywhere('welcome', 0.1), person ?? '');
    expect(last).toEqual({ heldOut: true, heldOutEverywhere: true });
    expect(sideOf({ key: 'welcome', holdout: 0.1 }, person ?? '', last)).toEqual({
      heldOut: false,
      heldOutEverywhere: false,
    });
  });
});

describe('a journey that is opened little by little', () => {
  const people = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
  const admitted = (ramp: number) =>
    people.filter((person) => rampRefusal(journey([], { ramp }), undefined, person) === null);

  it('admits its share, and whoever was admitted stays so as it grows', () => {
    expect(Math.abs(admitted(0.1).length - 1_000)).toBeLessThan(3 * Math.sqrt(10_000 * 0.1 * 0.9));
    const larger = new Set(admitted(0.5));
    expect(admitted(0.1).every((person) => larger.has(person))).toBe(true);
    expect(admitted(1)).toEqual(people);
    expect(rampRefusal(journey([]), undefined, 'ada')).toBeNull();
  });

  it('says so to the others, and shuts out nobody who was in it before', () => {
    const shut = journey([], { ramp: 0.005 });
    const refused = people.filter((person) => rampRefusal(shut, undefined, person) !== null);
    expect(rampRefusal(shut, undefined, refused[0] ?? '')).toBe('the journey is open to 0.5% of people so far');
    expect(refused.every((person) => rampRefusal(shut, ended, person) === null)).toBe(true);
  });
});
