import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../kit/folder.ts';
import { ownDatabase } from './own-database.ts';
import { throughline } from './throughline.ts';

const SETTINGS = 'settings: shop\ntimezone: UTC\nsender: Shop <shop@example.com>\n';
const JOURNEY = 'journey: hello\nenter: { event: Signed Up }\ngoal: { event: Bought }\nexit: { after: 14d }\n';

async function workspace(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await temporaryFolder(), 'journeys');
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const right = () => workspace({ 'settings.yaml': SETTINGS, 'hello.yaml': `${JOURNEY}steps:\n  - wait: 1h\n` });
const wrong = () => workspace({ 'settings.yaml': SETTINGS, 'hello.yaml': `${JOURNEY}steps:\n  - wiat: 1h\n` });

describe('validate', () => {
  it('a folder that is right: 0', async () => {
    const { code, out } = await throughline(['validate', await right()]);
    expect(out).toMatch(/holds 1 journey and 0 audiences, nothing wrong \([0-9a-f]{12}\)\.\n$/);
    expect(code).toBe(0);
  });

  it('a folder that is wrong: 1, with a line for each problem', async () => {
    const { code, out } = await throughline(['validate', await wrong()]);
    expect(out).toMatch(/^hello\.yaml:6:5 {2}A step .*Did you mean `wait`\?\n\n1 problem in \/.*\/journeys\.\n$/);
    expect(code).toBe(1);
  });

  it('--json prints one object, either way', async () => {
    const held = await throughline(['validate', await right(), '--json']);
    expect(JSON.parse(held.out)).toMatchObject({ held: true, journeys: ['hello'], audiences: [] });
    const not = await throughline(['validate', await wrong(), '--json']);
    expect(JSON.parse(not.out)).toMatchObject({ held: false, problems: [{ file: 'hello.yaml', line: 6 }] });
    expect([held.code, not.code]).toEqual([0, 1]);
  });

  it('a folder that is not there: 2', async () => {
    const { code, err } = await throughline(['validate', '/nowhere']);
    expect(err).toBe('There is no folder /nowhere. Name the one that holds the definitions.\n');
    expect(code).toBe(2);
  });
});

describe('wrong use ends with 2 and says what is right', () => {
  it.each([
    [[], 'Usage: throughline'],
    [['validte'], '(Did you mean validate?)'],
    [['validate', '--jsn'], "error: unknown option '--jsn'"],
    [['explain', 'ada'], 'Say what about: either `--audience` or `--journey`.'],
    [['simulate', 'hello', '--persona', '/nowhere.yaml'], 'The persona cannot be read: ENOENT'],
    [['unmerge', 'ada'], '`ada` is not the id of a merge.'],
    [['publish'], 'There is no database to use: DATABASE_URL is not set, and nothing runs on '],
  ])('throughline %j', async (args, message) => {
    const empty = await temporaryFolder();
    const { code, err } = await throughline(args, { DATA_DIR: empty, WORKSPACE: await right() });
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it('help is no wrong use', async () => {
    expect((await throughline(['--help'])).code).toBe(0);
  });
});

describe('start', () => {
  it('names every variable that is wrong, and starts nothing', async () => {
    const dataDir = await temporaryFolder();
    const { code, err } = await throughline(['start', '--roles', 'cook'], { DATA_DIR: dataDir, PORT: 'x' });
    expect(err).toBe(
      'PORT is "x"; allowed is a whole number from 0 to 65535, where 0 picks a free port.\n' +
        'ROLES is "cook"; allowed is one or more of api, processor, worker, with commas between them.\n',
    );
    expect(code).toBe(2);
  });

  it('names a busy port before it starts anything', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, err, out } = await throughline(['start'], { DATA_DIR: await temporaryFolder(), PORT: String(port) });
    expect(err).toBe(
      `PORT is ${port}, but another program listens there already. Stop it, or set PORT to a free port (0 picks one).\n`,
    );
    expect(out).toBe('');
    expect(code).toBe(1);
  });
});

it('publish puts a workspace in force once', async () => {
  const folder = await right();
  const env = { DATABASE_URL: await ownDatabase() };
  const first = await throughline(['publish', folder, '--json'], env);
  expect(JSON.parse(first.out)).toMatchObject({ held: true, isNew: true });
  const again = await throughline(['publish', folder, '--json'], env);
  expect(JSON.parse(again.out)).toMatchObject({ held: true, isNew: false });
  const refused = await throughline(['publish', folder, '--enter-existing', 'nobody'], env);
  expect(refused.err).toContain('has no audience `nobody`');
  expect(refused.code).toBe(2);
});
