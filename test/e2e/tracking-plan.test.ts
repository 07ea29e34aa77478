import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { type TestServer, testServer, WRITE_KEY } from './server.ts';
import { settingsFile } from './templates.ts';

const AUDIENCES = `
audience: limited
event: Feature Limit Reached
---
audience: on-pro
trait: plan
is: pro
---
audience: buyers
event: Order Completed
---
audience: strangers
event: Never Heard Of
`;

const PLAN = `
plan: shop-events
unplanned: hold
events:
  Feature Limit Reached:
    rule: hold
    required: { feature: string, plan_limit: number }
    allowed: { plan: { in: [free, pro] }, items.price: number }
    others: no
  Order Completed:
    required: { total: number }
identify:
  rule: hold
  allowed: { plan: { in: [free, pro] } }
group:
  required: { seats: integer }
`;

const files = (plan: string) => ({
  'settings.yaml': settingsFile('traits: { plan: string }\naccountTraits: { seats: number }\n'),
  'audiences.yaml': AUDIENCES,
  'plan.yaml': plan,
});

let engine: TestEngine;
let server: TestServer;

beforeAll(async () => {
  engine = await testEngine({ workspace: await workspaceOf(files(PLAN)), smtpUrl: 'smtp://localhost:1' });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
});

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
interface Held {
  readonly id: number;
  readonly event: string;
  readonly userId: string;
  readonly reason: string;
  readonly violations: readonly object[];
  readonly publication: number;
}

/** As clients do: over HTTP, and answered with 200 whatever the plan says. */
async function call(type: string, body: object): Promise<void> {
  const response = await fetch(`${server.url}/v1/${type}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  engine.nudge();
  await engine.settled();
}
const track = (userId: string, event: string, properties: object, messageId?: string) =>
  call('track', { userId, event, properties, ...(messageId === undefined ? {} : { messageId }) });
const heldOf = async (person: string) => (await server.api<Page<Held>>(`/api/held-events?person=${person}`)).items;
const planned = async (event: string) =>
  (await server.api<Page<{ event: string }>>('/api/tracking-plan')).items.find((one) => one.event === event);

describe('what violates the tracking plan', () => {
  test('by a rule that holds is kept aside with field, expectation and finding, and moves nobody', async () => {
    await track('held', 'Feature Limit Reached', { feature: 7, plan: 'gold', colour: 'red' });
    const [held] = await heldOf('held');
    expect(held).toMatchObject({
      event: 'Feature Limit Reached',
      reason: expect.stringContaining('properties.plan_limit is missing (number)'),
      violations: [
        { field: 'properties.colour', kind: 'undeclared', expected: 'nothing', got: '"red"' },
        { field: 'properties.feature', kind: 'type', expected: 'string', got: '7' },
        { field: 'properties.plan', kind: 'value', expected: 'one of "free", "pro"', got: '"gold"' },
        { field: 'properties.plan_limit', kind: 'missing', expected: 'number', got: 'nothing' },
      ],
      publication: 1,
    });
    expect(
      await server.app.inject({ url: '/api/people/held', headers: { authorization: 'Bearer api-key' } }),
    ).toMatchObject({
      statusCode: 404,
    });
  });

  test('by a rule that passes is counted and applied', async () => {
    await track('passed', 'Order Completed', { total: '12' });
    await track('passed', 'Order Completed', { total: 12 });
    expect(await engine.audiencesOf('passed')).toEqual(['buyers']);
    expect(await heldOf('passed')).toEqual([]);
    expect(await planned('Order Completed')).toMatchObject({
      ...{ rule: 'pass', seen: 2, passed: 1, held: 0, inHand: 0 },
      violations: [
        {
          field: 'properties.total',
          kind: 'type',
          passed: 1,
          held: 0,
          sample: { expected: 'number', got: '"12"', person: 'passed' },
        },
      ],
    });
  });

  test('an event that no plan names is held where the plan says so, and what the engine reports itself never is', async () => {
    await track('unplanned', 'Never Heard Of', {});
    expect(await heldOf('unplanned')).toMatchObject([{ violations: [{ field: 'event', kind: 'unplanned' }] }]);
    await call('track', { userId: 'unplanned', event: 'Order Completed', properties: { total: 1 } });
    const [{ id: profileId = 0 } = {}] = await engine.database.db
      .selectFrom('profiles')
      .select('id')
      .where('user_id', '=', 'unplanned')
      .execute();
    await engine.send({ name: 'Email Opened', profileId });
    await engine.settled();
    expect(await heldOf('unplanned')).toHaveLength(1);
    const { events } = await server.api<{ events: { name: string }[] }>('/api/people/unplanned');
    expect(events.map(({ name }) => name)).toEqual(['Email Opened', 'Order Completed']);
  });

  test('in the traits of a call: what says nothing of traits is fine', async () => {
    await call('identify', { userId: 'traits', context: { ip: '1.2.3.4' } });
    await call('identify', { userId: 'traits', traits: { plan: 'gold' } });
    await call('identify', { userId: 'traits', traits: { plan: 'pro' } });
    await call('group', { userId: 'traits', groupId: 'acme', traits: { seats: 2.5 } });
    expect(await engine.audiencesOf('traits')).toEqual(['on-pro']);
    expect(await heldOf('traits')).toMatchObject([{ event: 'identify', violations: [{ field: 'traits.plan' }] }]);
    expect(await planned('identify')).toMatchObject({ rule: 'hold', seen: 3, passed: 0, held: 1, inHand: 1 });
    expect(await planned('group')).toMatchObject({ seen: 1, passed: 1, held: 0 });
  });

  test('inside lists of objects every element has to be right', async () => {
    const right = { feature: 'x', plan_limit: 1 };
    await track('lists', 'Feature Limit Reached', { ...right, items: [{ price: 1 }, { price: 2 }] });
    expect(await heldOf('lists')).toEqual([]);
    await track('lists', 'Feature Limit Reached', { ...right, items: [{ price: 1 }, { price: 'two', size: 3 }] });
    expect(await heldOf('lists')).toMatchObject([
      {
        violations: [
          { field: 'properties.items.price', kind: 'type', got: '"two"' },
          { field: 'properties.items.size', kind: 'undeclared' },
        ],
      },
    ]);
  });
});

test('what stands behind a merge in the same batch is neither lost nor counted twice', async () => {
  const order = { name: 'Order Completed', userId: 'merged' };
  await engine.send({ ...order, properties: { total: 1 } }, { ...order, userId: undefined, anonymousId: 'device' });
  await engine.settled();
  const before = (await planned('Order Completed')) as unknown as { seen: number; passed: number };
  await engine.send(
    { ...order, properties: { total: 'two' } },
    { type: 'identify', name: 'identify', userId: 'merged', anonymousId: 'device' },
    { ...order, properties: { total: 'three' } },
    { name: 'Feature Limit Reached', userId: 'merged' },
    { ...order, properties: { total: 4 } },
  );
  await engine.settled();
  const { events } = await server.api<{ events: { name: string }[] }>('/api/people/merged');
  expect(events.filter(({ name }) => name === 'Order Completed')).toHaveLength(5);
  expect(await heldOf('merged')).toHaveLength(1);
  expect(await planned('Order Completed')).toMatchObject({ seen: before.seen + 3, passed: before.passed + 2 });
});

describe('an event that is kept aside', () => {
  test('counts once by its message id, and is held once', async () => {
    await track('twice', 'Feature Limit Reached', {}, 'one-and-the-same');
    await track('twice', 'Feature Limit Reached', {}, 'one-and-the-same');
    expect(await heldOf('twice')).toHaveLength(1);
  });

  test('is found by event, by person and by property, page by page', async () => {
    await track('paged', 'Feature Limit Reached', { feature: 1 });
    await track('paged', 'Feature Limit Reached', { feature: 'x' });
    const first = await server.api<Page<Held>>('/api/held-events?person=paged&event=Feature Limit Reached&limit=1');
    const second = await server.api<Page<Held>>(`/api/held-events?person=paged&limit=1&cursor=${first.next}`);
    expect([...first.items, ...second.items].map(({ violations }) => violations.length)).toEqual([2, 1]);
    expect(second.next).toBeNull();
    const typed = await server.api<Page<Held>>('/api/held-events?person=paged&field=properties.feature');
    expect(typed.items).toEqual(first.items);
  });

  test('that is given up stays on record with the reason, and is not released any more', async () => {
    await track('given-up', 'Feature Limit Reached', {});
    const ids = (await heldOf('given-up')).map(({ id }) => id);
    expect(await server.api('/api/held-events/discard', { ids, because: 'sent by a test' })).toEqual({ discarded: 1 });
    expect(await heldOf('given-up')).toEqual([]);
    expect(await server.api('/api/held-events?person=given-up&discarded=true')).toMatchObject({
      items: [{ id: ids[0], discardedBecause: 'sent by a test' }],
    });
    expect(await server.api('/api/held-events/release', { ids })).toEqual({ released: 0 });
  });

  test('is released when the plan was mended: applied once, at its own time, and checked again', async () => {
    await track('late', 'Feature Limit Reached', { feature: 'x', plan_limit: 1, colour: 'red' }, 'to-be-released');
    await track('late', 'Feature Limit Reached', { plan_limit: 'none' });
    const before = await planned('Feature Limit Reached');
    await engine.publish(await workspaceOf(files(PLAN.replace('others: no', 'others: yes'))));
    expect(await server.api('/api/held-events/release', { person: 'late' })).toEqual({ released: 2 });
    await engine.settled();
    expect(await engine.audiencesOf('late')).toEqual(['limited']);
    expect(await heldOf('late')).toMatchObject([{ publication: 2, violations: [{}, { got: '"none"' }] }]);
    await track('late', 'Feature Limit Reached', { feature: 'x', plan_limit: 1 }, 'to-be-released');
    const { events } = await server.api<{ events: object[] }>('/api/people/late');
    expect(events).toMatchObject([{ messageId: 'to-be-released', properties: { colour: 'red' } }]);
    const after = await planned('Feature Limit Reached');
    const { seen, held, inHand } = before as unknown as Record<string, number>;
    expect(after).toMatchObject({ seen, held: Number(held) + 1, inHand: Number(inHand) - 1, released: 2 });
  });

  test('is never meant by saying nothing', async () => {
    for (const body of [{}, { all: true, event: 'X' }])
      await expect(server.api('/api/held-events/release', body)).rejects.toThrow('400');
  });
});

test('the start page tells which events violate the plan', async () => {
  const page = await (await fetch(server.url)).text();
  expect(page).toContain('<h2 id="tracking-plan">Tracking plan</h2>');
  expect(page).toContain('properties.total: number expected, got &quot;');
});
