import { afterAll, beforeAll, expect, test } from 'vitest';
import { signWebhook } from '../../src/channels/webhook.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { WEBHOOK_SECRET, workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { ask, type TestServer, testServer } from './server.ts';
import { storyFor } from './story.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts';

const journeys = (receiver: string) => `
journey: by-email
enter: { event: Email Wanted }
steps:
  - email: hello
  - in-app: after
---
journey: in-app
enter: { event: In-App Wanted }
steps:
  - in-app: offer
  - wait-until: { event: In-App Message Clicked, where: { template: offer }, since: entry }
    timeout: 7d
    onTimeout:
      - exit: was not interested
  - email: hello
---
journey: sales
enter: { event: Sales Wanted }
steps:
  - sales-task: call
  - wait-until: { event: Sales Task Completed, where: { template: call }, since: entry }
    timeout: 14d
  - branch:
      - if: { event: Sales Task Completed, where: { outcome: won }, since: entry }
        then:
          - exit: sold
  - in-app: after
---
journey: webhook
enter: { event: Webhook Wanted }
steps:
  - webhook:
      url: ${receiver}/crm
      headers: { x-source: throughline }
      body: { who: '{{ person.id }}', seats: '{{ event.seats }} seats', always: true }
  - in-app: after
---
journey: webhook-to-the-shaky
enter: { event: Shaky Webhook Wanted }
steps:
  - id: call-shaky
    webhook: { url: '${receiver}/shaky', body: { hello: 1 } }
---
journey: webhook-to-nobody
enter: { event: Refused Webhook Wanted }
steps:
  - id: call-gone
    webhook: { url: '${receiver}/gone' }
  - in-app: after
---
journey: marking
enter: { event: Mark Wanted }
steps:
  - set-trait: { upsell_ready: true, upsell_signal: exports }
---
audience: upsell-ready
trait: upsell_ready
is: true
---
journey: upsell
enter: { audience: upsell-ready }
steps:
  - in-app: after
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;
let receiver: WebhookReceiver;

beforeAll(async () => {
  mailbox = await testMailbox();
  receiver = await webhookReceiver((path, before) => {
    if (path === '/gone') return 410;
    return path === '/shaky' && before < 1 ? 503 : 200;
  });
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'traits: { email: string, firstName: string, upsell_ready: boolean, upsell_signal: string }\n',
    ),
    'journeys.yaml': journeys(receiver.url),
    'hello.mjml': emailFile('hello', 'Hello {{ person.firstName }}, you came by {{ event.source }}.'),
    'after.yaml': inAppFile('after', 'after'),
    'offer.yaml': inAppFile('offer', 'For {{ person.firstName }}'),
    'call.yaml': salesTaskFile('call', 'Call {{ person.firstName }} about {{ event.seats }} seats'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await receiver.close();
  await mailbox.close();
});

const story = (userId: string, journey: string) => storyFor(engine, userId, journey);
const eventNames = async (userId: string) => {
  const { events } = await server.api<{ events: { name: string; byEngine: boolean }[] }>(`/api/people/${userId}`);
  return events.filter(({ byEngine }) => byEngine).map(({ name }) => name);
};

test('an email has what is known of the person and the entry in it, and its delivery is an event', async () => {
  await engine.identify('ada', { email: 'ada@example.test', firstName: 'Ada <3' });
  await engine.send({ name: 'Email Wanted', userId: 'ada', properties: { source: 'search' } });
  await engine.settled();

  const [email, ...more] = mailbox.messagesTo('ada@example.test');
  expect(more).toEqual([]);
  expect(email).toMatchObject({ subject: 'hello', from: { name: 'Shop', address: 'shop@example.test' } });
  expect(email?.text).toContain('Hello Ada <3, you came by search.');
  expect(email?.html).toContain('Hello Ada &lt;3, you came by search.');
  expect(await eventNames('ada')).toContain('Email Delivered');
});

test('whoever has no address gets no email, the log says why, and the run goes on', async () => {
  await engine.send({ name: 'Email Wanted', userId: 'no-address' });
  await engine.settled();
  expect(await story('no-address', 'by-email')).toEqual([
    '0s email-hello: refused, channel',
    '0s in-app-after: acted',
    '0s run: ended completed, all steps are done',
  ]);
  const [email] = await engine.messagesOf('no-address');
  expect(email).toMatchObject({ status: 'failed', refusal: { detail: 'the person has no trait `email`' } });
});

test('an in-app message waits for its person’s page, and a click on it wakes the run', async () => {
  await engine.identify('clicker', { email: 'clicker@example.test', firstName: 'Cleo' });
  await engine.send({ name: 'In-App Wanted', userId: 'clicker' });
  await engine.pass(5 * HOUR);
  const { token } = await server.api<{ token: string }>('/api/in-app/tokens', { userId: 'clicker' });
  const { messages } = await ask<{ messages: { id: string; body: string }[] }>(`${server.url}/in-app/messages`, token);
  expect(messages).toMatchObject([{ title: 'offer', body: 'For Cleo', placement: 'banner', seenAt: null }]);
  const message = `${server.url}/in-app/messages/${encodeURIComponent(messages[0]?.id ?? '')}`;
  await ask(`${message}/seen`, token, {});
  await ask(`${message}/clicked`, token, {});
  await engine.settled();

  expect(await eventNames('clicker')).toEqual(
    expect.arrayContaining(['In-App Message Sent', 'In-App Message Seen', 'In-App Message Clicked']),
  );
  expect((await story('clicker', 'in-app')).slice(1)).toEqual([
    '0s wait-until-in-app-message-clicked: waiting until 7d',
    '5h wait-until-in-app-message-clicked: waited, condition',
    '5h email-hello: acted',
    '5h run: ended completed, all steps are done',
  ]);
});

test('a dismissed in-app message is not shown again, and the run ends as nobody clicked', async () => {
  await engine.send({ name: 'In-App Wanted', userId: 'dismisser' });
  await engine.settled();
  const { token } = await server.api<{ token: string }>('/api/in-app/tokens', { userId: 'dismisser' });
  const shown = () => ask<{ messages: { id: string }[] }>(`${server.url}/in-app/messages`, token);
  const [{ id } = { id: '' }] = (await shown()).messages;
  await ask(`${server.url}/in-app/messages/${encodeURIComponent(id)}/dismissed`, token, {});
  expect(await shown()).toEqual({ messages: [] });
  await engine.pass(8 * DAY);
  expect((await story('dismisser', 'in-app')).at(-1)).toBe(
    '7d exit-was-not-interested: ended exited, was not interested',
  );
});

test.each([
  ['won', '1d exit-sold: ended exited, sold'],
  ['not-now', '1d run: ended completed, all steps are done'],
])('a sales task that is completed as `%s` steers the run', async (outcome, ending) => {
  const userId = `prospect-${outcome}`;
  await engine.identify(userId, { firstName: 'Pat' });
  await engine.send({ name: 'Sales Wanted', userId, properties: { seats: 40 } });
  await engine.pass(DAY);
  const { items } = await server.api<{ items: { id: string }[] }>(`/api/tasks?person=${userId}`);
  expect(items).toMatchObject([{ owner: 'expansion', brief: 'Call Pat about 40 seats', status: 'open' }]);
  const task = `/api/tasks/${encodeURIComponent(items[0]?.id ?? '')}`;
  await server.api(`${task}/claim`, { by: 'rep' });
  await server.api(`${task}/complete`, { by: 'rep', outcome });
  await engine.settled();
  expect(await eventNames(userId)).toEqual(
    expect.arrayContaining(['Sales Task Created', 'Sales Task Claimed', 'Sales Task Completed']),
  );
  expect((await story(userId, 'sales')).at(-1)).toBe(ending);
});

test('a webhook carries what the author wrote, signed', async () => {
  await engine.send({ name: 'Webhook Wanted', userId: 'hooked', properties: { seats: 3 } });
  await engine.settled();
  const [call, ...more] = receiver.callsTo('/crm');
  expect(more).toEqual([]);
  expect(JSON.parse(call?.text ?? '')).toEqual({ who: 'hooked', seats: '3 seats', always: true });
  expect(call?.headers['x-source']).toBe('throughline');
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = call?.headers ?? {};
  expect(signature).toBe(signWebhook(WEBHOOK_SECRET, String(id), Number(timestamp), call?.text ?? ''));
  expect((await story('hooked', 'webhook')).at(-1)).toBe('0s run: ended completed, all steps are done');
});

test('a webhook is called again until it answers, under the same id', async () => {
  await engine.send({ name: 'Shaky Webhook Wanted', userId: 'shaken' });
  await engine.settled();
  const ids = receiver.callsTo('/shaky').map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect((await story('shaken', 'webhook-to-the-shaky'))[0]).toBe('0s call-shaky: acted');
});

test('a webhook that is refused for good is given up, the log says why, and the run goes on', async () => {
  await engine.send({ name: 'Refused Webhook Wanted', userId: 'unhooked' });
  await engine.settled();
  expect(receiver.callsTo('/gone')).toHaveLength(1);
  expect(await story('unhooked', 'webhook-to-nobody')).toEqual([
    '0s call-gone: refused, channel',
    '0s in-app-after: acted',
    '0s run: ended completed, all steps are done',
  ]);
  const [call] = await engine.messagesOf('unhooked');
  expect(call).toMatchObject({ status: 'failed', refusal: { detail: expect.stringContaining('said 410') } });
});

test('a trait that a step sets brings the person into an audience, and so into its journey', async () => {
  await engine.send({ name: 'Mark Wanted', userId: 'marked' });
  await engine.pass(MINUTE);
  const { traits } = await server.api<{ traits: object }>('/api/people/marked');
  expect(traits).toEqual({ upsell_ready: true, upsell_signal: 'exports' });
  expect(await engine.audiencesOf('marked')).toEqual(['upsell-ready']);
  expect(await story('marked', 'upsell')).toEqual([
    '0s in-app-after: acted',
    '0s run: ended completed, all steps are done',
  ]);
});
