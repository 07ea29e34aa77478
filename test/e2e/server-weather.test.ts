import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { freePort } from '../../src/runtime/free-port.ts';
import { type LocalPostgres, startLocalPostgres } from '../../src/runtime/local-postgres.ts';
import { type LocalTemporal, startLocalTemporal } from '../../src/runtime/local-temporal.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { quiet } from '../kit/quiet.ts';
import { type TestServer, testServer, WRITE_KEY } from './server.ts';
import { emailFile, settingsFile } from './templates.ts';

const FILES = {
  'settings.yaml': settingsFile('traits: { email: string }\n'),
  'journey.yaml': `
journey: letter
enter: { event: Letter Wanted }
goal: { event: Letter Read }
steps: [{ email: first }, { wait: 1s }, { email: second }]
`,
  'first.mjml': emailFile('first', 'One'),
  'second.mjml': emailFile('second', 'Two'),
};

let dataDir: string;
let workspace: Workspace;
let mailbox: TestMailbox;
let engine: TestEngine;
let server: TestServer;

beforeAll(async () => {
  workspace = await workspaceOf(FILES);
  dataDir = await mkdtemp(join(tmpdir(), 'throughline-weather-'));
  // Postgres, started by root, runs as another user, who has to get there.
  await chmod(dataDir, 0o755);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const addressOf = (userId: string) => `${userId}@example.test`;

/** As a client does: again until it is answered with 200. */
async function post(body: object): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  for (;;) {
    const { status } = await fetch(`${server.url}/v1/batch`, request);
    if (status === 200) return;
    expect(status).toBe(503);
    await delay(50);
  }
}

function letterFor(userId: string): Promise<void> {
  const at = { messageId: randomUUID(), userId };
  return post({
    batch: [
      { ...at, type: 'identify', messageId: randomUUID(), traits: { email: addressOf(userId) } },
      { ...at, type: 'track', event: 'Letter Wanted' },
    ],
  });
}

const lettersOf = (userId: string) => mailbox.messagesTo(addressOf(userId)).map(({ subject }) => subject);
const runsByStatus = async () => {
  const rows = await engine.db
    .selectFrom('runs')
    .select(({ fn }) => ['status', fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
};

describe('Postgres is killed in the middle and started again', () => {
  const people = Array.from({ length: 40 }, (_, index) => `reader-${index}`);
  let postgres: LocalPostgres;

  beforeAll(async () => {
    mailbox = await testMailbox();
    postgres = await startLocalPostgres({ dataDir, log: quiet });
    const { url } = postgres;
    const db = openDatabase({ url });
    await migrate(db);
    const database = { db, url, schema: 'public', drop: () => db.destroy() };
    engine = await testEngine({ workspace, smtpUrl: mailbox.url, database });
    server = await testServer(engine);
  });
  afterAll(async () => {
    await server?.close();
    await engine?.stop();
    await engine?.database.drop();
    await postgres?.stop();
    await mailbox.close();
  });

  test('every event that was answered counts once, every run goes on, and nobody gets a letter twice', async () => {
    const { port, pid, exited } = postgres;
    const sending = (async () => {
      for (const userId of people) await letterFor(userId);
    })();
    await eventually(() => expect(mailbox.messages().length).toBeGreaterThan(10));
    process.kill(pid, 'SIGKILL');
    await exited;
    postgres = await startLocalPostgres({ dataDir, port, log: quiet });
    await sending;

    await eventually(async () => expect(await runsByStatus()).toEqual({ active: people.length }));
    await eventually(() => expect(people.filter((userId) => !lettersOf(userId).includes('second'))).toEqual([]));
    expect(people.map(lettersOf)).toEqual(people.map(() => ['first', 'second']));

    await post({ batch: people.map((userId) => ({ type: 'track', userId, event: 'Letter Read' })) });
    await eventually(async () => expect(await runsByStatus()).toEqual({ converted: people.length }));
    const { count } = await engine.db
      .selectFrom('events')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('by_engine', '=', false)
      .executeTakeFirstOrThrow();
    expect(count).toBe(3 * people.length);
  }, 60_000);
});

describe('Temporal is away', () => {
  const people = ['early', 'bird'];
  let port: number;
  let temporal: LocalTemporal | undefined;

  const start = async () => {
    temporal = await startLocalTemporal({ dataDir, port, log: quiet });
  };

  beforeAll(async () => {
    mailbox = await testMailbox();
    port = await freePort();
    const address = `127.0.0.1:${port}`;
    engine = await testEngine({ workspace, smtpUrl: mailbox.url, temporal: { address, namespace: 'default' } });
    server = await testServer(engine);
  });
  afterAll(async () => {
    await server?.close();
    await engine?.stop();
    await temporal?.stop();
    await mailbox.close();
  });

  test('at the start: events are taken and people enter; their runs begin when it is there', async () => {
    for (const userId of people) await letterFor(userId);
    await eventually(async () => expect(await runsByStatus()).toEqual({ active: 2 }));
    expect(mailbox.messages()).toEqual([]);
    await start();
    await eventually(() => expect(people.map(lettersOf)).toEqual(people.map(() => ['first', 'second'])));
  }, 60_000);

  test('in the middle, killed: runs go on when it is back, and end as they would have', async () => {
    process.kill(temporal?.pid ?? 0, 'SIGKILL');
    await temporal?.exited;
    await letterFor('late');
    await post({ batch: [{ type: 'track', userId: 'early', event: 'Letter Read' }] });
    await eventually(async () => expect(await runsByStatus()).toEqual({ active: 2, converted: 1 }));
    await start();
    await eventually(() => expect(lettersOf('late')).toEqual(['first', 'second']));
    const [run] = await engine.runsOf('early');
    expect(await engine.client.workflow.getHandle(run?.id ?? '').result()).toBe('converted');
  }, 60_000);
});
