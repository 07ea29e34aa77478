import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { waitForDatabase, waitForTemporal } from '../../src/runtime/await-servers.ts';
import { freePort } from '../../src/runtime/free-port.ts';
import { recordedLog } from '../kit/recorded-log.ts';

/** From now on, `port` leads to the server at `to`. */
async function open(port: number, to: { hostname: string; port: string }): Promise<void> {
  const server = createServer((socket) => {
    const behind = connect(Number(to.port), to.hostname);
    socket.pipe(behind).pipe(socket);
    socket.on('error', () => behind.destroy());
    behind.on('error', () => socket.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

describe('a server that is away at the start is waited for', () => {
  it('Postgres', async () => {
    const log = recordedLog();
    const port = await freePort();
    const url = new URL(inject('databaseUrl'));
    const behind = { hostname: url.hostname, port: url.port };
    url.port = String(port);
    url.hostname = '127.0.0.1';
    const there = waitForDatabase(url.href, { log });
    await log.said(`connect ECONNREFUSED 127.0.0.1:${port}`);
    await open(port, behind);
    await there;
    expect(log.lines[0]).toBe(
      `Waiting for Postgres at postgres://${url.username}:***@${url.host}${url.pathname}: connect ECONNREFUSED ${url.host}`,
    );
    expect(log.lines.at(-1)).toMatch(/is there\.$/);
  });

  it('Temporal', async () => {
    const log = recordedLog();
    const port = await freePort();
    const there = waitForTemporal(`127.0.0.1:${port}`, 'default', { log });
    await log.said(`Waiting for Temporal at 127.0.0.1:${port}, namespace default`);
    await open(port, new URL(`tcp://${inject('temporalAddress')}`));
    await there;
    expect(log.lines.at(-1)).toBe(`Temporal at 127.0.0.1:${port}, namespace default is there.`);
  });
});

it('a namespace that is missing is said', async () => {
  const log = recordedLog();
  const giveUp = new AbortController();
  const there = waitForTemporal(inject('temporalAddress'), 'nowhere', { log, signal: giveUp.signal });
  await log.said('nowhere');
  giveUp.abort(new Error('stopped'));
  await expect(there).rejects.toThrow();
  expect(log.lines[0]).toContain('Namespace nowhere is not found');
});

it('a password that is wrong is said', async () => {
  const log = recordedLog();
  const giveUp = new AbortController();
  const url = new URL(inject('databaseUrl'));
  url.password = 'wrong';
  const there = waitForDatabase(url.href, { log, signal: giveUp.signal });
  await log.said('password authentication failed');
  giveUp.abort(new Error('stopped'));
  await expect(there).rejects.toThrow();
});
