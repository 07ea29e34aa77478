import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonb } from '../../src/store/columns.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMember, addMessage, addPerson, addRun, publishWorkspace } from './rows.ts';
import { bearer, testServer } from './test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;
const at = AT.toISOString();
const later = (minutes: number) => new Date(AT.getTime() + minutes * 60_000);
const RUN = 'free-to-paid:ada@shop/x:1';

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  app = await testServer(db);
  await publishWorkspace(db);
  const ada = await addPerson(db, 'ada@shop/x', ['a2', 'a1'], { plan: 'pro' });
  const visitor = await addPerson(db, null, ['visitor']);
  const bob = await addPerson(db, 'bob');
  await db.insertInto('identities').values({ kind: 'anonymous', value: 'bob', profile_id: visitor }).execute();
  for (const profileId of [ada, visitor, bob]) await addMember(db, profileId, 'high-intent');
  await addMember(db, ada, 'gone-quiet', false);

  await addRun(db, { id: RUN, profileId: ada, enteredAt: later(1) });
  await addRun(db, { id: 'bob:1', profileId: bob, converted: true });
  await addRun(db, { id: 'bob:2', profileId: bob });
  await addMessage(db, { run: RUN, profileId: ada, step: 'direct' });
  await addMessage(db, { run: RUN, profileId: ada, step: 'late', refused: true, reservedAt: later(5) });
  await addMessage(db, { run: 'bob:1', profileId: bob, step: 'direct' });
  const task = await addMessage(db, {
    run: RUN,
    profileId: ada,
    step: 'call',
    channel: 'sales-task',
    reservedAt: later(2),
  });
  await db
    .insertInto('tasks')
    .values({ id: task, profile_id: ada, title: 'Call Ada', owner: 'rep', brief: 'Pro', due_at: AT, created_at: AT })
    .execute();
  for (const [kind, minutes] of [
    ['wait', 0],
    ['email', 1],
    ['exit', 2],
  ] as const) {
    const entry = { step: kind, kind, at: later(minutes).getTime(), visit: 0, did: 'acted' };
    const row = { run_id: RUN, step: kind, kind, visit: 0, at: later(minutes), recorded_at: AT, entry: jsonb(entry) };
    await db.insertInto('run_log').values(row).execute();
  }
  for (const [name, minutes] of [
    ['Old', 0],
    ['New', 9],
  ] as const) {
    const times = { occurred_at: later(minutes), received_at: later(minutes) };
    const texts = { name, type: 'track', message_id: name, properties: jsonb({ n: minutes }), context: '{}' };
    await db
      .insertInto('events')
      .values({ profile_id: ada, ...texts, ...times })
      .execute();
  }
  const account = await db
    .insertInto('profiles')
    .values({
      kind: 'account',
      user_id: 'acme',
      traits: jsonb({ seats: 5 }),
      created_at: AT,
      applied_at: AT,
      filled_to: 0,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('account_members').values({ account_id: account.id, person_id: ada, joined_at: AT }).execute();
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function get(url: string) {
  const answer = await app.inject({ url, headers: bearer });
  return { status: answer.statusCode, body: answer.json() };
}

/** All items of a list, asked for page by page. */
async function walk(url: string, limit: number): Promise<{ pages: number; items: Record<string, unknown>[] }> {
  const items: Record<string, unknown>[] = [];
  let next: string | null = null;
  let pages = 0;
  do {
    const cursor = next === null ? '' : `&cursor=${next}`;
    const { status, body } = await get(`${url}${url.includes('?') ? '&' : '?'}limit=${limit}${cursor}`);
    expect(status).toBe(200);
    items.push(...body.items);
    next = body.next;
    pages += 1;
  } while (next !== null);
  return { pages, items };
}

const person = { userId: 'ada@shop/x', anonymousId: 'a1' };

describe('audiences', () => {
  test('are listed with their sizes, empty ones too', async () => {
    expect(await get('/api/audiences')).toEqual({
      status: 200,
      body: {
        items: [
          { key: 'gone-quiet', of: 'person', description: null, size: 0 },
          { key: 'high-intent', of: 'person', description: 'Want <more>', size: 3 },
        ],
        next: null,
      },
    });
    expect((await walk('/api/audiences', 1)).items.map(({ key }) => key)).toEqual(['gone-quiet', 'high-intent']);
  });

  test('name their members by the ids of the caller', async () => {
    const { pages, items } = await walk('/api/audiences/high-intent/members', 2);
    expect(pages).toBe(2);
    expect(items).toEqual([
      { person, since: at },
      { person: { userId: null, anonymousId: 'bob' }, since: at },
      { person: { userId: 'bob', anonymousId: null }, since: at },
    ]);
    expect(await get('/api/audiences/gone-quiet/members')).toEqual({ status: 200, body: { items: [], next: null } });
  });

  test('that do not exist are answered with what may have been meant', async () => {
    expect(await get('/api/audiences/high-intend/members')).toEqual({
      status: 404,
      body: {
        error: {
          code: 'not-found',
          message: 'There is no audience `high-intend`',
          fix: 'Did you mean `high-intent`?',
        },
      },
    });
  });
});

describe('people', () => {
  test('are shown with everything that is known of them', async () => {
    const { status, body } = await get(`/api/people/${encodeURIComponent('ada@shop/x')}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      userId: 'ada@shop/x',
      createdAt: at,
      traits: { plan: 'pro' },
      identities: [
        { kind: 'user', value: 'ada@shop/x' },
        { kind: 'anonymous', value: 'a1' },
        { kind: 'anonymous', value: 'a2' },
      ],
      accounts: [{ id: 'acme', traits: { seats: 5 }, joinedAt: at }],
      audiences: [{ audience: 'high-intent', since: at }],
      runs: [{ id: RUN, person, status: 'active' }],
      messages: [{ step: 'late' }, { step: 'call' }, { step: 'direct' }],
      tasks: [{ id: `${RUN}/call/0`, title: 'Call Ada', status: 'open', person }],
      events: [
        { name: 'New', messageId: 'New', properties: { n: 9 }, byEngine: false },
        { name: 'Old', messageId: 'Old', properties: { n: 0 }, byEngine: false },
      ],
    });
  });

  test('are found by an anonymous id where no user has that id', async () => {
    expect((await get('/api/people/visitor')).body).toMatchObject({ userId: null });
    expect((await get('/api/people/bob')).body).toMatchObject({ userId: 'bob' });
  });

  test('that were merged are shown as the one they became', async () => {
    const { db } = database;
    const into = await addPerson(db, 'carl');
    const merged = { user_id: null, traits: '{}', created_at: AT, applied_at: AT, filled_to: 0, merged_into: into };
    const { id } = await db.insertInto('profiles').values(merged).returning('id').executeTakeFirstOrThrow();
    await db.insertInto('identities').values({ kind: 'anonymous', value: 'carl-phone', profile_id: id }).execute();
    expect((await get('/api/people/carl-phone')).body).toMatchObject({ userId: 'carl' });
  });

  test('nobody knows are a 404', async () => {
    expect(await get('/api/people/nobody')).toMatchObject({
      status: 404,
      body: { error: { code: 'not-found', message: 'There is no person `nobody`' } },
    });
  });
});

describe('journeys and runs', () => {
  test('say how many runs stand how', async () => {
    expect((await get('/api/journeys')).body).toEqual({
      items: [
        { key: 'free-to-paid', version: 'j1', status: 'published', control: null, runs: { active: 2, converted: 1 } },
      ],
      next: null,
    });
  });

  test('runs are listed newest first, page by page and by status', async () => {
    const { pages, items } = await walk('/api/journeys/free-to-paid/runs', 1);
    expect([pages, items.map(({ id }) => id)]).toEqual([3, [RUN, 'bob:2', 'bob:1']]);
    const converted = await get('/api/journeys/free-to-paid/runs?status=converted');
    expect(converted.body.items).toMatchObject([
      { id: 'bob:1', status: 'converted', endedAt: at, endReason: 'the goal was reached', at: null },
    ]);
    expect(items[0]).toMatchObject({
      journey: 'free-to-paid',
      version: 'j1',
      person,
      entry: { audience: 'high-intent' },
      at: { phase: 'waiting', step: 'wait', until: later(60).toISOString(), hold: null },
    });
  });

  test('a run tells what it did', async () => {
    const { pages, items } = await walk(`/api/runs/log?run=${encodeURIComponent(RUN)}`, 2);
    expect(pages).toBe(2);
    expect(items.map(({ entry }) => entry)).toMatchObject([
      { step: 'wait', kind: 'wait', at: AT.getTime(), did: 'acted' },
      { kind: 'email' },
      { kind: 'exit' },
    ]);
    expect(await get('/api/runs/log?run=none')).toMatchObject({ status: 404, body: { error: { field: 'run' } } });
  });

  test('an unknown journey or status is named', async () => {
    expect((await get('/api/journeys/free-to-pay/runs')).body.error).toEqual({
      code: 'not-found',
      message: 'There is no journey `free-to-pay`',
      fix: 'Did you mean `free-to-paid`?',
    });
    expect(await get('/api/journeys/free-to-paid/runs?status=done')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', field: 'status' } },
    });
  });
});

describe('messages', () => {
  test('are listed newest first, page by page', async () => {
    const { pages, items } = await walk('/api/messages', 1);
    expect(pages).toBe(4);
    expect(items.map(({ step }) => step)).toEqual(['late', 'call', 'direct', 'direct']);
    expect(items[0]).toMatchObject({
      run: RUN,
      person,
      status: 'refused',
      refusal: { reason: 'suppressed', category: 'all' },
      sentAt: null,
    });
  });

  test.each<[string, string[]]>([
    ['journey=free-to-paid', ['late', 'call', 'direct', 'direct']],
    ['journey=other', []],
    ['channel=sales-task', ['call']],
    ['status=refused', ['late']],
    [`person=${encodeURIComponent('ada@shop/x')}&status=sent`, ['call', 'direct']],
    ['person=a2&channel=email', ['late', 'direct']],
  ])('filtered by %s', async (query, steps) => {
    const { body } = await get(`/api/messages?${query}`);
    expect(body.items.map(({ step }: { step: string }) => step)).toEqual(steps);
  });

  test('of a person that nobody knows are a 404', async () => {
    expect(await get('/api/messages?person=nobody')).toMatchObject({
      status: 404,
      body: { error: { field: 'person' } },
    });
  });
});

describe('lists refuse', () => {
  test.each(['/api/audiences', '/api/journeys', '/api/messages', '/api/audiences/high-intent/members'])(
    'a cursor that is not theirs: %s',
    async (url) => {
      for (const cursor of ['x', Buffer.from('{"a":1}').toString('base64url')]) {
        expect(await get(`${url}?cursor=${cursor}`)).toEqual({
          status: 400,
          body: {
            error: {
              code: 'invalid',
              message: 'cursor: is not a cursor of this list',
              field: 'cursor',
              fix: 'Send `next` of the page before, or leave it out for the first page',
            },
          },
        });
      }
    },
  );

  test.each(['0', '501', 'many', '1.5'])('a limit of %s', async (limit) => {
    expect(await get(`/api/messages?limit=${limit}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', field: 'limit' } },
    });
  });
});
