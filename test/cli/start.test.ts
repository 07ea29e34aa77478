import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/runtime/free-port.ts';
import { exists, PROJECT } from '../../src/runtime/installed.ts';
import { readServicesFile } from '../../src/runtime/services-file.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { throughline } from './throughline.ts';

const WRITE_KEY = 'write-key-of-the-test';
const API_KEY = 'api-key-of-the-test';

/** Starts the product and returns when it says that it runs. */
async function start(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(PROJECT, 'bin/throughline.mjs'), 'start'], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('It has no output.');
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (line.includes('Running as')) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`It ended before it ran:\n${said.join('\n')}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  const [code] = await once(child, 'exit');
  return code;
}

it('serves what it was sent before it was ended, and before it was killed', { timeout: 120_000 }, async () => {
  const dataDir = await temporaryFolder();
  const port = await freePort();
  const env = { DATA_DIR: dataDir, PORT: String(port), WRITE_KEY, API_KEY };
  const send = (userId: string) =>
    fetch(`http://127.0.0.1:${port}/v1/identify`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId, traits: { plan: 'free' } }),
    });
  const statusOf = async (userId: string) =>
    (await fetch(`http://127.0.0.1:${port}/api/people/${userId}`, { headers: { authorization: `Bearer ${API_KEY}` } }))
      .status;

  const first = await start(env);
  expect((await send('ada')).status).toBe(200);
  await expect.poll(() => statusOf('ada'), { timeout: 20_000 }).toBe(200);
  const services = await readServicesFile(dataDir);
  expect(services).toMatchObject({ pid: first.pid, temporalNamespace: 'default' });
  const explained = await throughline(['explain', 'nobody', '--audience', 'open-cart'], { DATA_DIR: dataDir });
  expect(explained.err).toBe('Nobody is known as `nobody`.\n');
  expect(await end(first, 'SIGTERM')).toBe(0);
  expect(await exists(join(dataDir, 'services.json'))).toBe(false);

  const second = await start(env);
  expect(await statusOf('ada')).toBe(200);
  expect((await send('grace')).status).toBe(200);
  await end(second, 'SIGKILL');

  const third = await start(env);
  await expect.poll(() => statusOf('grace'), { timeout: 20_000 }).toBe(200);
  expect(await end(third, 'SIGINT')).toBe(0);
});
