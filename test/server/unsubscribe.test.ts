import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEmailChannel, messageIdOf } from '../../src/channels/email.ts';
import { signUnsubscribe } from '../../src/channels/tokens.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { standingWishes } from '../../src/runs/suppression.ts';
import { unsubscribeRoutes } from '../../src/server/routes/unsubscribe.ts';
import { startMailbox } from '../channels/mailbox.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMessage, addPerson, addRun, publishWorkspace } from './rows.ts';
import { testServer } from './test-server.ts';

const secret = 'signing secret';
let database: TestDatabase;
let app: FastifyInstance;
let profileId = 0;
let messageId = '';
const clock = { now: () => AT.getTime(), wall: () => Date.now(), speed: 1 };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await publishWorkspace(db);
  profileId = await addPerson(db, 'ada');
  const run = `free-to-paid/${profileId}/0`;
  await addRun(db, { id: run, profileId });
  messageId = await addMessage(db, { run, profileId, step: 'reminder' });
  app = await testServer(db, { clock, plugins: [unsubscribeRoutes({ db, clock, signingSecret: secret })] });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});
beforeEach(async () => {
  await database.db.deleteFrom('suppressions').execute();
  await database.db.deleteFrom('inbox').execute();
});

const link = (changes: { category?: string; profileId?: number } = {}) =>
  `/u/${signUnsubscribe({ secret, profileId, category: 'cart-reminders', messageId, ...changes })}`;

const click = (url: string, payload = 'List-Unsubscribe=One-Click', headers: Record<string, string> = form) =>
  app.inject({ method: 'POST', url, payload, headers });

async function suppressed(of = profileId): Promise<string[]> {
  return [...((await standingWishes(database.db, [of])).get(of)?.keys() ?? [])].sort();
}

async function reported(): Promise<IncomingEvent[]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map(({ body }) => body as IncomingEvent);
}

test('the headers of a sent email lead to the end of such emails with one click', async () => {
  const mailbox = await startMailbox();
  const channel = createEmailChannel({ smtpUrl: mailbox.url });
  const unsubscribeUrl = `http://localhost:8080${link()}`;
  const address = { to: 'ada@example.com', from: 'Shop <shop@shop.example>' };
  const body = { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' };
  await channel.send({ ...address, ...body, messageId: messageIdOf(messageId, 'shop.example'), unsubscribeUrl });
  channel.close();
  await mailbox.close();
  const headers = new Map(mailbox.received[0]?.mail.headers.map(({ key, value }) => [key, value]));
  const url = new URL(/^<(.+)>$/.exec(headers.get('list-unsubscribe') ?? '')?.[1] ?? '');
  const answer = await click(url.pathname, headers.get('list-unsubscribe-post'));
  expect(answer.statusCode).toBe(200);
  expect(await suppressed()).toEqual(['cart-reminders']);
});

test('a second click changes nothing and looks the same', async () => {
  const first = await click(link());
  const second = await click(link());
  expect(second.body).toBe(first.body);
  expect(second.statusCode).toBe(200);
  expect(await reported()).toMatchObject([
    {
      name: 'Unsubscribed',
      messageId: `${messageId}:unsubscribed:cart-reminders`,
      profileId,
      occurredAt: AT.toISOString(),
      properties: {
        message_id: messageId,
        journey: 'free-to-paid',
        step: 'reminder',
        unsubscribed_from: 'cart-reminders',
      },
    },
  ]);
});

test('one click may also come as multipart, as mail programs are free to send it', async () => {
  const payload = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n';
  expect((await click(link(), payload, { 'content-type': 'multipart/form-data; boundary=x' })).statusCode).toBe(200);
  expect(await suppressed()).toEqual(['cart-reminders']);
});

test('the page’s second button ends everything', async () => {
  const answer = await click(link(), 'scope=all');
  expect(answer.body).toContain('no more of these messages');
  expect(await suppressed()).toEqual(['all']);
});

describe('the page', () => {
  test('asks and changes nothing, as scanners open every link', async () => {
    const answer = await app.inject(link());
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toContain('Stop cart reminders messages');
    expect(answer.body).toContain('value="all"');
    expect(await suppressed()).toEqual([]);
  });

  test('escapes what it is given', async () => {
    const url = link({ category: '<script>alert(1)</script>"' });
    for (const answer of [await app.inject(url), await click(url)]) {
      expect(answer.body).not.toContain('<script');
      expect(answer.body).toContain('&#60;script&#62;');
    }
  });

  test.each(['x', 'a.b', `${link().slice(3)}x`])('says that a broken link is one: %j', async (token) => {
    for (const answer of [await app.inject(`/u/${token}`), await click(`/u/${token}`)]) {
      expect(answer.statusCode).toBe(404);
      expect(answer.body).toContain('This link does not work');
    }
    expect(await suppressed()).toEqual([]);
  });
});

test('a link from before a merge speaks for the person merged into', async () => {
  const from = await addPerson(database.db, null, ['device']);
  await database.db.updateTable('profiles').set({ merged_into: profileId }).where('id', '=', from).execute();
  await click(link({ profileId: from }));
  expect(await suppressed()).toEqual(['cart-reminders']);
  expect(await suppressed(from)).toEqual([]);
});

test('a link to a person who was erased is answered like any other', async () => {
  expect((await click(link({ profileId: 999_999 }))).statusCode).toBe(200);
  expect(await reported()).toEqual([]);
});
