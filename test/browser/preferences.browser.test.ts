import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signUnsubscribe } from '../../src/channels/tokens.ts';
import { createClock, DAY } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { standingWishes } from '../../src/runs/suppression.ts';
import { unsubscribeRoutes } from '../../src/server/routes/unsubscribe.ts';
import { emailFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';
import { addPerson } from '../server/rows.ts';
import { testServer } from '../server/test-server.ts';
import { faintTexts, LOOKS, openBrowser, overflow, watchedPage } from './browser.ts';

const CATEGORIES = `categories:
  product: { title: What is new, description: 'Once a month, what the product has learned since' }
  offers: Offers
  a-very-long-name-for-what-is-sent-to-people-who-signed-up-and-never-came-back: |
    A title that somebody wrote without thinking of phones, Donaudampfschifffahrtsgesellschaft
`;

const secret = 'a secret for tests only';
const clock = createClock();
let browser: Browser;
let database: TestDatabase;
let app: FastifyInstance;
let url = '';
let profileId = 0;

beforeAll(async () => {
  [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
  const { db } = database;
  profileId = await addPerson(db, 'ada');
  app = await testServer(db, { clock, plugins: [unsubscribeRoutes({ db, clock, signingSecret: secret })] });
  url = await app.listen({ port: 0, host: 'localhost' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
  await browser?.close();
});
beforeEach(async () => {
  await database.db.deleteFrom('suppressions').execute();
});

const link = (category = 'product') =>
  `${url}/u/${signUnsubscribe({ secret, profileId, category, messageId: 'a/1/0/b/0' })}`;
const wishes = async () => Object.fromEntries((await standingWishes(database.db, [profileId])).get(profileId) ?? []);

async function publishWith(settings: string) {
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(settings),
    'hello.mjml': emailFile('hello', 'Hello', 'category: offers\n'),
    'journeys.yaml': 'journey: j\nenter: { event: X }\nsteps: [{ email: hello }]\n',
  });
  await publish(database.db, workspace, new Date());
}

test('where nothing was published yet, it is about the message alone', async () => {
  const { page, context, faults } = await watchedPage(browser, [url]);
  await page.goto(link('news'));
  expect(await page.getByRole('button').allTextContents()).toEqual([
    'Stop news messages',
    'Stop all of them',
    'Pause everything for 30 days',
  ]);
  expect(await page.getByRole('checkbox').count()).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

test('whoever takes a tick away gets nothing of that, and what has a tick again is sent again', async () => {
  await publishWith(CATEGORIES);
  const { page, context } = await watchedPage(browser, [url]);
  await page.goto(link());
  const checkbox = (name: string) => page.getByRole('checkbox', { name });
  expect(await page.getByRole('checkbox').count()).toBe(3);
  await checkbox('Offers').uncheck();
  await page.getByRole('button', { name: 'Keep this choice' }).click();
  await page.getByRole('heading', { name: 'Your choice is kept' }).waitFor();
  expect((await page.getByRole('listitem').allTextContents()).map((text) => text.slice(0, 11))).toEqual([
    'What is new',
    'A title tha',
  ]);
  expect(await wishes()).toEqual({ offers: null });

  await page.getByRole('link', { name: 'Change what you get' }).click();
  expect(await checkbox('Offers').isChecked()).toBe(false);
  await checkbox('Offers').check();
  await page.getByRole('button', { name: 'Keep this choice' }).click();
  await page.getByRole('heading', { name: 'Your choice is kept' }).waitFor();
  expect(await wishes()).toEqual({});
  await context.close();
});

test('whoever had stopped everything and ticks one thing gets that, and nothing else', async () => {
  await publishWith(CATEGORIES);
  const { page, context } = await watchedPage(browser, [url]);
  await page.goto(link());
  await page.getByRole('button', { name: 'Stop all of them' }).click();
  await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
  await page.getByRole('link', { name: 'Change what you get' }).click();
  await page.getByRole('checkbox', { name: 'What is new' }).check();
  await page.getByRole('button', { name: 'Keep this choice' }).click();
  await page.getByRole('heading', { name: 'Your choice is kept' }).waitFor();
  expect(Object.keys(await wishes()).sort()).toEqual([expect.stringContaining('a-very-long'), 'offers']);
  await context.close();
});

test('a break ends by itself, and is said as long as it lasts', async () => {
  const { page, context } = await watchedPage(browser, [url]);
  await page.goto(link());
  await page.getByRole('button', { name: 'Pause everything for 30 days' }).click();
  await page.getByRole('heading', { name: 'We are quiet until' }).waitFor();
  const { all } = await wishes();
  expect((all ?? 0) - Date.now()).toBeGreaterThan(29.9 * DAY);
  await page.goto(link());
  await page.getByText('Everything is paused until').waitFor();
  await context.close();
});

describe.each(LOOKS)('on a $name', ({ options }) => {
  test('the page fits the screen and can be read: empty, full, answered and failing', async () => {
    const { page, context, faults } = await watchedPage(browser, [url], options);
    const look = async (state: string) => {
      expect({ state, overflow: await overflow(page), faint: await faintTexts(page) }).toEqual({
        state,
        overflow: 0,
        faint: [],
      });
    };
    await publishWith(CATEGORIES);
    await page.goto(link('a-very-long-name-for-what-is-sent-to-people-who-signed-up-and-never-came-back'));
    await look('full');
    await page.getByRole('checkbox').first().uncheck();
    await page.getByRole('button', { name: 'Keep this choice' }).click();
    await page.getByRole('heading', { name: 'Your choice is kept' }).waitFor();
    await look('chosen');
    await publishWith('');
    await page.goto(link('offers'));
    await look('empty');
    await database.db.schema.alterTable('suppressions').renameTo('away').execute();
    try {
      await page.goto(link());
      expect(await page.getByRole('heading').textContent()).toBe('That did not work just now');
      await look('failing');
    } finally {
      await database.db.schema.alterTable('away').renameTo('suppressions').execute();
    }
    expect(faults).toEqual([]);
    await context.close();
  });
});
