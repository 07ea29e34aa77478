import type { AddressInfo } from 'node:net';
import { Analytics } from '@segment/analytics-node';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { testServer, WRITE_KEY } from '../server/test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;
let host: string;

beforeAll(async () => {
  database = await testDatabase();
  app = await testServer(database.db);
  await app.listen({ port: 0, host: '127.0.0.1' });
  host = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await app.close();
  await database.drop();
});
beforeEach(() => database.db.deleteFrom('inbox').execute());

async function inbox(): Promise<IncomingEvent[]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map((row) => row.body as IncomingEvent);
}

test('the official client works with only its host changed', async () => {
  const analytics = new Analytics({ writeKey: WRITE_KEY, host });
  const statuses: number[] = [];
  analytics.on('http_response', ({ status }: { status: number }) => statuses.push(status));
  const timestamp = new Date('2026-01-31T12:00:00.000Z');

  analytics.identify({ userId: 'ada', anonymousId: 'a1', traits: { plan: 'pro' }, timestamp });
  analytics.track({ userId: 'ada', event: 'Order Completed', properties: { total: 12 }, timestamp });
  analytics.group({ userId: 'ada', groupId: 'acme', traits: { seats: 5 }, timestamp });
  analytics.page({ anonymousId: 'a1', name: 'Pricing', timestamp });
  analytics.screen({ anonymousId: 'a1', name: 'Home', timestamp });
  analytics.alias({ userId: 'ada', previousId: 'a2', timestamp });
  await analytics.closeAndFlush();

  expect(statuses).toEqual([200]);
  const events = await inbox();
  expect(events.map(({ type, name, userId, anonymousId }) => [type, name, userId, anonymousId])).toEqual([
    ['identify', 'identify', 'ada', 'a1'],
    ['track', 'Order Completed', 'ada', undefined],
    ['group', 'group', 'ada', undefined],
    ['page', 'Page Viewed', undefined, 'a1'],
    ['screen', 'Screen Viewed', undefined, 'a1'],
    ['alias', 'alias', 'ada', undefined],
  ]);
  expect(events.map(({ occurredAt }) => occurredAt)).toEqual(events.map(() => timestamp.toISOString()));
  expect(events[1]).toMatchObject({
    properties: { total: 12 },
    context: { library: { name: '@segment/analytics-node' } },
  });
});

test('a thousand events of the official client arrive once each, in their order', async () => {
  const analytics = new Analytics({ writeKey: WRITE_KEY, host, flushAt: 100 });
  const failures: unknown[] = [];
  analytics.on('error', (error: unknown) => failures.push(error));
  for (let index = 0; index < 1_000; index += 1) analytics.track({ userId: 'ada', event: `e${index}` });
  await analytics.closeAndFlush();
  expect(failures).toEqual([]);
  const events = await inbox();
  expect(events).toHaveLength(1_000);
  expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(1_000);
  const hundred = events.filter(({ name }) => Number(name.slice(1)) < 100);
  expect(hundred.map(({ name }) => name)).toEqual(Array.from({ length: 100 }, (_, index) => `e${index}`));
});

test('the official client is told of an unknown write key and does not try again', async () => {
  const analytics = new Analytics({ writeKey: 'other', host });
  const statuses: number[] = [];
  const failures: unknown[] = [];
  analytics.on('http_response', ({ status }: { status: number }) => statuses.push(status));
  analytics.on('error', (error: unknown) => failures.push(error));
  analytics.track({ userId: 'ada', event: 'x' });
  await analytics.closeAndFlush();
  expect([statuses, failures.length, await inbox()]).toEqual([[401], 1, []]);
});
