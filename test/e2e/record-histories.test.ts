import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../src/core/time.ts';
import { checkedWorkspace, type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { historyToText } from './history-text.ts';
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
`;

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

  const start = async (workspace: Parameters<typeof testEngine>[0]['workspace']) => {
    engine = await testEngine({ workspace, smtpUrl: mailbox.url, clock: createClock({ speed: SPEED }) });
  };
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
    const handle = engine.client.workflow.getHandle(run?.id ?? '');
    expect(await handle.result()).toBe(outcome);
    await writeFile(`${folder}${name}.json`, historyToText(await handle.fetchHistory()));
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
    const workspace = await workspaceOf({
      'settings.yaml': settingsFile('traits: { email: string }\n'),
      'journeys.yaml': journeys(receiver.url),
      'note.yaml': inAppFile('note', 'note'),
      'letter.mjml': emailFile('letter', 'letter'),
    });
    await start(workspace);
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
});
