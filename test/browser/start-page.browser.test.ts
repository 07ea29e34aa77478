import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { type TestServer, testServer, WRITE_KEY } from '../e2e/server.ts';
import { type TestEngine, testEngine } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { testServer as serverOn } from '../server/test-server.ts';
import { faintTexts, LAPTOP, LOOKS, openBrowser, overflow, PHONE, watchedPage } from './browser.ts';
import { smallWorkspace } from './workspace.ts';

let browser: Browser;
let mailbox: TestMailbox;
let engine: TestEngine;
let server: TestServer;

beforeAll(async () => {
  [browser, mailbox] = await Promise.all([openBrowser(), testMailbox()]);
  engine = await testEngine({ workspace: await smallWorkspace(), smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox?.close();
  await browser?.close();
});

const row = (page: Page, name: RegExp) => page.getByRole('row', { name });
const cells = (page: Page, name: RegExp) => row(page, name).getByRole('cell').allTextContents();

test('the first step can be copied into a shell, and the open page shows by itself what comes of it', async () => {
  const { page, context, faults } = await watchedPage(browser, [server.url], LAPTOP);
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Send the first event' }).waitFor();
  expect(await cells(page, /^welcome/)).toEqual(['0', '0', '0', '0', '0', '0', '–']);
  await page.evaluate('document.body.dataset.first = "yes"');

  await engine.identify('ada', { email: 'ada@example.test' });
  const line = String(await page.locator('#curl').textContent()).replace('http://localhost:8080', server.url);
  const { stdout } = await promisify(execFile)('sh', ['-c', line], { env: { ...process.env, WRITE_KEY } });
  expect(JSON.parse(stdout)).toEqual({ success: true });
  engine.nudge();
  await row(page, /^welcome/)
    .getByRole('cell', { name: '1', exact: true })
    .waitFor();
  await mailbox.waitFor(1);
  await row(page, /^Email/)
    .getByText('just now')
    .waitFor();
  expect((await cells(page, /^Email/)).slice(0, 2)).toEqual(['1', '1']);

  await engine.send({ name: 'Order Completed', userId: 'ada' });
  await engine.settled();
  await row(page, /^welcome/)
    .getByText('100.0%')
    .waitFor();
  expect(await cells(page, /^welcome/)).toEqual(['0', '1', '0', '0', '0', '0', '100.0%nobody is held out']);
  expect(await page.getByRole('heading', { name: 'Send the first event' }).count()).toBe(0);
  expect(await page.evaluate('document.body.dataset.first')).toBe('yes');
  expect(faults).toEqual([]);
  await context.close();
});

test('on a phone the table’s cells still say which column they are of', async () => {
  const { page, context } = await watchedPage(browser, [server.url], PHONE);
  await page.goto(server.url);
  expect(
    await row(page, /^welcome/)
      .getByRole('cell')
      .count(),
  ).toBe(7);
  const label = await page.evaluate(
    `getComputedStyle(document.querySelector('[data-label="In it now"]'), '::before').content`,
  );
  expect(label).toBe('"In it now"');
  await context.close();
});

test('numbers that are old say so', async () => {
  const app = await serverOn(engine.database.db);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const { page, context } = await watchedPage(browser, [url], LAPTOP);
  await page.goto(url);
  expect(await page.getByRole('status').isVisible()).toBe(false);
  await app.close();
  await page.getByText('These are the last numbers there were.').waitFor();
  await context.close();
});

describe.each(LOOKS)('on a $name', ({ options }) => {
  const look = async (url: string) => {
    const { page, context, faults } = await watchedPage(browser, [url], options);
    await page.goto(url);
    const heading = await page.getByRole('heading', { level: 2 }).first().textContent();
    const seen = { heading, overflow: await overflow(page), faint: await faintTexts(page), faults };
    await context.close();
    return seen;
  };
  const fine = { overflow: 0, faint: [], faults: [] };

  test('the page fits the screen and can be read', async () => {
    expect(await look(server.url)).toEqual({ heading: 'Journeys', ...fine });
  });

  test('so it does, and says why, while a journey is paused', async () => {
    const byHand = { by: 'ada', reason: `a wrong price, see ${'a-very-'.repeat(12)}long-thread` };
    await server.api('/api/journeys/win-over/pause', byHand);
    expect(await look(server.url)).toEqual({ heading: 'Journeys', ...fine });
    const { page, context } = await watchedPage(browser, [server.url], options);
    await page.goto(server.url);
    await row(page, /^win-over paused/)
      .getByText(`by ada: ${byHand.reason}`)
      .waitFor();
    await context.close();
    await server.api('/api/journeys/win-over/resume', { by: 'ada', reason: 'all is well' });
  });

  test('so it does while Temporal, or Postgres, is away', async () => {
    const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' });
    const ready = async () => ({
      database: 'ok',
      temporal: `cannot be reached at ${'very-'.repeat(20)}long.example:7233`,
    });
    const apps = await Promise.all([serverOn(engine.database.db, { ready }), serverOn(away, { ready })]);
    const seen = [];
    for (const app of apps) {
      await app.listen({ port: 0, host: '127.0.0.1' });
      seen.push(await look(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`));
      await app.close();
    }
    await away.destroy();
    expect(seen).toEqual([
      { heading: 'Not everything can be reached', ...fine },
      { heading: 'The database cannot be reached', ...fine },
    ]);
  });
});
