import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import {
  CHOICES,
  type Subjects,
  saidBy,
  subjectOf,
  unwanted,
  WISH_SUBJECTS,
  type Wishes,
  wishKey,
  wishOf,
  withWish,
} from '../../src/core/wishes.ts';
import { T0 } from './build.ts';

const NONE: Wishes = { suppressed: new Set() };
const banner: Subjects = { journey: 'upgrade', template: 'unlock', category: 'product', offer: 'half-price' };
const against = (wishes: Wishes, subjects: Subjects = banner, now = T0) =>
  unwanted(subjects, [subjects.category ?? ''], wishes, now);
const never = (...what: string[]): Wishes => ({ suppressed: new Set(what) });
const snoozed = (what: string, until: number): Wishes => ({ ...NONE, snoozed: new Map([[what, until]]) });

describe('a message is not wanted', () => {
  it.each([
    ['all', { reason: 'suppressed', category: 'all' }],
    ['product', { reason: 'suppressed', category: 'product' }],
    ['offer:half-price', { reason: 'never-this', what: 'offer', name: 'half-price' }],
    ['template:unlock', { reason: 'never-this', what: 'template', name: 'unlock' }],
    ['journey:upgrade', { reason: 'never-this', what: 'journey', name: 'upgrade' }],
  ])('by whoever never wants %s', (what, refusal) => {
    expect(against(never(what))).toEqual(refusal);
  });

  it('by nobody who means other things', () => {
    const others = ['news', 'offer:free-month', 'template:product', 'journey:unlock', 'unlock'];
    expect(against(never(...others))).toBeNull();
    expect(against(never('offer:half-price'), { ...banner, offer: null })).toBeNull();
  });

  it('until a snooze ends by itself, exactly then', () => {
    const asleep = snoozed('offer:half-price', T0 + DAY);
    expect(against(asleep, banner, T0 + DAY - 1)).toEqual({
      reason: 'snoozed',
      what: 'offer',
      name: 'half-price',
      freeAt: T0 + DAY,
    });
    expect(against(asleep, banner, T0 + DAY)).toBeNull();
  });

  it('until the last of several snoozes ends', () => {
    const wishes = withWish(snoozed('all', T0 + DAY), { what: 'product', until: T0 + 2 * DAY });
    expect(against(wishes)).toMatchObject({ what: 'category', name: 'product', freeAt: T0 + 2 * DAY });
  });

  it('in a run in which the person put it away', () => {
    const wishes = { ...NONE, dismissed: new Set(['template:unlock']) };
    expect(against(wishes)).toEqual({ reason: 'dismissed', what: 'template', name: 'unlock' });
    expect(against(wishes, { ...banner, template: 'other' })).toBeNull();
  });

  it('for ever comes before what ends', () => {
    const both = { ...snoozed('all', T0 + DAY), suppressed: new Set(['journey:upgrade']) };
    expect(against(both)).toMatchObject({ reason: 'never-this' });
  });
});

describe('what an answer means', () => {
  const until = T0 + DAY;

  it.each([
    [{ choice: 'dismiss' }, null],
    [
      { choice: 'snooze', until },
      { what: 'offer:half-price', until },
    ],
    [
      { choice: 'snooze', until, of: 'category' },
      { what: 'product', until },
    ],
    [{ choice: 'snooze' }, null],
    [{ choice: 'never-this' }, { what: 'offer:half-price', until: null }],
    [
      { choice: 'never-this', of: 'journey' },
      { what: 'journey:upgrade', until: null },
    ],
    [{ choice: 'never-any' }, { what: 'product', until: null }],
    [
      { choice: 'never-any', of: 'all' },
      { what: 'all', until: null },
    ],
  ] as const)('%j', (answer, wish) => {
    expect(wishOf(answer, banner)).toEqual(wish);
  });

  it('where nothing was offered the template is meant', () => {
    expect(wishOf({ choice: 'never-this' }, { ...banner, offer: null })).toEqual({
      what: 'template:unlock',
      until: null,
    });
  });

  it('of a message of which nothing is known, nothing is refused', () => {
    for (const choice of CHOICES) expect(wishOf({ choice, until }, {})).toBeNull();
  });
});

describe('events that say what is not wanted', () => {
  const event = (name: string, properties = {}) => saidBy({ name, properties });

  it('a dismissal carries its choice', () => {
    const properties = { choice: 'snooze', snoozeUntil: '2024-01-02', template: 'unlock', category: '', message_id: 7 };
    expect(event('In-App Message Dismissed', properties)).toEqual({
      said: 'answer',
      answer: { choice: 'snooze', of: undefined, until: T0 + DAY },
      message: null,
      of: { template: 'unlock' },
    });
  });

  it('a choice that is none is a plain dismissal', () => {
    expect(event('In-App Message Dismissed', { choice: 'whatever', of: 3 })).toMatchObject({
      answer: { choice: 'dismiss', of: undefined },
    });
  });

  it('an unsubscribe of which nobody says from what is from everything', () => {
    expect(event('Unsubscribed', { unsubscribed_from: 'news' })).toEqual({
      said: 'wish',
      wish: { what: 'news', until: null },
    });
    expect(event('Unsubscribed')).toEqual({ said: 'wish', wish: { what: 'all', until: null } });
  });

  it('others say nothing', () => {
    expect(event('In-App Message Clicked', { choice: 'never-any' })).toBeNull();
  });
});

const what = fc.constantFrom('all', 'news', 'offer:a', 'template:a', 'journey:a');
const wish = fc.record({ what, until: fc.option(fc.integer({ min: T0, max: T0 + 100 }), { nil: null }) });
const subjects = fc.record({
  journey: fc.constantFrom('a', 'b'),
  template: fc.constantFrom('a', 'b', null),
  category: fc.constantFrom('news', 'product'),
  offer: fc.constantFrom('a', 'b', null, undefined),
});

describe('whatever is said', () => {
  it('and in whatever order, the same is not wanted', () => {
    const inOrder = fc
      .array(wish)
      .chain((wishes) => fc.tuple(fc.constant(wishes), fc.shuffledSubarray(wishes, { minLength: wishes.length })));
    fc.assert(
      fc.property(inOrder, subjects, fc.integer({ min: T0, max: T0 + 100 }), ([one, other], message, now) => {
        const [a, b] = [one, other].map((wishes) => wishes.reduce<Wishes>(withWish, NONE));
        expect(against(a ?? NONE, message, now)).toEqual(against(b ?? NONE, message, now));
      }),
    );
  });

  it('once it ends it never comes back, and it ends when it says', () => {
    fc.assert(
      fc.property(fc.array(wish), subjects, fc.integer({ min: T0, max: T0 + 100 }), (wishes, message, now) => {
        const all = wishes.reduce<Wishes>(withWish, NONE);
        const found = against(all, message, now);
        if (found === null) expect(against(all, message, now + 1)).toBeNull();
        if (found?.reason !== 'snoozed') return;
        expect(against(all, message, found.freeAt - 1)).not.toBeNull();
        expect(against(all, message, found.freeAt)).toBeNull();
      }),
    );
  });

  it('what is meant is kept as a text that can be read back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WISH_SUBJECTS), fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/), (of, name) => {
        fc.pre(name !== 'all');
        expect(subjectOf(wishKey(of, name))).toEqual(of === 'all' ? { of, name: 'all' } : { of, name });
      }),
    );
  });
});
