import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, DAY } from '../../src/core/time.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addPerson, publishWorkspace } from './rows.ts';
import { bearer, testServer } from './test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;
let now = AT.getTime();
const clock: Clock = { now: () => now, wall: () => Date.now(), speed: 1 };
const inDays = (days: number) => new Date(AT.getTime() + days * DAY).toISOString();

beforeAll(async () => {
  database = await testDatabase();
  await publishWorkspace(database.db);
  await addPerson(database.db, 'ada');
  app = await testServer(database.db, { clock });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});
beforeEach(async () => {
  now = AT.getTime();
  await database.db.deleteFrom('suppressions').execute();
  await database.db.deleteFrom('inbox').execute();
});

const url = '/api/people/ada/refusals';
const refuse = (payload: object, to = url) => app.inject({ method: 'POST', url: to, payload, headers: bearer });
const takeBack = (query: Record<string, string>) => app.inject({ method: 'DELETE', url, query, headers: bearer });
const list = async (query: Record<string, string> = {}) => (await app.inject({ url, query, headers: bearer })).json();
const listed = async () => (await list()).items.map(({ of, name }: { of: string; name: string }) => [of, name]);

async function reported(): Promise<[string, unknown][]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map(({ body }) => body as IncomingEvent).map(({ name, properties }) => [name, properties]);
}

test('what is refused by the API is listed, with until when and by whom', async () => {
  await refuse({ of: 'category', name: 'news', by: 'support' });
  await refuse({ of: 'offer', name: 'half-price', until: inDays(7) });
  await refuse({ of: 'all', until: inDays(2) });
  expect(await list()).toEqual({
    items: [
      { of: 'all', name: null, until: inDays(2), at: AT.toISOString(), cause: { by: 'api' } },
      { of: 'category', name: 'news', until: null, at: AT.toISOString(), cause: { by: 'api', who: 'support' } },
      { of: 'offer', name: 'half-price', until: inDays(7), at: AT.toISOString(), cause: { by: 'api' } },
    ],
    next: null,
  });
  expect(await reported()).toEqual([
    ['Unsubscribed', { unsubscribed_from: 'news', of: 'category', by: 'api', who: 'support' }],
    ['Messages Snoozed', { snoozed: 'offer:half-price', of: 'offer', until: inDays(7), by: 'api' }],
    ['Messages Snoozed', { snoozed: 'all', of: 'all', until: inDays(2), by: 'api' }],
  ]);
});

test('a snooze ends by itself', async () => {
  await refuse({ of: 'all', until: inDays(2) });
  now = Date.parse(inDays(2)) - 1;
  expect(await listed()).toEqual([['all', null]]);
  now += 1;
  expect(await listed()).toEqual([]);
});

test('of two about one thing the longer holds, and what changes nothing is no event', async () => {
  const of = { of: 'template', name: 'unlock' };
  for (const until of [inDays(3), inDays(1), inDays(5)]) await refuse({ ...of, until });
  expect((await list()).items).toMatchObject([{ until: inDays(5) }]);
  await refuse(of);
  await refuse({ ...of, until: inDays(9) });
  expect((await list()).items).toMatchObject([{ until: null }]);
  expect(await reported()).toHaveLength(3);
});

test('what is taken back is wanted again, once', async () => {
  await refuse({ of: 'category', name: 'news' });
  for (const _ of [1, 2]) {
    const answer = await takeBack({ of: 'category', name: 'news' });
    expect(answer.statusCode).toBe(204);
  }
  expect(await listed()).toEqual([]);
  expect((await reported()).slice(1)).toEqual([
    ['Resubscribed', { resubscribed_to: 'news', of: 'category', by: 'api' }],
  ]);
});

test('pages by cursor', async () => {
  for (const name of ['a', 'b', 'c']) await refuse({ of: 'journey', name });
  const first = await list({ limit: '2' });
  const second = await list({ limit: '2', cursor: first.next });
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(second.next).toBeNull();
});

describe('bad requests change nothing', () => {
  test.each([
    [{ of: 'category' }, 'name: is missing'],
    [{ of: 'all', until: new Date(AT).toISOString() }, 'until: lies in the past'],
  ])('%j', async (payload, message) => {
    const answer = await refuse(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.message).toBe(message);
    expect(await listed()).toEqual([]);
  });

  test('of somebody who is not there', async () => {
    const answer = await refuse({ of: 'all' }, '/api/people/nobody/refusals');
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.message).toBe('There is no person `nobody`');
  });
});
