import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServer, testServer, WRITE_KEY } from '../e2e/server.ts';
import { type TestEngine, testEngine } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type OtherSite, openBrowser, otherSite, watchedPage } from './browser.ts';
import { smallWorkspace } from './workspace.ts';

const CLIENT = new URL('../../node_modules/@segment/analytics-next/dist/umd/index.js', import.meta.url);
/** What Segment's own settings address answers for a source that sends to nothing else. */
const SETTINGS = { integrations: { 'Segment.io': { apiKey: WRITE_KEY } } };

let browser: Browser;
let mailbox: TestMailbox;
let engine: TestEngine;
let server: TestServer;
let shop: OtherSite;

beforeAll(async () => {
  [browser, mailbox] = await Promise.all([openBrowser(), testMailbox()]);
  engine = await testEngine({ workspace: await smallWorkspace(), smtpUrl: mailbox.url });
  server = await testServer(engine);
  const client = await readFile(CLIENT);
  shop = await otherSite(({ url }, response) => {
    if (url === '/client.js') return response.setHeader('content-type', 'text/javascript').end(client);
    if (url === `/v1/projects/${WRITE_KEY}/settings`)
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(SETTINGS));
    return response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end('<!doctype html><html lang="en"><title>Pricing</title><script src="/client.js"></script></html>');
  });
});
afterAll(async () => {
  await shop?.close();
  await server?.close();
  await engine?.stop();
  await mailbox?.close();
  await browser?.close();
});

/** The official client, as its documentation loads it, with another host. */
async function load(page: Page, settings: object, delivery: object = {}): Promise<void> {
  const host = { apiHost: `${new URL(server.url).host}/v1`, protocol: 'http', ...delivery };
  await page.goto(`${shop.origin}/pricing`);
  await page.evaluate(
    `globalThis.analytics = AnalyticsNext.AnalyticsBrowser.load(${JSON.stringify(settings)}, ${JSON.stringify({ integrations: { 'Segment.io': host } })})`,
  );
}

async function person(id: string) {
  await engine.settled();
  return server.api<{
    traits: object;
    identities: { kind: string; value: string }[];
    accounts: { id: string }[];
    events: { name: string }[];
  }>(`/api/people/${id}`);
}

test('with its host changed it sends everything, and what was seen before the login belongs to the person', async () => {
  const { page, context, faults } = await watchedPage(browser, [shop.origin, server.url]);
  await load(page, { writeKey: WRITE_KEY, cdnSettings: SETTINGS });
  await page.evaluate(`(async () => {
    await analytics.page('Pricing');
    await analytics.track('Upgrade Page Viewed', { plan: 'pro' });
    await analytics.identify('ada', { email: 'ada@example.test', plan: 'free' });
    await analytics.group('acme', { name: 'Acme', seats: 12 });
    await analytics.screen('Checkout');
    await analytics.track('Signed Up');
  })()`);
  const anonymousId = await page.evaluate('(async () => (await analytics.user()).anonymousId())()');
  await mailbox.waitFor(1);

  const ada = await person('ada');
  expect(ada.traits).toMatchObject({ email: 'ada@example.test', plan: 'free' });
  expect(ada.accounts).toMatchObject([{ id: 'acme' }]);
  expect(ada.identities).toContainEqual({ kind: 'anonymous', value: anonymousId });
  expect(ada.events.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Page Viewed', 'Upgrade Page Viewed', 'Signed Up', 'Screen Viewed', 'Email Delivered']),
  );
  const messages = await engine.messagesOf('ada');
  expect(messages).toMatchObject([{ journey: 'welcome', status: 'sent' }]);
  expect(faults).toEqual([]);
  await context.close();
});

test('settings may come from the shop’s own site, calls in batches, and an alias joins two people', async () => {
  const { page, context, faults } = await watchedPage(browser, [shop.origin, server.url]);
  const inBatches = { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 60_000 } } };
  await load(page, { writeKey: WRITE_KEY, cdnURL: shop.origin }, inBatches);
  const batch = page.waitForResponse(`${server.url}/v1/b`);
  await page.evaluate(`(async () => {
    await analytics.track('Product Viewed');
    await analytics.track('Product Added');
    await analytics.alias('ben');
  })()`);
  expect((await batch).status()).toBe(200);
  const ben = await person('ben');
  expect(ben.events.map(({ name }) => name)).toEqual(expect.arrayContaining(['Product Viewed', 'Product Added']));
  expect(faults).toEqual([]);
  await context.close();
});

test('what could not be stored for a while is sent again by the client, and counts once', async () => {
  const { db, schema } = engine.database;
  const { page, context } = await watchedPage(browser, [shop.origin, server.url]);
  await load(page, { writeKey: WRITE_KEY, cdnSettings: SETTINGS });
  await page.evaluate('analytics.ready()');

  await sql`alter table ${sql.id(schema, 'inbox')} rename to inbox_away`.execute(db);
  const refused = page.waitForResponse((answer) => answer.status() === 503);
  const sentAgain = page.waitForResponse((answer) => answer.status() === 200 && answer.request().method() === 'POST');
  await page.evaluate(`void analytics.track('Product Viewed', {}, { userId: 'cleo' })`);
  const { 'retry-after': retryAfter } = (await refused).headers();
  await sql`alter table ${sql.id(schema, 'inbox_away')} rename to inbox`.execute(db);
  expect(retryAfter).toBe('2');
  expect((await sentAgain).request().headers()['x-retry-count']).toBe('1');
  expect((await person('cleo')).events.map(({ name }) => name)).toEqual(['Product Viewed']);
  await context.close();
});
