import { describe, expect, test } from 'vitest';
import { delivered, interpret } from '../../src/core/interpret.ts';
import type { StepId } from '../../src/core/journey.ts';
import { moveByHand, standsAt, type Whither } from '../../src/core/move-by-hand.ts';
import { takenBack } from '../../src/core/pausing.ts';
import type { Addressee, Cursor, Rounds } from '../../src/core/run.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { email, given, inApp, journey, T0 } from './build.ts';

const wait = (id: string, next?: StepId) => ({ kind: 'wait', id, for: DAY, ...(next && { next }) }) as const;
const repeat = (id: string, first: string) => ({ kind: 'repeat', id, atMost: 3, while: null, first }) as const;
const letters = journey([wait('pause'), email('first'), wait('rest'), email('last')]);
const NOW = T0 + 2 * HOUR;

const waiting = (step: StepId | null, more: { rounds?: Rounds } = {}): Cursor => ({
  ...{ phase: 'waiting', step, at: T0, until: T0 + DAY, visit: 4 },
  ...more,
});
const mailing: Extract<Cursor, { phase: 'delivering' }> = {
  phase: 'delivering',
  step: 'first',
  at: NOW - HOUR,
  visit: 1,
};
const move = (cursor: Cursor, whither: Whither, isKept = false) => moveByHand(letters, cursor, whither, isKept, NOW);
/** Where the run stands afterwards. */
function cursorAfter(...args: Parameters<typeof move>): Cursor {
  const moved = move(...args);
  if (moved.kind !== 'moves') throw new Error(moved.kind);
  return moved.cursor;
}

describe('on', () => {
  test('leaves out the step at which the run stands, a wait or a message that is held', () => {
    expect(cursorAfter(waiting('pause'), 'on')).toEqual({ phase: 'ready', step: 'first', at: NOW, visit: 5 });
    const held: Cursor = {
      ...(waiting('first') as Extract<Cursor, { phase: 'waiting' }>),
      hold: { reason: 'milestone' },
    };
    expect(cursorAfter(held, 'on')).toEqual({ phase: 'ready', step: 'rest', at: NOW, visit: 5 });
  });

  test('from the last step is past it, and from there one cannot go on', () => {
    expect(move(waiting('last'), 'on')).toMatchObject({ kind: 'moves', to: null });
    expect(move(waiting(null), 'on')).toEqual({ kind: 'at-the-end' });
  });

  test('leaves nothing out that a run is about to do, unless it is kept from doing it', () => {
    const ready: Cursor = { phase: 'ready', step: 'first', at: NOW, visit: 5 };
    expect(move(ready, 'on')).toEqual({ kind: 'on-the-move' });
    expect(move(ready, 'on', true)).toMatchObject({ kind: 'moves', to: 'rest' });
  });
});

describe('to a step', () => {
  test('forward, back or where the run stands is a new visit, so that the step is met anew', () => {
    expect(cursorAfter(waiting('rest'), { to: 'first' })).toEqual({ phase: 'ready', step: 'first', at: NOW, visit: 5 });
    const again = interpret(letters, cursorAfter(waiting('rest'), { to: 'rest' }), given(), NOW);
    expect(again.cursor).toEqual({ phase: 'waiting', step: 'rest', at: NOW, until: NOW + DAY, visit: 5 });
    expect(cursorAfter(waiting(null), { to: 'last' })).toMatchObject({ step: 'last', visit: 5 });
  });

  test('has to be one of the version that the run follows', () => {
    expect(move(waiting('rest'), { to: 'fist' })).toEqual({ kind: 'unknown-step' });
  });
});

describe('while a message is on its way', () => {
  test('it goes out first, and then the run stands where it was moved to', () => {
    const cursor = cursorAfter(mailing, { to: 'last' });
    expect(cursor).toEqual({ ...mailing, movedTo: 'last' });
    expect(standsAt(cursor)).toBe('last');
    expect(interpret(letters, cursor, given(), NOW).next).toMatchObject({ kind: 'deliver', step: { id: 'first' } });
    const out = delivered(letters, cursor, given(), NOW + HOUR);
    expect(out).toMatchObject({
      cursor: { phase: 'ready', step: 'last', at: NOW + HOUR, visit: 2 },
      log: { did: 'acted', step: 'first', visit: 1 },
    });
  });

  test('the last word counts, but whoever was moved already cannot go on from where nobody has been yet', () => {
    const once = cursorAfter(mailing, 'on');
    expect(standsAt(once)).toBe('rest');
    expect(move(once, 'on')).toEqual({ kind: 'on-the-move' });
    expect(cursorAfter(once, { to: 'pause' })).toEqual({ ...mailing, movedTo: 'pause' });
  });

  test('others of an account whose turn was still to come do not get it', () => {
    const chosen = (id: number): Addressee => ({ id, name: 'Ada', because: { role: 'admins', place: id, among: 2 } });
    const two: Cursor = { ...mailing, to: [chosen(1), chosen(2)] };
    expect(delivered(letters, cursorAfter(two, 'on'), given(), NOW).cursor).toEqual({
      ...{ phase: 'ready', step: 'rest', at: NOW, visit: 2 },
    });
  });

  test('past the last step, too', () => {
    const last = cursorAfter({ ...mailing, step: 'last' }, 'on');
    expect(last).toMatchObject({ movedTo: null });
    expect(delivered(letters, last, given(), NOW).cursor).toMatchObject({ step: null });
  });

  test('a pause that takes it back leaves the run where it was moved to', () => {
    expect(takenBack(cursorAfter(mailing, { to: 'last' }) as typeof mailing, NOW)).toEqual({
      ...{ phase: 'ready', step: 'last', at: NOW, visit: 2 },
    });
  });
});

test('a message that a pause takes back is decided anew in the same round of a repeat', () => {
  const cursor = { ...mailing, rounds: { again: 2 } } as Extract<Cursor, { phase: 'delivering' }>;
  const { step, at, visit, rounds } = cursor;
  expect(takenBack(cursor, NOW)).toEqual({ phase: 'ready', step, at, visit, rounds });
});

describe('rounds of a repeat', () => {
  const nested = journey([
    wait('before'),
    { ...repeat('outer', 'in-outer'), next: 'after' },
    { ...inApp('in-outer'), next: 'inner' },
    { ...repeat('inner', 'in-inner'), next: 'outer' },
    { ...wait('in-inner'), next: 'inner' },
    wait('after'),
  ]);
  const roundsAt = (to: StepId) => {
    const moved = moveByHand(nested, waiting('in-inner', { rounds: { outer: 2, inner: 3 } }), { to }, false, NOW);
    return moved.kind === 'moves' ? moved.cursor.rounds : moved.kind;
  };

  test('go on counting for whoever stays within it', () => {
    expect(roundsAt('in-inner')).toEqual({ outer: 2, inner: 3 });
    expect(roundsAt('inner')).toEqual({ outer: 2, inner: 3 });
    expect(roundsAt('in-outer')).toEqual({ outer: 2 });
    expect(roundsAt('outer')).toEqual({ outer: 2 });
  });

  test('begin with the first for whoever leaves it and comes back', () => {
    expect(roundsAt('before')).toBeUndefined();
    expect(roundsAt('after')).toBeUndefined();
  });

  test('are those of where the run was moved to while a message was on its way', () => {
    const cursor: Cursor = { phase: 'delivering', step: 'in-inner', at: NOW, visit: 3, rounds: { outer: 2, inner: 3 } };
    const moved = moveByHand(nested, cursor, { to: 'in-outer' }, false, NOW);
    expect(moved).toMatchObject({ cursor: { movedTo: 'in-outer', rounds: { outer: 2 } } });
  });
});
