import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../src/core/time.ts';
import { startLocalTemporal } from '../../src/runtime/local-temporal.ts';
import { checkedWorkspace, type TestEngine, type TestEngineSettings, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { historyToText } from './history-text.ts';
import { testServer } from './server.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts';

const BENCH = fileURLToPath(new URL('../../bench/workspace', import.meta.url));

/** One real second is a bit more than a day, so that two weeks are over in eleven. */
const SPEED = 110_000;

const journeys = (receiver: string) => `
journey: woken
enter: { event: Woken Started }
goal: { event: Done }
steps:
  - wait-until: { event: Looked, since: entry }
    timeout: 29d
  - in-app: note
  - wait-until: { event: Looked Again, since: entry }
    timeout: 1h
  - email: letter
---
journey: webhook
enter: { event: Webhook Started }
steps:
  - webhook: { url: '${receiver}/hook', body: { hello: 1 } }
  - wait: 1h
  - in-app: note
---
journey: many-steps
enter: { event: Many Steps Started }
exit: { after: 10d, when: { event: Complained } }
steps:
  - split:
      left: { share: 50%, steps: [{ in-app: note }] }
      right: { share: 50%, steps: [{ email: letter }] }
  - wait: 2h
  - { id: second, email: letter }
  - { id: third, email: letter }
  - wait: 9d
---
journey: paused
enter: { event: Paused Started }
goal: { event: Done }
resume: { stale: never }
steps: [{ wait: 2d }, { email: letter }, { wait: 1d }, { in-app: note }]
---
role: member
that: { trait: email, exists: true }
atMost: 3
---
journey: account
of: accounts
enter: { event: Account Started }
goal: { event: Account Done }
steps:
  - { email: letter, to: member }
  - wait: 2h
  - { in-app: note, to: member }
  - wait: 9d
`;

const ROUNDS = `
journey: rounds
enter: { event: Rounds Started }
exit: { after: 60d }
steps:
  - repeat: { atMost: 8, steps: [{ email: letter }, { wait: 10h }] }
`;
/** A history of so many events is begun anew. */
const LONG = 30;

/**
 * Records the histories that `replay.test.ts` replays, from a real server: `RECORD=v0.1 npm test test/e2e/record`, once
 * for each release, into a folder of its own. What was recorded before stays as it is.
 */
describe.skipIf(process.env.RECORD === undefined)('recording', () => {
  const folder = fileURLToPath(new URL(`../histories/${process.env.RECORD}/`, import.meta.url));
  let mailbox: TestMailbox;
  let receiver: WebhookReceiver;
  let engine: TestEngine;

  beforeAll(async () => {
    mailbox = await testMailbox({ refuse: (address) => address.startsWith('nobody') });
    receiver = await webhookReceiver((_path, before) => (before === 0 ? 503 : 200));
    await mkdir(folder, { recursive: true });
  });
  afterAll(async () => {
    await receiver.close();
    await mailbox.close();
  });

  const start = async (workspace: TestEngineSettings['workspace'], temporal?: TestEngineSettings['temporal']) => {
    const clock = createClock({ speed: SPEED });
    engine = await testEngine({ workspace, smtpUrl: mailbox.url, clock, ...(temporal && { temporal }) });
  };
  const workspaceWith = (text: string) =>
    workspaceOf({
      'settings.yaml': settingsFile('traits: { email: string }\n'),
      'journeys.yaml': text,
      'note.yaml': inAppFile('note', 'note'),
      'letter.mjml': emailFile('letter', 'letter'),
    });
  const enter = async (userId: string, name: string, properties = {}) => {
    await engine.identify(userId, { email: `${userId}@example.test` });
    await engine.send({ name, userId, properties });
  };
  const reached = (userId: string, step: string) =>
    eventually(async () => {
      const { cursor } = (await engine.runsOf(userId))[0] ?? {};
      expect(cursor).toMatchObject({ phase: 'waiting', step });
    });

  /** Writes the history down once the workflow has ended. */
  async function record(userId: string, name: string, outcome: string): Promise<void> {
    const [run] = await eventually(async () => {
      const runs = await engine.runsOf(userId);
      expect(runs).toHaveLength(1);
      return runs;
    });
    await recordRun(run?.id ?? '', name, outcome);
  }

  async function recordRun(id: string, name: string, outcome: string): Promise<void> {
    const handle = engine.client.workflow.getHandle(id);
    // A run is on record before its workflow is started.
    await eventually(() => handle.describe());
    expect(await handle.result()).toBe(outcome);
    await writeDown(name, await handle.fetchHistory());
  }

  async function writeDown(name: string, history: Parameters<typeof historyToText>[0]): Promise<void> {
    await writeFile(`${folder}${name}.json`, historyToText(history));
  }

  test('the reference journeys', async () => {
    await start(await checkedWorkspace(BENCH));
    for (const channel of ['email', 'in-app'] as const) {
      const name = `reference-${channel}`;
      const [converts, stays] = [`converts-${channel}`, `stays-${channel}`];
      await engine.send({ name: 'Reference Viewed', userId: converts });
      await enter(converts, 'Reference Started', { channel });
      await enter(stays, 'Reference Started', { channel });
      await eventually(async () => expect(await engine.messagesOf(converts)).toMatchObject([{ status: 'sent' }]));
      await engine.send({ name: 'Reference Converted', userId: converts });
      await record(converts, `${name}-converted`, 'converted');
      await record(stays, `${name}-timed-out`, 'timed-out');
    }
    await enter('hasty', 'Reference Started', { channel: 'email' });
    await engine.send({ name: 'Reference Converted', userId: 'hasty' });
    await record('hasty', 'reference-email-converted-in-first-wait', 'converted');
    await engine.stop();
  }, 60_000);

  test('a wait woken by signal, a webhook, many steps, a refused email, an exit', async () => {
    await start(await workspaceWith(journeys(receiver.url)));
    await enter('woken', 'Woken Started');
    await reached('woken', 'wait-until-looked');
    await engine.send({ name: 'Looked', userId: 'woken' });
    await eventually(async () => expect(await engine.messagesOf('woken')).toHaveLength(2));
    await engine.send({ name: 'Done', userId: 'woken' });
    await record('woken', 'woken-by-signal', 'converted');

    await enter('hooked', 'Webhook Started');
    await record('hooked', 'webhook-tried-twice', 'completed');
    await enter('somebody', 'Many Steps Started');
    await record('somebody', 'many-steps', 'completed');
    await enter('nobody', 'Many Steps Started');
    await reached('nobody', 'wait-9d');
    await engine.send({ name: 'Complained', userId: 'nobody' });
    await record('nobody', 'many-steps-refused-and-left', 'exited');
    await engine.stop();
  }, 60_000);

  test('a pause, and an account whose people get messages', async () => {
    await start(await workspaceWith(journeys(receiver.url)));
    const server = await testServer(engine);
    const control = (verb: string) =>
      server.api(`/api/journeys/paused/${verb}`, { by: 'a recording', reason: 'to have it on record' });
    for (const userId of ['held', 'held-and-converted']) await enter(userId, 'Paused Started');
    await control('pause');
    const held = () => engine.db.selectFrom('held_runs').select('run_id').execute();
    await eventually(async () => expect(await held()).toHaveLength(2));
    await engine.send({ name: 'Done', userId: 'held-and-converted' });
    await record('held-and-converted', 'paused-and-converted', 'converted');
    await control('resume');
    await record('held', 'paused-and-resumed', 'timed-out');
    await server.close();

    for (const userId of ['first', 'second']) {
      await engine.identify(userId, { email: `${userId}@example.test` });
      await engine.send({ type: 'group', name: 'group', userId, groupId: 'acme', traits: {} });
    }
    await engine.settled();
    const inAccount = { userId: 'first', context: { groupId: 'acme' } };
    await engine.send({ name: 'Account Started', ...inAccount });
    const run = await eventually(async () => {
      const [row] = await engine.db.selectFrom('runs').selectAll().where('journey', '=', 'account').execute();
      expect(row?.cursor).toMatchObject({ phase: 'waiting', step: 'wait-9d' });
      return row;
    });
    await engine.send({ name: 'Account Done', ...inAccount });
    await recordRun(run?.id ?? '', 'account-converted', 'converted');
    await engine.stop();
  }, 60_000);

  test('rounds, whose history is begun anew', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'throughline-test-'));
    const namespace = `rounds-${randomUUID().slice(0, 8)}`;
    const temporal = await startLocalTemporal({
      dataDir,
      namespace,
      longHistory: LONG,
      log: pino({ level: 'silent' }),
    });
    await start(await workspaceWith(ROUNDS), { address: temporal.address, namespace });
    await enter('round', 'Rounds Started');
    const [run] = await eventually(async () => {
      const runs = await engine.runsOf('round');
      expect(runs).toMatchObject([{ status: 'completed' }]);
      return runs;
    });
    const id = run?.id ?? '';
    expect(await engine.client.workflow.getHandle(id).result()).toBe('completed');
    const executions: { runId: string; startTime: Date }[] = [];
    await eventually(async () => {
      executions.length = 0;
      for await (const one of engine.client.workflow.list({ query: `WorkflowId = '${id}'` })) executions.push(one);
      expect(executions.length).toBeGreaterThan(2);
    });
    executions.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    for (const [place, { runId }] of executions.entries())
      await writeDown(`rounds-${place + 1}`, await engine.client.workflow.getHandle(id, runId).fetchHistory());
    await engine.stop();
    await temporal.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);
});
