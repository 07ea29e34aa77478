import { expect, test } from 'vitest';
import { categoriesOf } from '../../src/definitions/categories.ts';
import { EMAIL, messagesOf, SETTINGS, workspaceOf } from './folder.ts';

const OFFER = 'offer: o\ntitle: O\nvalue: 1\npropensity: 8%\n';
const JOURNEY = 'journey: j\nenter: { event: X }\nsteps: [{ email: hello }, { offer: o }]\n';
const files = (settings: string, offer = OFFER) => ({
  'settings.yaml': `${SETTINGS}${settings}`,
  'hello.mjml': EMAIL.replace('subject', 'category: news\nsubject'),
  'receipt.mjml': EMAIL.replace('email: hello', 'email: receipt\ntransactional: true'),
  'a.yaml': `${offer}---\n${JOURNEY}`,
});

test('people choose from the categories of messages and offers, or from those that the settings list', async () => {
  expect(categoriesOf(await workspaceOf(files('')))).toEqual([{ category: 'marketing' }, { category: 'news' }]);
  const listed = 'categories:\n  news: { title: News, description: Once a month }\n  marketing: Offers\n';
  expect(categoriesOf(await workspaceOf(files(listed)))).toEqual([
    { category: 'news', title: 'News', description: 'Once a month' },
    { category: 'marketing', title: 'Offers' },
  ]);
});

test('a category that the settings do not list is no category', async () => {
  expect(
    await messagesOf(files('categories: { newz: News }\n', OFFER.replace('value', 'category: newss\nvalue'))),
  ).toEqual([
    'a.yaml:3:11  The settings list no category `newss`. Did you mean `newz`?',
    'hello.mjml:3:11  The settings list no category `news`. Did you mean `newz`?',
  ]);
  expect(await messagesOf(files('categories: { news: News }\n'))).toEqual([
    'a.yaml:1:1  The settings list no category `marketing`, which is meant where none is named. Add it to `categories` in the settings.',
  ]);
  expect(await messagesOf(files('categories: {}\n'))).toContain(
    'settings.yaml:6:13  `categories` must name at least one category.',
  );
});
