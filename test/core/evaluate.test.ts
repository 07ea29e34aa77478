import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/core/evaluate.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { all, any, did, event, facts, is, member, not, T0, trait } from './build.ts';

const viewedAt = (...hours: number[]) => facts({ events: hours.map((hour) => event('Viewed', T0 + hour * HOUR)) });

describe('counting events in a rolling window', () => {
  const threeInADay = did('Viewed', { within: DAY }, { atLeast: 3 });

  it('holds while enough are young enough, and says when the third youngest leaves', () => {
    const verdict = evaluate(threeInADay, viewedAt(0, 1, 2, 3), T0 + 4 * HOUR);
    expect(verdict).toMatchObject({ holds: true, until: T0 + HOUR + DAY });
    expect(evaluate(threeInADay, viewedAt(0, 1, 2, 3), T0 + HOUR + DAY - 1).holds).toBe(true);
    expect(evaluate(threeInADay, viewedAt(0, 1, 2, 3), T0 + HOUR + DAY).holds).toBe(false);
  });

  it('never turns true by time alone where too few happened', () => {
    expect(evaluate(threeInADay, viewedAt(0, 1), T0 + 2 * HOUR)).toMatchObject({ holds: false, until: null });
  });

  it('an upper bound comes true as events leave', () => {
    const atMostOne = did('Viewed', { within: DAY }, { atMost: 1 });
    expect(evaluate(atMostOne, viewedAt(0, 1, 2), T0 + 2 * HOUR)).toMatchObject({
      holds: false,
      until: T0 + HOUR + DAY,
    });
    expect(evaluate(atMostOne, viewedAt(0, 1, 2), T0 + HOUR + DAY)).toMatchObject({ holds: true, until: null });
  });

  it('exactly so many comes true and passes again', () => {
    const exactlyOne = did('Viewed', { within: DAY }, { atLeast: 1, atMost: 1 });
    const known = viewedAt(0, 1);
    expect(evaluate(exactlyOne, known, T0 + HOUR)).toMatchObject({ holds: false, until: T0 + DAY });
    expect(evaluate(exactlyOne, known, T0 + DAY)).toMatchObject({ holds: true, until: T0 + HOUR + DAY });
    expect(evaluate(exactlyOne, known, T0 + HOUR + DAY)).toMatchObject({ holds: false, until: null });
  });

  it('events at the same instant leave together', () => {
    expect(evaluate(did('Viewed', { within: DAY }, { atLeast: 2 }), viewedAt(0, 0, 0), T0)).toMatchObject({
      holds: true,
      until: T0 + DAY,
    });
  });

  it('none ever: zero events hold `at most 0`', () => {
    expect(evaluate(did('Viewed', {}, { atMost: 0 }), facts(), T0)).toMatchObject({ holds: true, until: null });
    expect(evaluate(did('Viewed', {}, { atMost: 0 }), viewedAt(0), T0)).toMatchObject({ holds: false, until: null });
  });

  it('an event still ahead does not count, but is known to be coming', () => {
    expect(evaluate(did('Viewed'), viewedAt(5), T0)).toMatchObject({ holds: false, until: T0 + 5 * HOUR });
  });
});

describe('groups', () => {
  const recent = (name: string, within: number) => did(name, { within });
  const known = facts({ events: [event('A', T0), event('B', T0)], traits: { plan: 'free' } });

  it('a true `all` stays as long as its shortest part, a false one as long as its longest false part', () => {
    expect(evaluate(all(recent('A', HOUR), recent('B', DAY)), known, T0)).toMatchObject({
      holds: true,
      until: T0 + HOUR,
    });
    const bothGone = all(not(recent('A', HOUR)), not(recent('B', DAY)));
    expect(evaluate(bothGone, known, T0)).toMatchObject({ holds: false, until: T0 + DAY });
    expect(evaluate(all(not(recent('A', HOUR)), trait('plan', is('pro'))), known, T0)).toMatchObject({
      holds: false,
      until: null,
    });
  });

  it('a true `any` stays as long as its longest true part, a false one as long as its shortest part', () => {
    expect(evaluate(any(recent('A', HOUR), recent('B', DAY)), known, T0)).toMatchObject({
      holds: true,
      until: T0 + DAY,
    });
    expect(evaluate(any(not(recent('A', HOUR)), not(recent('B', DAY))), known, T0)).toMatchObject({
      holds: false,
      until: T0 + HOUR,
    });
    expect(evaluate(any(recent('A', HOUR), trait('plan', is('free'))), known, T0)).toMatchObject({
      holds: true,
      until: null,
    });
  });

  it('of nothing: `all` holds, `any` does not, for ever', () => {
    expect(evaluate(all(), facts(), T0)).toMatchObject({ holds: true, until: null });
    expect(evaluate(any(), facts(), T0)).toMatchObject({ holds: false, until: null });
  });

  it('`not` turns the answer and keeps the instant: gone quiet is the event leaving its window', () => {
    const quiet = all(did('*'), not(recent('*', 21 * DAY)));
    expect(evaluate(quiet, known, T0 + DAY)).toMatchObject({ holds: false, until: T0 + 21 * DAY });
    expect(evaluate(quiet, known, T0 + 21 * DAY)).toMatchObject({ holds: true, until: null });
  });
});

describe('an answer', () => {
  it('knows other audiences only as they are', () => {
    expect(evaluate(member('vip'), facts({ audiences: ['vip'] }), T0)).toMatchObject({ holds: true, until: null });
    expect(evaluate(member('vip'), facts(), T0).holds).toBe(false);
  });

  it('says what was found for each clause', () => {
    const condition = all(trait('plan', is('pro')), did('Viewed'), trait('missing', { op: 'exists', value: false }));
    const { because } = evaluate(condition, { ...viewedAt(0, 1), traits: { plan: 'free' } }, T0 + DAY);
    expect(because.of?.map(({ holds, found }) => ({ holds, found }))).toEqual([
      { holds: false, found: 'free' },
      { holds: true, found: { times: 2, last: '2024-01-01T01:00:00.000Z' } },
      { holds: true, found: null },
    ]);
  });
});
