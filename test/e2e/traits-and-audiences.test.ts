import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { emailFile, settingsFile } from './templates.ts';

const AUDIENCES = `
audience: near-limit
trait: usage_ratio
atLeast: 0.8
---
audience: big-spender
all:
  - { trait: spent, atLeast: 100 }
  - { trait: average_order, above: 30 }
  - { trait: smallest_order, atLeast: 10 }
  - { trait: largest_order, atMost: 100 }
  - { trait: first_product, is: pen }
  - { trait: last_product, is: ink }
  - { trait: products, contains: paper }
  - { trait: product_count, is: 3 }
  - { trait: orders, is: 3 }
  - { trait: account_age_days, atLeast: 20 }
---
audience: ordered-this-month
trait: orders_last_30_days
atLeast: 1
---
audience: target
all:
  - any:
      - { trait: plan, is: free }
      - { trait: seats, atLeast: 10 }
  - not: { event: Account Upgraded }
  - { event: Export Completed, within: 30d }
`;

const TRAITS = `
trait: orders
count: { event: Order Completed }
---
trait: orders_last_30_days
count: { event: Order Completed, within: 30d }
---
trait: spent
sum: { event: Order Completed, property: total }
---
trait: spent_last_30_days
sum: { event: Order Completed, property: total, within: 30d }
---
trait: average_order
average: { event: Order Completed, property: total }
---
trait: smallest_order
min: { event: Order Completed, property: total }
---
trait: largest_order
max: { event: Order Completed, property: total }
---
trait: first_product
first: { event: Order Completed, property: product }
---
trait: last_product
last: { event: Order Completed, property: product }
---
trait: product_count
uniqueCount: { event: Order Completed, property: product }
---
trait: products
uniqueList: { event: Order Completed, property: product }
---
trait: account_age_days
daysSince: createdAt
---
trait: current_usage
last: { event: Feature Limit Reached, property: current_usage }
---
trait: plan_limit
last: { event: Feature Limit Reached, property: plan_limit }
---
trait: usage_ratio
ratio: { of: current_usage, to: plan_limit }
`;

const JOURNEY = `
journey: summary
enter: { event: Summary Wanted, again: always }
steps: [{ email: summary }]
`;

const SUMMARY = [
  'orders',
  'orders_last_30_days',
  'spent',
  'spent_last_30_days',
  'average_order',
  'smallest_order',
  'largest_order',
  'first_product',
  'last_product',
  'product_count',
  'account_age_days',
];

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'traits: { email: string, plan: string, seats: number, createdAt: date }\naccountTraits: { seats: number }\n',
    ),
    'audiences.yaml': AUDIENCES,
    'traits.yaml': TRAITS,
    'journey.yaml': JOURNEY,
    'summary.mjml': emailFile(
      'summary',
      `${SUMMARY.map((trait) => `${trait}={{ person.${trait} }};`).join(' ')} products={{ person.products | join: "+" }};`,
    ),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const ago = (time: number) => new Date(engine.clock.now() - time).toISOString();

describe('A4 computed traits', () => {
  const summaryOf = async (userId: string) => {
    await engine.send({ name: 'Summary Wanted', userId });
    await engine.settled();
    const text = mailbox.messagesTo(`${userId}@example.test`).at(-1)?.text ?? '';
    return Object.fromEntries(Array.from(text.matchAll(/(\w+)=([^;]*);/g), ([, key, value]) => [key, value]));
  };

  test('of every kind, rolling and for ever, decide membership and stand in an email', async () => {
    await engine.identify('buyer', { email: 'buyer@example.test', createdAt: ago(20 * DAY + HOUR) });
    const order = (time: number, product: string, total: number) =>
      engine.send({ name: 'Order Completed', userId: 'buyer', occurredAt: ago(time), properties: { product, total } });
    await order(45 * DAY, 'pen', 10);
    await order(29 * DAY, 'paper', 30);
    expect(await engine.settled().then(() => engine.audiencesOf('buyer'))).toEqual(['ordered-this-month']);
    await order(2 * DAY, 'ink', 80.5);
    await engine.settled();
    expect(await engine.audiencesOf('buyer')).toEqual(['big-spender', 'ordered-this-month']);

    expect(await summaryOf('buyer')).toEqual({
      orders: '3',
      orders_last_30_days: '2',
      spent: '120.5',
      spent_last_30_days: '110.5',
      average_order: String(120.5 / 3),
      smallest_order: '10',
      largest_order: '80.5',
      first_product: 'pen',
      last_product: 'ink',
      product_count: '3',
      products: 'pen+paper+ink',
      account_age_days: '20',
    });
  });

  test('of a rolling window fall by the clock alone, and membership with them, on the instant', async () => {
    await engine.identify('lapsing', { email: 'lapsing@example.test', createdAt: ago(0) });
    await engine.send({ name: 'Order Completed', userId: 'lapsing', properties: { product: 'pen', total: 5 } });
    await engine.pass(30 * DAY - MINUTE);
    expect(await engine.audiencesOf('lapsing')).toEqual(['ordered-this-month']);
    expect(await summaryOf('lapsing')).toMatchObject({ orders_last_30_days: '1', account_age_days: '29' });
    await engine.pass(MINUTE);
    expect(await engine.audiencesOf('lapsing')).toEqual([]);
    expect(await summaryOf('lapsing')).toMatchObject({ orders: '1', orders_last_30_days: '0', account_age_days: '30' });
  });
});

describe('A5 live audiences over traits and events', () => {
  test('with AND, OR and NOT, entered and left as it happens', async () => {
    const userId = 'moving';
    const steps: [string, () => Promise<void>, boolean][] = [
      ['a trait alone is not enough', () => engine.identify(userId, { plan: 'free' }), false],
      ['trait and event together are', () => engine.send({ name: 'Export Completed', userId }), true],
      ['the first of two alternatives is lost', () => engine.identify(userId, { plan: 'team' }), false],
      ['the second is as good', () => engine.identify(userId, { seats: 12 }), true],
      ['30 days later the event is too old', () => engine.pass(30 * DAY), false],
      ['a new event counts again', () => engine.send({ name: 'Export Completed', userId }), true],
      ['what must not have happened happens', () => engine.send({ name: 'Account Upgraded', userId }), false],
    ];
    for (const [what, step, isMember] of steps) {
      await step();
      await engine.settled();
      expect([what, (await engine.audiencesOf(userId)).includes('target')]).toEqual([what, isMember]);
    }
  });

  test('show their size and some members before they are saved, and the saved ones then have just those', async () => {
    for (const [userId, seats] of [
      ['seats-3', 3],
      ['seats-30', 30],
      ['seats-31', 31],
    ] as const)
      await engine.identify(userId, { plan: 'preview', seats });
    await engine.send({ name: 'Export Completed', userId: 'seats-31' });
    await engine.settled();
    const definition = `
audience: draft
all:
  - { trait: plan, is: preview }
  - any: [{ trait: seats, above: 30 }, { trait: seats, below: 5 }]
  - not: { event: Account Upgraded }
`;
    expect(await server.api('/api/audiences/preview', { definition })).toMatchObject({
      size: 2,
      sample: [{ userId: 'seats-3' }, { userId: 'seats-31' }],
    });
    await engine.send({ name: 'Account Upgraded', userId: 'seats-3' });
    await engine.settled();
    expect(await server.api('/api/audiences/preview', { definition, sample: 0 })).toMatchObject({
      size: 1,
      sample: [],
    });
  });

  test('tell what is wrong with a draft', async () => {
    const definition = 'audience: draft\ntrait: plam\nis: free\n';
    await expect(server.api('/api/audiences/preview', { definition })).rejects.toThrow(/plam.*Did you mean `plan`/s);
  });
});

describe('A6 a usage ceiling as a ratio', () => {
  const use = (current_usage: number, plan_limit: number) =>
    engine.send({ name: 'Feature Limit Reached', userId: 'filling', properties: { current_usage, plan_limit } });

  test.each([
    [79, 100, false],
    [80, 100, true],
    [80, 120, false],
    [200, 250, true],
    [5, 0, false],
  ])('%i of %i used', async (used, limit, isNear) => {
    await use(used, limit);
    await engine.settled();
    expect((await engine.audiencesOf('filling')).includes('near-limit')).toBe(isNear);
  });
});
