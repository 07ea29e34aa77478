import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestServer, testServer } from '../e2e/server.ts';
import { type TestEngine, testEngine } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { faintTexts, LOOKS, openBrowser, overflow, PHONE, watchedPage } from './browser.ts';
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

/** The link in an email that the person has just got. */
async function linkInEmailTo(userId: string): Promise<string> {
  const email = `${userId}@example.test`;
  await engine.identify(userId, { email });
  await engine.send({ name: 'Signed Up', userId });
  await engine.settled();
  const [received] = mailbox.messagesTo(email);
  const link = /href="([^"]+\/u\/[^"]+)"/.exec(received?.html ?? '')?.[1] ?? '';
  return server.url + new URL(link).pathname;
}

async function sentAgainTo(userId: string) {
  await engine.send({ name: 'Order Completed', userId });
  await engine.settled();
  await engine.send({ name: 'Signed Up', userId });
  await engine.settled();
  return (await engine.messagesOf(userId)).map(({ status, refusal }) => (refusal === null ? status : refusal));
}

test('who follows the link in an email and presses the button gets no more of its kind', async () => {
  const link = await linkInEmailTo('ada');
  const { page, context, faults } = await watchedPage(browser, [server.url], PHONE);
  await page.goto(link);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Unsubscribe?');
  await page.getByRole('button', { name: 'Stop marketing messages' }).click();
  await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
  expect(await page.title()).toBe('Unsubscribed');
  expect(await page.getByRole('main').textContent()).toContain('no more marketing messages');
  expect(await sentAgainTo('ada')).toEqual(['sent', { reason: 'suppressed', category: 'marketing' }]);

  await page.getByRole('button', { name: 'Stop all other messages too' }).click();
  await page.getByText('You will get no more of these messages from us.').waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

test('the keyboard is enough to end everything', async () => {
  const link = await linkInEmailTo('ben');
  const { page, context } = await watchedPage(browser, [server.url]);
  await page.goto(link);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
  expect(await sentAgainTo('ben')).toEqual(['sent', { reason: 'suppressed', category: 'all' }]);
  await context.close();
});

test('who only looks, as a mail program’s scanner does, still gets messages', async () => {
  const link = await linkInEmailTo('cleo');
  const { page, context } = await watchedPage(browser, [server.url]);
  await page.goto(link);
  await context.close();
  expect(await sentAgainTo('cleo')).toEqual(['sent', 'sent']);
});

describe.each(LOOKS)('on a $name', ({ options, name }) => {
  test('every page behind the link fits the screen and can be read', async () => {
    const link = await linkInEmailTo(name.replace(', ', '-'));
    const { page, context, faults } = await watchedPage(browser, [server.url], options);
    const look = async () => [await overflow(page), await faintTexts(page)];
    await page.goto(link);
    expect(await look()).toEqual([0, []]);
    await page.getByRole('button').first().click();
    await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    expect(await look()).toEqual([0, []]);
    await page.goto(`${link}x`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('This link does not work');
    expect(await look()).toEqual([0, []]);
    expect(faults).toEqual([]);
    await context.close();
  });
});
