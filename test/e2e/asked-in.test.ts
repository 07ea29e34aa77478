import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { API_KEY, type TestServer, testServer } from './server.ts';
import { inAppFile, settingsFile } from './templates.ts';

const JOURNEYS = `
journey: welcome-call
enter: { request: true, again: always }
exit: { after: 2d }
steps: [{ wait: 1d }, { in-app: note }]
---
journey: each-project
enter: { request: true, each: project }
goal: { event: Project Closed, where: { project: { same: true } } }
steps: [{ wait: 1d }]
---
journey: in-preparation
status: draft
enter: { request: true }
steps: [{ wait: 1d }]
---
journey: given-up
status: archived
enter: { request: true }
steps: [{ wait: 1d }]
---
journey: held
enter: { request: true }
steps: [{ in-app: note }]
---
journey: shut
enter: { request: true }
whilePaused: refuse
steps: [{ in-app: note }]
---
journey: by-event
enter: { event: Started }
steps: [{ wait: 1d }]
---
plan: shop
unplanned: hold
events:
  Project Closed: { allowed: { project: string } }
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'journeys.yaml': JOURNEYS,
    'note.yaml': inAppFile('note', 'Hello {{ event.why }}'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const askIn = async (journey: string, body: object) => {
  const response = await fetch(`${server.url}/api/journeys/${journey}/entries`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};
const runs = async (userId: string, journey: string) =>
  (await engine.runsOf(userId, journey)).map(({ status, instance }) =>
    instance === null ? status : `${instance} ${status}`,
  );

describe('asking a person in', () => {
  test('enters the journey with the properties, also somebody new, and is in no history', async () => {
    expect(await askIn('welcome-call', { userId: 'ada', properties: { why: 'Ada' } })).toMatchObject({ status: 202 });
    await engine.pass(DAY);
    expect((await engine.runsOf('ada'))[0]?.entry).toMatchObject({ by: 'request', properties: { why: 'Ada' } });
    const messages = await engine.db
      .selectFrom('messages')
      .select('content')
      .where('journey', '=', 'welcome-call')
      .execute();
    expect(messages).toMatchObject([{ content: { body: 'Hello Ada' } }]);
    const { events } = await server.api<{ events: { name: string; byEngine: boolean }[] }>('/api/people/ada');
    expect(events.filter(({ byEngine }) => !byEngine)).toEqual([]);
    const held = await server.api<{ items: unknown[] }>('/api/held-events');
    expect(held.items).toEqual([]);
  });

  test('twice with one key is one request; without a key each is one', async () => {
    const once = { userId: 'grace', idempotencyKey: 'crm-17' };
    const answers = [await askIn('welcome-call', once), await askIn('welcome-call', once)];
    expect(answers.map(({ answer }) => answer)).toEqual([{ id: 'crm-17' }, { id: 'crm-17' }]);
    await engine.pass(3 * DAY);
    await askIn('welcome-call', once);
    await engine.settled();
    expect(await runs('grace', 'welcome-call')).toEqual(['completed']);
    await askIn('welcome-call', { userId: 'grace' });
    await askIn('welcome-call', { userId: 'grace' });
    await engine.settled();
    expect(await runs('grace', 'welcome-call')).toEqual(['completed', 'active']);
    const { items } = await server.api<{ items: object[] }>('/api/journeys/welcome-call/refusals?person=grace');
    expect(items).toMatchObject([{ person: { userId: 'grace' }, instance: null, reason: 'already in the journey' }]);
  });

  test('for each project apart, and conditions ask for events of the same one', async () => {
    for (const project of ['p1', 'p2', 'p1']) await askIn('each-project', { userId: 'linus', properties: { project } });
    await engine.pass(HOUR);
    await engine.send({ name: 'Project Closed', userId: 'linus', properties: { project: 'p2' } });
    await engine.settled();
    expect((await runs('linus', 'each-project')).sort()).toEqual(['p1 active', 'p2 converted']);
  });

  test('into a journey that is not there, or not entered like that', async () => {
    expect(await askIn('welcome-cal', { userId: 'ada' })).toMatchObject({
      status: 404,
      answer: { error: { code: 'not-found', message: expect.stringContaining('There is no journey `welcome-cal`') } },
    });
    expect(await askIn('by-event', { userId: 'ada' })).toMatchObject({
      status: 409,
      answer: {
        error: { code: 'not-by-request', message: expect.stringContaining('People are not asked into `by-event`') },
      },
    });
    expect(await askIn('welcome-call', { properties: {} })).toMatchObject({ status: 400 });
  });

  test('into a draft, or one that is archived, says so at once', async () => {
    for (const [journey, message] of [
      ['in-preparation', 'Nobody enters `in-preparation`: it is a draft. Publish it without `status: draft` first.'],
      ['given-up', 'Nobody enters `given-up`: it is archived. Publish it without `status: archived` first.'],
    ] as const)
      expect(await askIn(journey, { userId: 'dora' })).toMatchObject({
        ...{ status: 409, answer: { error: { code: 'not-entered', message } } },
      });
    await engine.settled();
    await expect(engine.runsOf('dora')).rejects.toThrow('Nobody is called dora');
  });

  test('into one that is paused holds them at what is due, or lets nobody in; into a stopped one lets nobody in', async () => {
    const ours = { by: 'ada', reason: 'a wrong price' };
    for (const journey of ['held', 'shut']) await server.api(`/api/journeys/${journey}/pause`, ours);
    for (const journey of ['held', 'shut'])
      expect(await askIn(journey, { userId: 'pia' })).toMatchObject({ status: 202 });
    await engine.pass(HOUR);
    expect((await engine.runsOf('pia')).map(({ journey }) => journey)).toEqual(['held']);
    expect(await engine.messagesOf('pia')).toEqual([]);
    const refusals = async () =>
      (await server.api<{ items: { reason: string }[] }>('/api/journeys/shut/refusals')).items.map(
        ({ reason }) => reason,
      );
    expect(await refusals()).toEqual(['the journey is paused']);

    await server.api('/api/journeys/held/resume', ours);
    await server.api('/api/journeys/shut/stop', ours);
    await askIn('shut', { userId: 'pia' });
    await engine.pass(HOUR);
    expect((await engine.messagesOf('pia')).map(({ journey, status }) => `${journey} ${status}`)).toEqual([
      'held sent',
    ]);
    expect(await refusals()).toEqual(['the journey is stopped', 'the journey is paused']);
  });
});

test('refusals page by cursor, newest first', async () => {
  for (let time = 0; time < 4; time += 1) await askIn('welcome-call', { userId: 'often' });
  await engine.settled();
  const url = '/api/journeys/welcome-call/refusals?person=often&limit=2';
  type Page = { items: { id: number }[]; next: string | null };
  const first = await server.api<Page>(url);
  const second = await server.api<Page>(`${url}&cursor=${first.next}`);
  const ids = [...first.items, ...second.items].map(({ id }) => id);
  expect(ids).toHaveLength(3);
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect(second.next).toBeNull();
});
