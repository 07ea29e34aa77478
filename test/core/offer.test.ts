import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bestOf,
  NO_OFFERS,
  type Offer,
  type OfferLedger,
  pickOffer,
  weighOffers,
  withPick,
} from '../../src/core/offer.ts';
import { DAY } from '../../src/core/time.ts';
import { facts, is, T0, trait } from './build.ts';

const offer = (key: string, value: number, propensity: number, more: Partial<Offer> = {}): Offer => ({
  key,
  title: key,
  category: 'promotions',
  eligible: null,
  value: { kind: 'constant', value },
  propensity: { kind: 'constant', value: propensity },
  texts: {},
  again: 'never',
  ...more,
});
const nobody = { facts: facts(), wishes: { suppressed: new Set<string>() }, ledger: NO_OFFERS };
const had = (key: string, at: number, step: string | null = null): OfferLedger => ({
  ...NO_OFFERS,
  offered: [{ offer: key, at, step, value: 1, propensity: 1 }],
});
const why = (one: Offer, more: Partial<typeof nobody> = {}, now = T0) =>
  weighOffers([one], { ...nobody, ...more }, now)[0]?.passed?.why ?? null;

describe('the next best offer', () => {
  it('is the one with the highest expected value, not the greatest or the likeliest', () => {
    const offers = [offer('dear', 1_000, 0.01), offer('likely', 10, 0.9), offer('best', 100, 0.2)];
    expect(weighOffers(offers, nobody, T0).map(({ offer: key, expected }) => [key, expected])).toEqual([
      ['best', 20],
      ['dear', 10],
      ['likely', 9],
    ]);
  });

  it('is the first by name of two alike', () => {
    expect(bestOf(weighOffers([offer('b', 10, 0.5), offer('a', 5, 1)], nobody, T0))?.offer).toBe('a');
  });

  it('is none where none may be made, however much it would be worth', () => {
    const { picked, candidates } = pickOffer({ id: 'pick', offers: [offer('gone', 10, 1, { until: T0 })] }, nobody, T0);
    expect(picked).toBeNull();
    expect(candidates).toMatchObject([{ offer: 'gone', expected: 10, passed: { why: 'over', at: T0 } }]);
  });

  it('stays what the step has picked in this run, whatever has become better or was refused since', () => {
    const ledger = { ...had('modest', T0, 'pick'), left: new Map([['modest', 0]]) };
    const offers = [offer('modest', 1, 0.1), offer('better', 100, 1)];
    expect(pickOffer({ id: 'pick', offers }, { ...nobody, ledger }, T0 + DAY).picked).toMatchObject({
      offer: 'modest',
      isNew: false,
    });
    expect(pickOffer({ id: 'other', offers }, { ...nobody, ledger }, T0 + DAY).picked).toMatchObject({
      offer: 'better',
      isNew: true,
    });
  });
});

it('is one less once it was picked, unless the step had it before or it is for nobody', () => {
  const picked = { offer: 'few', at: T0, step: 'pick', value: 1, propensity: 1, isNew: true };
  const leftAfter = (isNew: boolean, uses: boolean) =>
    withPick({ offered: [], left: new Map([['few', 2]]) }, { ...picked, isNew }, uses).left.get('few');
  expect([leftAfter(true, true), leftAfter(false, true), leftAfter(true, false)]).toEqual([1, 2, 2]);
  expect(withPick(NO_OFFERS, picked, true)).toEqual({ offered: [picked], left: new Map() });
});

describe('an offer is passed over', () => {
  it.each([
    ['not-yet', offer('o', 1, 1, { from: T0 + 1 }), {}],
    ['over', offer('o', 1, 1, { until: T0 }), {}],
    ['unwanted', offer('o', 1, 1), { wishes: { suppressed: new Set(['offer:o']) } }],
    ['unwanted', offer('o', 1, 1), { wishes: { suppressed: new Set(['promotions']) } }],
    ['had', offer('o', 1, 1), { ledger: had('o', T0 - 100 * DAY) }],
    ['had', offer('o', 1, 1, { again: { after: 90 * DAY } }), { ledger: had('o', T0 - 90 * DAY + 1) }],
    ['not-eligible', offer('o', 1, 1, { eligible: trait('plan', is('free')) }), {}],
    ['used-up', offer('o', 1, 1, { limit: 3 }), { ledger: { ...NO_OFFERS, left: new Map([['o', 0]]) } }],
    ['unknown-value', offer('o', 1, 1, { value: { kind: 'trait', path: 'revenue' } }), {}],
  ])('%s', (reason, one, more) => {
    expect(why(one, more)).toBe(reason);
  });

  it('and made at its first instant, to those it is for, and again when that is allowed', () => {
    expect(why(offer('o', 1, 1, { from: T0, until: T0 + 1 }))).toBeNull();
    const free = { facts: facts({ traits: { plan: 'free' } }) };
    expect(why(offer('o', 1, 1, { eligible: trait('plan', is('free')) }), free)).toBeNull();
    expect(why(offer('o', 1, 1, { again: 'always' }), { ledger: had('o', T0) })).toBeNull();
    expect(why(offer('o', 1, 1, { again: { after: DAY } }), { ledger: had('o', T0 - DAY) })).toBeNull();
    expect(why(offer('o', 1, 1), { ledger: had('another', T0) })).toBeNull();
  });
});

it('whatever the offers: what is picked may be made, and none that may be made is worth more', () => {
  const drawn = fc.record({
    value: fc.double({ min: 0, max: 1e6, noNaN: true }),
    propensity: fc.double({ min: -1, max: 2, noNaN: true }),
    until: fc.option(fc.integer({ min: T0 - 2, max: T0 + 2 }), { nil: undefined }),
    limit: fc.constantFrom(undefined, 1),
  });
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 8 }), fc.boolean(), (drafts, soldOut) => {
      const offers = drafts.map(({ value, propensity, ...more }, index) => offer(`o${index}`, value, propensity, more));
      const limited = soldOut ? offers.filter(({ limit }) => limit !== undefined) : [];
      const left = new Map(limited.map(({ key }) => [key, 0]));
      const weighing = { ...nobody, ledger: { ...NO_OFFERS, left } };
      const { picked, candidates } = pickOffer({ id: 'pick', offers }, weighing, T0);
      const open = candidates.filter(({ passed }) => passed === null);
      expect(candidates).toHaveLength(offers.length);
      expect(picked === null).toBe(open.length === 0);
      for (const { propensity } of candidates) expect(propensity).toBe(Math.min(1, Math.max(0, propensity ?? -1)));
      if (picked === null) return;
      const expected = candidates.find(({ offer: key }) => key === picked.offer)?.expected ?? -1;
      for (const other of open) expect(other.expected ?? 0).toBeLessThanOrEqual(expected);
      expect(left.has(picked.offer)).toBe(false);
    }),
  );
});
