import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock, HOUR } from '../../src/core/time.ts';
import { type LocalTemporal, startLocalTemporal } from '../../src/runtime/local-temporal.ts';
import { type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const ROUNDS = 40;
const LONG = 30;
/** What a round and a start come to, beyond the number at which a workflow is told that its history is long. */
const ONE_MORE_ROUND = 20;
/** An hour takes thirty milliseconds: a round is long enough for a workflow to come to rest in. */
const SPEED = HOUR / 30;

const JOURNEYS = `
journey: again-and-again
enter: { event: Began }
exit: { after: 60d }
steps:
  - repeat:
      atMost: ${ROUNDS}
      steps:
        - in-app: note
        - wait: 10h
  - email: goodbye
---
journey: patient
enter: { event: Patience Began }
goal: { event: Tick, times: { atLeast: 100000 } }
exit: { after: 3650d }
steps:
  - in-app: note
`;

let dataDir: string;
let temporal: LocalTemporal;
let mailbox: TestMailbox;
let engine: TestEngine;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'throughline-test-'));
  const namespace = `long-${randomUUID().slice(0, 8)}`;
  temporal = await startLocalTemporal({ dataDir, namespace, longHistory: LONG, log: pino({ level: 'silent' }) });
  mailbox = await testMailbox();
  engine = await testEngine({
    workspace: await workspaceOf({
      'settings.yaml': settingsFile('traits: { email: string }\n'),
      'journeys.yaml': JOURNEYS,
      'note.yaml': inAppFile('note', 'note'),
      'goodbye.mjml': emailFile('goodbye', 'Goodbye'),
    }),
    smtpUrl: mailbox.url,
    clock: createClock({ speed: SPEED }),
    temporal: { address: temporal.address, namespace },
  });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
  await temporal?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function historyLengths(workflowId: string): Promise<number[]> {
  const lengths: number[] = [];
  for await (const { historyLength = 0 } of engine.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    lengths.push(historyLength);
  return lengths;
}

describe('a run that goes on and on', () => {
  test('does every round once, while its history is begun anew again and again', async () => {
    await engine.identify('ada', { email: 'ada@example.test' });
    await engine.send({ name: 'Began', userId: 'ada' });
    await eventually(async () => {
      expect(await engine.runsOf('ada', 'again-and-again')).toMatchObject([{ status: 'completed' }]);
    });
    const messages = await engine.messagesOf('ada');
    const sent = messages.map(({ channel, status }) => `${channel} ${status}`);
    expect(sent).toEqual([...Array.from({ length: ROUNDS }, () => 'in-app sent'), 'email sent']);
    const [run] = await engine.runsOf('ada', 'again-and-again');
    await eventually(async () => {
      const lengths = await historyLengths(run?.id ?? '');
      expect(lengths.length).toBeGreaterThan(2);
      expect(Math.max(...lengths)).toBeLessThan(LONG + ONE_MORE_ROUND);
    });
  });

  test('has a short history after thousands of events that neither end nor wake it', async () => {
    await engine.send({ name: 'Patience Began', userId: 'eve' });
    await engine.send(...Array.from({ length: 3_000 }, () => ({ name: 'Tick', userId: 'eve' })));
    await eventually(async () => {
      const ticks = engine.db.selectFrom('events').select(({ fn }) => fn.countAll<number>().as('count'));
      expect(await ticks.where('name', '=', 'Tick').executeTakeFirst()).toEqual({ count: 3_000 });
    });
    const [run] = await engine.runsOf('eve', 'patient');
    expect(run?.status).toBe('active');
    expect((await engine.client.workflow.getHandle(run?.id ?? '').describe()).historyLength).toBeLessThan(20);
  });
});
