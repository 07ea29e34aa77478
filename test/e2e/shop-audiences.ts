/**
 * Audiences of every kind over the shop's half year, for the engine to be held against brute force.
 * @module
 */
import type { Condition, EventPattern, Expression } from '../../src/core/condition.ts';
import { USUAL_DECAY } from '../../src/core/score.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { aggregate, all, any, did, filter, is, member, not, trait } from '../core/build.ts';

const such = (name: string): EventPattern => ({ names: [name], where: [] });
const value = (of: Expression, op: 'atLeast' | 'above' | 'below', bound: number): Condition => ({
  kind: 'value',
  of,
  test: { op, value: bound },
});

const activity = aggregate('count', '*', undefined, { within: 14 * DAY });
const sinceOrder: Expression = { kind: 'daysSince', of: aggregate('lastAt', 'Order Completed') };
const readiness: Expression = {
  kind: 'score',
  signals: [
    { name: 'cart', weight: 10, most: 30, by: { events: filter('Product Added'), decay: USUAL_DECAY } },
    { name: 'payment', weight: 20, by: { events: filter('Payment Info Entered'), decay: USUAL_DECAY } },
    { name: 'trouble', weight: -15, by: { events: filter('Payment Failed'), decay: { halfLife: 7 * DAY } } },
    { name: 'returning', weight: 10, by: { condition: trait('user_lifecycle', is('returning')) } },
  ],
};

/** Those that refer to others come after them. */
export const SHOP_AUDIENCES: Readonly<Record<string, Condition>> = {
  browsing: did('Product Viewed', { within: 7 * DAY }, { atLeast: 3 }),
  'left-cart': {
    kind: 'sequence',
    steps: [such('Product Viewed'), { ...such('Product Added'), within: 2 * HOUR }],
    without: [],
    thenNot: { ...such('Order Completed'), within: DAY },
    within: 7 * DAY,
  },
  quiet: all(did('*'), not(did('*', { within: 21 * DAY }))),
  troubled: any(
    did('Payment Failed', { within: 30 * DAY }, { atLeast: 2 }),
    did('Checkout Failed', { within: 7 * DAY }),
  ),
  'bought-at-once': {
    kind: 'sequence',
    steps: [such('Product Viewed'), such('Product Added'), such('Order Completed')],
    without: [such('Products Compared')],
    session: 30 * MINUTE,
    within: 14 * DAY,
  },
  'mobile-regulars': all(
    trait('platform', is('mobile')),
    value(aggregate('uniqueCount', '*', 'session_id', { within: 30 * DAY }), 'atLeast', 3),
  ),
  'picking-up': value(
    { kind: 'arithmetic', op: '-', left: activity, right: { kind: 'ago', of: activity, by: 14 * DAY } },
    'atLeast',
    5,
  ),
  hot: {
    kind: 'value',
    of: {
      kind: 'band',
      of: readiness,
      bands: [
        { name: 'hot', from: 45 },
        { name: 'warm', from: 20 },
      ],
    },
    test: is('hot'),
  },
  'looking-again': did(
    'Product Viewed',
    { since: { which: 'last', ...such('Order Completed') }, upTo: 20 * DAY },
    { atLeast: 2 },
  ),
  'busy-today': did('*', { days: { count: 1, zone: 'Europe/Berlin' } }, { atLeast: 8 }),
  'due-again': all(value(sinceOrder, 'atLeast', 10), value(sinceOrder, 'below', 30)),
  wishing: {
    kind: 'compare',
    left: aggregate('count', 'Product Added to Wishlist'),
    op: 'above',
    right: aggregate('count', 'Order Completed'),
  },
  'new-device': all(
    value(aggregate('newCount', '*', 'platform', { within: 30 * DAY }), 'atLeast', 1),
    did('*', {}, { atLeast: 20 }),
  ),
  'worth-a-call': all(any(member('hot'), member('troubled')), not(member('quiet'))),
};
