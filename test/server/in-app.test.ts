import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signUserToken } from '../../src/channels/tokens.ts';
import { type Clock, DAY, HOUR } from '../../src/core/time.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { inAppRoutes } from '../../src/server/routes/in-app.ts';
import { jsonb } from '../../src/store/columns.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMessage, addPerson, addRun, publishWorkspace } from './rows.ts';
import { API_KEY, bearer, testServer } from './test-server.ts';

const secret = 'signing secret';
let database: TestDatabase;
let app: FastifyInstance;
let now = AT.getTime();
const clock: Clock = { now: () => now, wall: () => Date.now(), speed: 1 };
const profiles = { ada: 0, eve: 0 };

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await publishWorkspace(db);
  for (const userId of ['ada', 'eve'] as const) {
    profiles[userId] = await addPerson(db, userId);
    await addRun(db, { id: `free-to-paid/${profiles[userId]}/0`, profileId: profiles[userId] });
  }
  app = await testServer(db, { clock, plugins: [inAppRoutes({ db, clock, signingSecret: secret, apiKey: API_KEY })] });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});
beforeEach(async () => {
  now = AT.getTime();
  await database.db.deleteFrom('messages').execute();
  await database.db.deleteFrom('suppressions').execute();
  await database.db.deleteFrom('inbox').execute();
});

async function put(
  userId: 'ada' | 'eve',
  step: string,
  changes: { reservedAt?: Date; status?: 'sent' | 'refused' } = {},
) {
  const profileId = profiles[userId];
  const { reservedAt = AT, status = 'sent' } = changes;
  const id = await addMessage(database.db, { run: `free-to-paid/${profileId}/0`, profileId, step, reservedAt });
  const content = jsonb({ placement: 'banner', title: `Hi from ${step}`, body: 'Unlock' });
  await database.db
    .updateTable('messages')
    .set({ channel: 'in-app', status, content, expires_at: new Date(reservedAt.getTime() + DAY) })
    .where('id', '=', id)
    .execute();
  return id;
}

async function as(userId: string) {
  return { authorization: `Bearer ${await signUserToken({ secret, userId, expiresIn: HOUR })}` };
}

async function shownTo(userId: string): Promise<{ id: string; seenAt: string | null; button: object | null }[]> {
  return (await app.inject({ url: '/in-app/messages', headers: await as(userId) })).json().messages;
}

async function react(userId: string, id: string, reaction: string, payload?: object) {
  const url = `/in-app/messages/${encodeURIComponent(id)}/${reaction}`;
  return app.inject({ method: 'POST', url, headers: await as(userId), ...(payload && { payload }) });
}

async function reported(): Promise<IncomingEvent[]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map(({ body }) => body as IncomingEvent);
}

test('the caller’s server gets a token, the page of that user reads with it', async () => {
  const id = await put('ada', 'unlock');
  const answer = await app.inject({
    method: 'POST',
    url: '/api/in-app/tokens',
    payload: { userId: 'ada' },
    headers: bearer,
  });
  expect(answer.statusCode).toBe(200);
  const { token, expiresAt } = answer.json<{ token: string; expiresAt: string }>();
  expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(HOUR - DAY / 24 / 60);
  const shown = await app.inject({ url: '/in-app/messages', headers: { authorization: `Bearer ${token}` } });
  expect(shown.json()).toEqual({
    messages: [
      {
        ...{ id, placement: 'banner', title: 'Hi from unlock', body: 'Unlock', button: null },
        ...{
          sentAt: AT.toISOString(),
          expiresAt: new Date(AT.getTime() + DAY).toISOString(),
          seenAt: null,
          clickedAt: null,
        },
      },
    ],
  });
});

describe('who may', () => {
  test('tokens are for those with the API key', async () => {
    const ask = (headers: Record<string, string>) =>
      app.inject({ method: 'POST', url: '/api/in-app/tokens', payload: { userId: 'ada' }, headers });
    expect((await ask({})).statusCode).toBe(401);
    expect((await ask(await as('ada'))).statusCode).toBe(401);
  });

  test.each([
    ['none', 'is missing', {}],
    ['of another secret', 'is not one of ours', { secret: 'another' }],
    ['expired', 'has expired', { expiresIn: -HOUR }],
  ])('a token that is %s: 401', async (_what, said, changes) => {
    const token = await signUserToken({ secret, userId: 'ada', expiresIn: HOUR, ...changes });
    const headers = said === 'is missing' ? {} : { authorization: `Bearer ${token}` };
    const answer = await app.inject({ url: '/in-app/messages', headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.json().error.message).toBe(`The user token ${said}`);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  test('another person’s message is not there', async () => {
    const id = await put('ada', 'unlock');
    expect(await shownTo('eve')).toEqual([]);
    for (const reaction of ['seen', 'clicked', 'dismissed']) {
      expect((await react('eve', id, reaction)).statusCode).toBe(404);
      expect((await react('nobody', id, reaction)).statusCode).toBe(404);
    }
    expect(await reported()).toEqual([]);
  });

  test('an email is no in-app message', async () => {
    const profileId = profiles.ada;
    const id = await addMessage(database.db, { run: `free-to-paid/${profileId}/0`, profileId, step: 'mail' });
    expect(await shownTo('ada')).toEqual([]);
    expect((await react('ada', id, 'seen')).statusCode).toBe(404);
  });
});

test('what is refused, expired or dismissed is not shown; the newest comes first', async () => {
  const older = await put('ada', 'older', { reservedAt: new Date(AT.getTime() - HOUR) });
  const newer = await put('ada', 'newer');
  await put('ada', 'refused', { status: 'refused' });
  const ids = async () => (await shownTo('ada')).map(({ id }) => id);
  expect(await ids()).toEqual([newer, older]);
  now = AT.getTime() + DAY - HOUR - 1;
  expect(await ids()).toEqual([newer, older]);
  now += 1;
  expect(await ids()).toEqual([newer]);
  await react('ada', newer, 'dismissed');
  expect(await ids()).toEqual([]);
});

test('each reaction is noted once, with its event', async () => {
  const id = await put('ada', 'unlock');
  for (const reaction of ['seen', 'seen', 'clicked', 'dismissed', 'dismissed']) {
    expect((await react('ada', id, reaction)).json()).toEqual({ success: true });
    now += 1_000;
  }
  const at = (seconds: number) => new Date(AT.getTime() + seconds * 1_000);
  expect(await database.db.selectFrom('messages').select(['seen_at', 'clicked_at', 'dismissed_at']).execute()).toEqual([
    { seen_at: at(0), clicked_at: at(2), dismissed_at: at(3) },
  ]);
  const events = await reported();
  expect(events.map(({ name, messageId, occurredAt }) => [name, messageId, occurredAt])).toEqual([
    ['In-App Message Seen', `${id}:seen`, at(0).toISOString()],
    ['In-App Message Clicked', `${id}:clicked`, at(2).toISOString()],
    ['In-App Message Dismissed', `${id}:dismissed`, at(3).toISOString()],
  ]);
  expect(events[0]).toMatchObject({
    profileId: profiles.ada,
    properties: {
      message_id: id,
      journey: 'free-to-paid',
      step: 'unlock',
      channel: 'in-app',
      template: 'unlock',
      category: 'marketing',
    },
  });
});

describe('a dismissal can say more', () => {
  const unwanted = () => database.db.selectFrom('suppressions').select(['what', 'until']).orderBy('what').execute();
  const later = new Date(AT.getTime() + HOUR);

  test.each([
    [{ choice: 'never-this' }, 'template:unlock'],
    [{ choice: 'never-this', of: 'journey' }, 'journey:free-to-paid'],
    [{ choice: 'never-any' }, 'marketing'],
    [{ choice: 'never-any', of: 'all' }, 'all'],
  ])('%j: for ever', async (payload, what) => {
    const id = await put('ada', 'unlock');
    for (const _ of [1, 2]) expect((await react('ada', id, 'dismissed', payload)).statusCode).toBe(200);
    expect(await unwanted()).toEqual([{ what, until: null }]);
    expect(await shownTo('ada')).toEqual([]);
    expect(await reported()).toMatchObject([
      { messageId: `${id}:dismissed:${payload.choice}:${what}`, properties: payload },
    ]);
  });

  test('snoozed: it comes back by itself, and other messages of its template too', async () => {
    const id = await put('ada', 'unlock');
    const snoozeUntil = later.toISOString();
    await react('ada', id, 'dismissed', { choice: 'snooze', snoozeUntil });
    expect(await unwanted()).toEqual([{ what: 'template:unlock', until: later }]);
    now = later.getTime() - 1;
    expect(await shownTo('ada')).toEqual([]);
    now += 1;
    expect(await shownTo('ada')).toMatchObject([{ id }]);
    expect(await reported()).toMatchObject([{ properties: { choice: 'snooze', snoozeUntil } }]);
  });

  test('what is up already and is not wanted any more is not shown either', async () => {
    const id = await put('ada', 'unlock');
    await put('ada', 'other');
    await react('ada', id, 'dismissed', { choice: 'never-any' });
    expect(await shownTo('ada')).toEqual([]);
  });

  test.each([
    [{ choice: 'snooze' }, 'snoozeUntil: is missing'],
    [{ choice: 'snooze', snoozeUntil: AT.toISOString() }, 'snoozeUntil: lies in the past'],
  ])('a snooze without an end to come is refused: %j', async (payload, message) => {
    const id = await put('ada', 'unlock');
    const answer = await react('ada', id, 'dismissed', payload);
    expect([answer.statusCode, answer.json().error.message]).toEqual([400, message]);
    expect(await shownTo('ada')).toHaveLength(1);
  });
});

test('the same reaction ten times at once is one event', async () => {
  const id = await put('ada', 'unlock');
  await Promise.all(Array.from({ length: 10 }, () => react('ada', id, 'clicked')));
  expect(await reported()).toHaveLength(1);
});

test('pages of any origin may ask', async () => {
  const answer = await app.inject({ method: 'OPTIONS', url: '/in-app/messages/a%2Fb/seen' });
  expect(answer.statusCode).toBe(204);
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization, content-type',
  });
});
