import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClock } from '../../src/core/time.ts';
import { publishRoutes } from '../../src/publishing/routes.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { testDatabase } from '../kit/database.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { testServer } from '../server/test-server.ts';
import { ownDatabase } from './own-database.ts';
import { throughline } from './throughline.ts';

const API_KEY = 'the-key-of-the-other-one';

/** A workspace whose email brings in a part of its own. */
async function workspaceFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'templates'));
  const files = {
    'settings.yaml': settingsFile(),
    'templates/note.yaml': inAppFile('note', 'note'),
    'templates/_foot.mjml': '<mj-text><a href="{{ unsubscribeUrl }}">Unsubscribe</a></mj-text>',
    'templates/letter.mjml': `---
email: letter
subject: Hello
---
<mjml><mj-body><mj-section><mj-column><mj-include path="./_foot.mjml" /></mj-column></mj-section></mj-body></mjml>
`,
    'welcome.yaml': 'journey: welcome\nenter: { event: Signed Up }\nsteps: [{ in-app: note }, { email: letter }]\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test('a workspace goes to another environment as it is, under the same hash, once', async () => {
  const { db, drop } = await testDatabase();
  const clock = createClock();
  const app = await testServer(db, { clock, apiKey: API_KEY, plugins: [publishRoutes({ db, clock })] });
  onTestFinished(async () => {
    await app.close();
    await drop();
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const folder = await workspaceFolder();
  const to = (...more: string[]) => throughline(['publish', folder, '--to', url, ...more], { API_KEY });

  const preview = await to('--preview');
  expect(preview).toMatchObject({ code: 0, err: '' });
  expect(preview.out).toMatch(/nothing wrong \(\w{12}\)\.\n\nJourney +Under way\nwelcome {2}added +0\n$/);
  expect((await db.selectFrom('publications').select('id').execute()).length).toBe(0);

  const published = JSON.parse((await to('--json')).out);
  expect(published).toMatchObject({ held: true, publication: 1, isNew: true });
  const here = await throughline(['publish', folder, '--json'], { DATABASE_URL: await ownDatabase() });
  expect(JSON.parse(here.out).hash).toBe(published.hash);
  expect((await to()).out).toMatch(/\nIt was in force already, as number 1\.\n$/);

  const stranger = await throughline(['publish', folder, '--to', url], { API_KEY: 'not-the-key' });
  expect(stranger).toEqual({
    code: 1,
    out: '',
    err: `${url} refused it: The API key is not known. Send \`Authorization: Bearer <API key>\`.\n`,
  });
  await app.close();
  expect(await to()).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`${url} cannot be reached: `) });
}, 90_000);

test('moving people and listing versions of a journey that there is not is wrong use', async () => {
  const folder = await workspaceFolder();
  const env = { DATABASE_URL: await ownDatabase() };
  await throughline(['publish', folder], env);
  expect(await throughline(['migrate', 'welcom'], env)).toEqual({
    code: 2,
    out: '',
    err: 'There is no journey `welcom`. Did you mean `welcome`?\n',
  });
  expect(await throughline(['versions', 'bye'], env)).toEqual({
    code: 2,
    out: '',
    err: 'No journey `bye` was ever published. There are: welcome.\n',
  });
  expect(await throughline(['migrate', 'welcome'], env)).toEqual({
    code: 0,
    out: 'Everybody in welcome is on the version in force already.\n',
    err: '',
  });
  expect(await throughline(['migrate', 'welcome', '--map', 'nowhere.yaml'], env)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^The map cannot be read: ENOENT/),
  });
}, 90_000);
