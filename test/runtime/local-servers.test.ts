import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROJECT } from '../../src/runtime/installed.ts';
import { keepRunning } from '../../src/runtime/keep-running.ts';
import { startLocalMailbox } from '../../src/runtime/local-mailbox.ts';
import { type LocalPostgres, startLocalPostgres } from '../../src/runtime/local-postgres.ts';
import type { LocalServer } from '../../src/runtime/local-server.ts';
import { startLocalTemporal } from '../../src/runtime/local-temporal.ts';
import { isAlive } from '../../src/runtime/lock.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { quiet as log } from '../kit/quiet.ts';
import { recordedLog } from '../kit/recorded-log.ts';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function stopAfterTest<S extends LocalServer>(server: S): S {
  onTestFinished(() => server.stop());
  return server;
}

async function postgres(dataDir: string, port?: number) {
  return stopAfterTest(await startLocalPostgres({ dataDir, port, log }));
}

describe('local Postgres', () => {
  it('keeps what was committed when it is killed, and is found at the same address again', async () => {
    const dataDir = await temporaryFolder();
    const first = await postgres(dataDir);
    await query(first.url, `create table kept as select 'Grüße' as word`);
    process.kill(first.pid, 'SIGKILL');
    const second = await postgres(dataDir, first.port);
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select word from kept')).toEqual([{ word: 'Grüße' }]);
  });

  it('commits to disk, in UTF-8', async () => {
    const { url } = await postgres(await temporaryFolder());
    const [settings] = await query(
      url,
      `select current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync,
        current_setting('server_encoding') as encoding, lower('ÄÖ') as lower`,
    );
    expect(settings).toEqual({ commit: 'on', fsync: 'on', encoding: 'UTF8', lower: 'äö' });
  });

  it('starts where a file says that it runs, but the number is that of another program by now', async () => {
    const dataDir = await temporaryFolder();
    const first = await postgres(dataDir);
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    const leftBehind = await readFile(pidFile, 'utf8');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    await writeFile(pidFile, leftBehind.replace(String(first.pid), String(process.pid)));
    const second = await postgres(dataDir);
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('ends when the process that started it is killed', async () => {
    const dataDir = await temporaryFolder();
    const module = pathToFileURL(join(PROJECT, 'src/runtime/local-postgres.ts')).href;
    const script = `
      import { startLocalPostgres } from '${module}';
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const { pid } = await startLocalPostgres({ dataDir: '${dataDir}', log });
      console.log(pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')]);
    const pid = Number(line);
    expect(pid).toBeGreaterThan(1);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });

  it('is started again when it ends by itself', async () => {
    const dataDir = await temporaryFolder();
    const said = recordedLog();
    const kept = await keepRunning<LocalPostgres>(
      'Postgres',
      (before) => startLocalPostgres({ dataDir, port: before?.port, log }),
      said,
    );
    onTestFinished(() => kept.stop());
    process.kill(kept.first.pid, 'SIGKILL');
    await said.said('runs again');
    expect(said.lines[0]).toBe('The local Postgres ended by itself (SIGKILL); starting it again.');
    expect(await query(kept.first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('local Temporal', () => {
  it('keeps its workflows over a restart, in the namespace it was given', async () => {
    const dataDir = await temporaryFolder();
    const namespace = 'shop';
    const first = stopAfterTest(await startLocalTemporal({ dataDir, namespace, log }));
    const start = { taskQueue: 'nobody', workflowId: 'kept' };
    await withClient(first.address, namespace, (client) => client.workflow.start('journey', start));
    await first.stop();

    const second = stopAfterTest(await startLocalTemporal({ dataDir, namespace, log, ...first.ports }));
    expect(second.address).toBe(first.address);
    const { status } = await withClient(second.address, namespace, (client) =>
      client.workflow.getHandle('kept').describe(),
    );
    expect(status.name).toBe('RUNNING');
    expect(await (await fetch(second.metricsUrl)).text()).toContain('service_requests');
  });
});

describe('local mailbox', () => {
  it('shows what it was sent, after a restart too', async () => {
    const dataDir = await temporaryFolder();
    const first = stopAfterTest(await startLocalMailbox({ dataDir }));
    const transport = createTransport(first.smtpUrl);
    await transport.sendMail({ from: 'shop@example.com', to: 'ada@example.com', subject: 'Welcome', text: 'Hello' });
    transport.close();
    await expect.poll(() => subjectsIn(first.webUrl)).toEqual(['Welcome']);
    await first.stop();

    const second = stopAfterTest(await startLocalMailbox({ dataDir, ...first.ports }));
    expect(second.webUrl).toBe(first.webUrl);
    await expect.poll(() => subjectsIn(second.webUrl)).toEqual(['Welcome']);
  });
});

async function withClient<T>(address: string, namespace: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

async function subjectsIn(webUrl: string): Promise<string[]> {
  const emails = (await (await fetch(`${webUrl}/email`)).json()) as { subject: string }[];
  return emails.map(({ subject }) => subject);
}
