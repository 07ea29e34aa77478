import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyFor } from './story.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

const WORKSPACE = `
journey: once
enter: { event: Enter Once }
steps: [{ in-app: note }]
---
journey: many-emails
enter: { event: Many Emails }
steps:
  - { id: first, email: news }
  - wait: 12h
  - { id: second, email: news }
  - wait: 12h
  - { id: third, email: news }
  - wait: 1d
  - { id: fourth, email: news }
---
journey: own-cap
enter: { event: Own Cap, again: always }
caps: [{ channel: in-app, atMost: 1, within: 3d }]
steps: [{ in-app: note }]
---
journey: everything-at-once
enter: { event: Everything At Once }
steps: [{ in-app: note }, { sales-task: call }, { email: news }, { in-app: other-note }]
---
journey: newsletter
enter: { event: Subscribe }
steps: [{ email: news }, { wait: 2d }, { email: other-news }, { email: receipt }, { email: offers }, { in-app: offer-note }]
`;

/** Twenty journeys that one event enters. */
const RUSH = Array.from({ length: 20 }, (_, index) => index)
  .map((index) => `journey: rush-${index}\nenter: { event: Rush }\nsteps: [{ in-app: note }]\n`)
  .join('---\n');

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      `traits: { email: string,  }
caps:
  - { channel: email, atMost: 2, within: 36h }
  - { atMost: 3, within: 2d }
`,
    ),
    'workspace.yaml': WORKSPACE,
    'rush.yaml': RUSH,
    'note.yaml': inAppFile('note', 'note'),
    'other-note.yaml': inAppFile('other-note', 'note'),
    'offer-note.yaml': inAppFile('offer-note', 'offer', 'category: offers\n'),
    'call.yaml': salesTaskFile('call', 'call'),
    'news.mjml': emailFile('news', 'news', 'category: news\n'),
    'other-news.mjml': emailFile('other-news', 'news', 'category: news\n'),
    'offers.mjml': emailFile('offers', 'offers', 'category: offers\n'),
    'receipt.mjml': emailFile('receipt', 'receipt', 'transactional: true\n'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const story = (userId: string, journey: string) => storyFor(engine, userId, journey);
const outcomes = async (userId: string) =>
  (await engine.messagesOf(userId)).map(({ step, status, refusal }) =>
    refusal === null ? `${step}: ${status}` : `${step}: ${refusal.reason}`,
  );

describe('caps', () => {
  test('of a channel: the third email within 36 hours is refused, the next after them goes out', async () => {
    await engine.identify('capped', { email: 'capped@example.test' });
    await engine.send({ name: 'Many Emails', userId: 'capped' });
    await engine.pass(3 * DAY);
    expect((await story('capped', 'many-emails')).filter((line) => !line.includes('wait'))).toEqual([
      '0s first: acted',
      '12h second: acted',
      '1d third: refused, cap',
      '2d fourth: acted',
      '2d run: ended completed, all steps are done',
    ]);
    expect(mailbox.messagesTo('capped@example.test')).toHaveLength(3);
  });

  test('count nothing that could not be delivered, not even for the step that comes right after it', async () => {
    await engine.identify('homeless', {});
    await engine.send({ name: 'Everything At Once', userId: 'homeless' });
    await engine.settled();
    expect(await outcomes('homeless')).toEqual([
      'in-app-note: sent',
      'sales-task-call: sent',
      'email-news: channel',
      'in-app-other-note: sent',
    ]);
  });

  test('over all channels: the fourth message within two days is refused, and says until when', async () => {
    await engine.identify('crowded', { email: 'crowded@example.test' });
    await engine.send({ name: 'Everything At Once', userId: 'crowded' });
    await engine.settled();
    expect(await outcomes('crowded')).toEqual([
      'in-app-note: sent',
      'sales-task-call: sent',
      'email-news: sent',
      'in-app-other-note: cap',
    ]);
    const refused = (await engine.messagesOf('crowded')).at(-1)?.refusal;
    expect(refused).toEqual({
      reason: 'cap',
      scope: 'workspace',
      cap: { atMost: 3, within: 2 * DAY },
      freeAt: engine.clock.now() + 2 * DAY,
    });
  });

  test('hold when twenty journeys want the same person at once', async () => {
    await engine.send({ name: 'Rush', userId: 'wanted' });
    await engine.settled();
    const all = (await outcomes('wanted')).sort();
    expect(all).toEqual([...Array(17).fill('in-app-note: cap'), ...Array(3).fill('in-app-note: sent')]);
  });

  test('of a journey: only its own messages count', async () => {
    await engine.send({ name: 'Enter Once', userId: 'own-cap' }, { name: 'Own Cap', userId: 'own-cap' });
    await engine.pass(DAY);
    await engine.send({ name: 'Own Cap', userId: 'own-cap' });
    await engine.pass(2 * DAY);
    await engine.send({ name: 'Own Cap', userId: 'own-cap' });
    await engine.settled();
    expect(await outcomes('own-cap')).toEqual([
      'in-app-note: sent',
      'in-app-note: sent',
      'in-app-note: cap',
      'in-app-note: sent',
    ]);
  });
});

describe('unsubscribing', () => {
  const unsubscribe = async (address: string, form: string) => {
    const [email] = mailbox.messagesTo(address);
    const header = email?.headers.find(({ key }) => key === 'list-unsubscribe')?.value ?? '';
    const { pathname } = new URL(header.slice(1, -1));
    const response = await fetch(`${server.url}${pathname}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    expect(response.status).toBe(200);
    await engine.settled();
  };

  test('by one click holds for the category from the next step on, and not for receipts', async () => {
    await engine.identify('tired', { email: 'tired@example.test' });
    await engine.send({ name: 'Subscribe', userId: 'tired' });
    await engine.pass(HOUR);
    await unsubscribe('tired@example.test', 'List-Unsubscribe=One-Click');
    await engine.pass(3 * DAY);
    expect(await outcomes('tired')).toEqual([
      'email-news: sent',
      'email-other-news: suppressed',
      'email-receipt: sent',
      'email-offers: sent',
      'in-app-offer-note: sent',
    ]);
    expect(mailbox.messagesTo('tired@example.test')).toHaveLength(3);
    expect(await server.api('/api/people/tired')).toMatchObject({
      events: expect.arrayContaining([
        expect.objectContaining({
          name: 'Unsubscribed',
          properties: expect.objectContaining({ unsubscribed_from: 'news' }),
        }),
      ]),
    });
  });

  test('from everything holds for every category, in the product too', async () => {
    await engine.identify('fed-up', { email: 'fed-up@example.test' });
    await engine.send({ name: 'Subscribe', userId: 'fed-up' });
    await engine.pass(HOUR);
    await unsubscribe('fed-up@example.test', 'scope=all');
    await engine.pass(3 * DAY);
    expect(await outcomes('fed-up')).toEqual([
      'email-news: sent',
      'email-other-news: suppressed',
      'email-receipt: sent',
      'email-offers: suppressed',
      'in-app-offer-note: suppressed',
    ]);
  });
});
