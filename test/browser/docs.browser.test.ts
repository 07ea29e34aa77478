import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/runtime/free-port.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { API_KEY, testServer } from '../server/test-server.ts';
import { LAPTOP, openBrowser, overflow, PHONE, watchedPage } from './browser.ts';

let browser: Browser;
let database: TestDatabase;
let app: FastifyInstance;
let url = '';

beforeAll(async () => {
  [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  app = await testServer(database.db, { publicUrl: url });
  await app.listen({ port, host: '127.0.0.1' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
  await browser?.close();
});

test('a call can be tried with the API key, without any other host', async () => {
  const { page, context, faults } = await watchedPage(browser, [url], LAPTOP);
  await page.goto(`${url}/docs`);
  expect(await page.title()).toBe('API · Throughline');
  await page.getByRole('button', { name: 'Authorize' }).click();
  const forApi = page.locator('.auth-container', { hasText: 'apiKey' });
  await forApi.getByRole('textbox').fill(API_KEY);
  await forApi.getByRole('button', { name: 'Apply credentials' }).click();
  await forApi.getByRole('button', { name: 'Close' }).click();

  const journeys = page.locator('.opblock', { has: page.getByText('Journeys and how their runs stand') });
  await journeys.getByRole('button').first().click();
  await journeys.getByRole('button', { name: 'Try it out' }).click();
  const answer = page.waitForResponse(`${url}/api/journeys**`);
  await journeys.getByRole('button', { name: 'Execute' }).click();
  expect(await (await answer).json()).toEqual({ items: [], next: null });
  expect(faults).toEqual([]);

  await page.getByRole('link', { name: '← Throughline' }).click();
  await page.waitForURL(`${url}/`);
  await context.close();
});

test('on a phone the page fits the screen', async () => {
  const { page, context, faults } = await watchedPage(browser, [url], PHONE);
  await page.goto(`${url}/docs`);
  await page.getByText('Everything known about a person').click();
  await page.getByText('A user id, or an anonymous id').waitFor();
  expect(await overflow(page)).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});
