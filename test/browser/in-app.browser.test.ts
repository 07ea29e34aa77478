import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServer, testServer } from '../e2e/server.ts';
import { type TestEngine, testEngine } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type OtherSite, openBrowser, otherSite, watchedPage } from './browser.ts';
import { smallWorkspace } from './workspace.ts';

/** The product of somebody who uses the in-app API as it is documented; its server has put the user's token in. */
const productPage = (api: string, token: string) => `<!doctype html>
<html lang="en"><title>Product</title><body><h1>Exports</h1><div id="messages"></div>
<script type="module">
const call = (path, method = 'GET') =>
  fetch(${JSON.stringify(api)} + path, { method, headers: { authorization: 'Bearer ' + ${JSON.stringify(token)} } });
const messages = document.getElementById('messages');
for (const { id, title, body } of (await (await call('/in-app/messages')).json()).messages) {
  const path = '/in-app/messages/' + encodeURIComponent(id);
  const shown = document.createElement('aside');
  shown.append(Object.assign(document.createElement('h2'), { textContent: title }), body);
  const button = Object.assign(document.createElement('button'), { textContent: 'No, thanks' });
  button.onclick = async () => (await call(path + '/dismissed', 'POST')).ok && shown.remove();
  shown.append(button);
  messages.append(shown);
  await call(path + '/seen', 'POST');
}
messages.dataset.loaded = 'yes';
</script></body></html>`;

let browser: Browser;
let mailbox: TestMailbox;
let engine: TestEngine;
let server: TestServer;
let product: OtherSite;
let token = '';

beforeAll(async () => {
  [browser, mailbox] = await Promise.all([openBrowser(), testMailbox()]);
  engine = await testEngine({ workspace: await smallWorkspace(), smtpUrl: mailbox.url });
  server = await testServer(engine);
  product = await otherSite((_request, response) =>
    response.setHeader('content-type', 'text/html; charset=utf-8').end(productPage(server.url, token)),
  );
});
afterAll(async () => {
  await product?.close();
  await server?.close();
  await engine?.stop();
  await mailbox?.close();
  await browser?.close();
});

test('a page on another origin shows a message; a click on “No, thanks” takes the run down the branch for it', async () => {
  await engine.send({ name: 'Export Completed', userId: 'ada' });
  await engine.settled();
  ({ token } = await server.api<{ token: string }>('/api/in-app/tokens', { userId: 'ada' }));

  const { page, context, faults } = await watchedPage(browser, [product.origin, server.url]);
  await page.goto(product.origin);
  const message = page.getByRole('complementary');
  expect(await message.textContent()).toContain('Exports on a schedule');
  expect(await engine.tasksOf('ada')).toEqual([]);

  await page.getByRole('button', { name: 'No, thanks' }).click();
  await message.waitFor({ state: 'detached' });
  await engine.settled();
  const { events } = await server.api<{ events: { name: string }[] }>('/api/people/ada');
  expect(events.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['In-App Message Sent', 'In-App Message Seen', 'In-App Message Dismissed']),
  );
  expect(await engine.tasksOf('ada')).toMatchObject([{ title: 'ask-why', brief: 'They said no thanks.' }]);

  await page.reload();
  await page.locator('#messages[data-loaded]').waitFor({ state: 'attached' });
  expect(await message.count()).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

test('a page with a token of somebody else, or of nobody, sees nothing of it', async () => {
  await engine.send({ name: 'Export Completed', userId: 'ben' });
  await engine.settled();
  ({ token } = await server.api<{ token: string }>('/api/in-app/tokens', { userId: 'cleo' }));
  const { page, context } = await watchedPage(browser, [product.origin, server.url]);
  await page.goto(product.origin);
  await page.locator('#messages[data-loaded]').waitFor({ state: 'attached' });
  expect(await page.getByRole('complementary').count()).toBe(0);

  token = `${token}x`;
  const answer = page.waitForResponse(`${server.url}/in-app/messages`);
  await page.reload();
  expect((await answer).status()).toBe(401);
  await context.close();
});
