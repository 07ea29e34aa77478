import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadlineOf } from '../../src/core/ending.ts';
import { interpret } from '../../src/core/interpret.ts';
import type { Journey } from '../../src/core/journey.ts';
import { awaitsTheSame, destinationOf, relocated, SAME_STEPS } from '../../src/core/migration.ts';
import type { Cursor } from '../../src/core/run.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import { did, email, given, inApp, journey, T0 } from './build.ts';

const wait = (id: string, length: number) => ({ kind: 'wait', id, for: length }) as const;
const until = (id: string, name: string, timeout: number) =>
  ({ kind: 'wait-until', id, condition: did(name), timeout, onTimeout: null }) as const;
const standing = (step: string | null, at: Instant, ends: Instant): Extract<Cursor, { phase: 'waiting' }> => ({
  phase: 'waiting',
  step,
  at,
  until: ends,
  visit: 3,
});

describe('where people go', () => {
  const before = journey([wait('pause', DAY), inApp('note'), until('look', 'Looked', DAY)]);
  const after = journey([wait('pause', HOUR), email('note'), wait('rest', DAY)]);

  test('to the step of the same id, as long as it is of the same kind', () => {
    expect(destinationOf('pause', before, after, SAME_STEPS)).toEqual({ to: 'pause' });
    expect(destinationOf(null, before, after, SAME_STEPS)).toEqual({ to: null });
  });

  test('nowhere, if that step is of another kind or is gone', () => {
    expect(destinationOf('note', before, after, SAME_STEPS)).toBeNull();
    expect(destinationOf('look', before, after, SAME_STEPS)).toBeNull();
  });

  test('where the map says, first of all', () => {
    const map = { steps: { pause: { to: 'rest' }, look: 'out' }, end: 'stay', others: 'stay' } as const;
    expect(destinationOf('pause', before, after, map)).toEqual({ to: 'rest' });
    expect(destinationOf('look', before, after, map)).toBe('out');
    expect(destinationOf(null, before, after, map)).toBe('stay');
    expect(destinationOf('note', before, after, map)).toBe('stay');
  });

  test('on with what they are on, if the journey is not in the workspace any more', () => {
    expect(destinationOf('pause', before, null, SAME_STEPS)).toBe('stay');
    expect(destinationOf(null, before, null, { steps: {}, others: 'out' })).toBe('out');
  });
});

describe('a wait', () => {
  const after = journey([wait('short', HOUR), wait('long', 3 * DAY), until('look', 'Looked', 5 * DAY)]);

  test('keeps the instant at which it began, and its new length counts from there', () => {
    const now = T0 + 2 * DAY;
    expect(relocated(standing('long', T0 + DAY, T0 + 2 * DAY), after, 'long', T0, now)).toEqual({
      ...standing('long', T0 + DAY, T0 + 4 * DAY),
    });
  });

  test('at a message to several of an account leaves everybody the turn that is still to come, and no other', () => {
    const welcome = journey([email('hello')]);
    const to = [{ id: 2, name: 'bob', because: { role: 'team', place: 2, among: 2 } }];
    const held = { ...standing('hello', T0, T0 + HOUR), hold: { reason: 'hours', zone: 'UTC' }, to } as const;
    expect(relocated(held, welcome, 'hello', T0, T0 + 1)).toEqual({
      ...{ phase: 'ready', step: 'hello', at: T0 + 1, visit: 3 },
      to,
    });
    expect(relocated(held, after, 'long', T0, T0 + 1)).not.toHaveProperty('to');
  });

  test('that would be over by now is over now', () => {
    const now = T0 + 2 * DAY;
    expect(relocated(standing('long', T0 + DAY, T0 + 9 * DAY), after, 'short', T0, now)).toEqual({
      ...standing('short', T0 + DAY, now),
      visit: 4,
    });
  });

  test('is over with the time limit at the latest', () => {
    const strict = { ...after, exit: { after: 2 * DAY, when: null } };
    expect(relocated(standing('look', T0, T0 + DAY), strict, 'look', T0, T0 + HOUR)).toMatchObject({
      until: T0 + 2 * DAY,
    });
  });

  test('for the goal lasts as long as the run may take; without a goal there is nothing left to wait for', () => {
    const atTheEnd = standing(null, T0 + DAY, T0 + 14 * DAY);
    const wanted = { ...after, goal: did('Bought'), exit: { after: 20 * DAY, when: null } };
    expect(relocated(atTheEnd, wanted, null, T0, T0 + 2 * DAY)).toEqual({ ...atTheEnd, until: T0 + 20 * DAY });
    expect(relocated(atTheEnd, after, null, T0, T0 + 2 * DAY)).toMatchObject({ phase: 'ready', step: null });
  });

  test('that leads to a step that acts has it done now', () => {
    const acting = journey([inApp('note')]);
    expect(relocated(standing('long', T0, T0 + DAY), acting, 'note', T0, T0 + HOUR)).toEqual({
      phase: 'ready',
      step: 'note',
      at: T0 + HOUR,
      visit: 4,
    });
  });

  test('for the same condition still knows that it came true', () => {
    const [same, other] = [until('a', 'Looked', DAY), until('b', 'Bought', DAY)].map((step) => ({
      ...step,
      next: null,
    }));
    expect(awaitsTheSame(same, { ...until('c', 'Looked', HOUR), next: null })).toBe(true);
    expect(awaitsTheSame(same, other)).toBe(false);
    expect(awaitsTheSame(same, undefined)).toBe(false);
  });
});

const kinds = fc.constantFrom('wait', 'wait-until', 'in-app', 'email') satisfies fc.Arbitrary<string>;
const length = fc.integer({ min: 1, max: 30 }).map((days) => days * DAY);
const journeys: fc.Arbitrary<Journey> = fc
  .tuple(fc.array(fc.tuple(kinds, length), { minLength: 1, maxLength: 5 }), length, fc.boolean())
  .map(([steps, after, hasGoal]) =>
    journey(
      steps.map(([kind, days], index) => {
        const id = `s${index}`;
        if (kind === 'wait') return wait(id, days);
        if (kind === 'wait-until') return until(id, 'Looked', days);
        return kind === 'email' ? email(id) : inApp(id);
      }),
      { exit: { after, when: null }, goal: hasGoal ? did('Bought') : null },
    ),
  );

test('whoever is moved stands somewhere from which the new version goes on, never back in time', () => {
  fc.assert(
    fc.property(journeys, journeys, fc.nat(40), fc.nat(), fc.nat(), (before, after, day, from, to) => {
      const now = T0 + day * DAY;
      const step = `s${from % 5}`;
      fc.pre(before.steps[step] !== undefined);
      const { cursor } = interpret(before, { phase: 'ready', step, at: T0, visit: 0 }, given(), T0);
      fc.pre(cursor.phase === 'waiting');
      const target = to % 6 === 5 ? null : `s${to % 6}`;
      fc.pre(target === null || after.steps[target] !== undefined);
      if (cursor.phase !== 'waiting') return;

      const moved = relocated(cursor, after, target, T0, now);
      expect(moved.step).toBe(target);
      expect(moved.visit).toBe(cursor.visit + (target === cursor.step ? 0 : 1));
      if (moved.phase === 'waiting') {
        expect(moved.at).toBe(cursor.at);
        expect(moved.until).toBeGreaterThanOrEqual(now);
        expect(moved.until).toBeLessThanOrEqual(Math.max(now, deadlineOf(after, T0)));
      }
      const { log, next } = interpret(after, moved, given(), now);
      for (const entry of log) expect(entry.at).toBeGreaterThanOrEqual(moved.phase === 'waiting' ? cursor.at : now);
      if (next.kind === 'wait') expect(next.until).toBeGreaterThan(now);
    }),
    { numRuns: 2_000 },
  );
});
