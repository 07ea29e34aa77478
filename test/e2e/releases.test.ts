import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadRun } from '../../src/runs/read-runs.ts';
import { bundleWorkflows } from '../../src/runtime/worker.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { ownNamespace, type TestEngine, type TestEngineSettings, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { inAppFile, settingsFile } from './templates.ts';

const PATCHED = fileURLToPath(new URL('./workflows/patched-journey-run.ts', import.meta.url));
const JOURNEY = `
journey: welcome
enter: { event: Signed Up }
goal: { event: Bought }
steps:
  - wait-until: { event: Looked }
    timeout: 5d
  - in-app: note
  - wait-until: { event: Looked Again }
    timeout: 5d
`;

let database: TestDatabase;
let mailbox: TestMailbox;
let settings: Omit<TestEngineSettings, 'workflows'>;
let before: NonNullable<TestEngineSettings['workflows']>;
let after: NonNullable<TestEngineSettings['workflows']>;
const running: TestEngine[] = [];

beforeAll(async () => {
  database = await testDatabase();
  mailbox = await testMailbox();
  settings = {
    workspace: await workspaceOf({
      'settings.yaml': settingsFile(),
      'note.yaml': inAppFile('note', 'note'),
      'welcome.yaml': JOURNEY,
    }),
    smtpUrl: mailbox.url,
    database,
    temporal: await ownNamespace(),
    taskQueue: `test-${randomUUID()}`,
  };
  before = { bundle: await bundleWorkflows(), build: 'before' };
  after = {
    bundle: await bundleWorkflowCode({ workflowsPath: PATCHED, logger: new DefaultLogger('ERROR') }),
    build: 'after',
  };
});
afterAll(async () => {
  await Promise.all(running.map((engine) => engine.stop()));
  await mailbox.close();
  await database.drop();
});

async function start(workflows: TestEngineSettings['workflows']): Promise<TestEngine> {
  const engine = await testEngine({ ...settings, workflows });
  running.push(engine);
  return engine;
}

async function stop(engine: TestEngine): Promise<void> {
  running.splice(running.indexOf(engine), 1);
  await engine.stop();
}

const runOf = async (engine: TestEngine, userId: string): Promise<ReadRun> => {
  const [run] = await engine.runsOf(userId);
  if (run === undefined) throw new Error(`${userId} is in no journey`);
  return run;
};
const standsAt = (engine: TestEngine, userId: string, step: string) =>
  eventually(async () =>
    expect(await runOf(engine, userId)).toMatchObject({ status: 'active', cursor: { phase: 'waiting', step } }),
  );

/** The builds of the workers that carried the run on, one for each time they did. */
async function buildsOf(engine: TestEngine, userId: string): Promise<string[]> {
  const { id } = await runOf(engine, userId);
  const { events } = await engine.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: done }) => {
    const build = done?.deploymentVersion?.buildId ?? done?.workerDeploymentVersion;
    return build == null ? [] : [build];
  });
}

test('a new release takes over the runs of the one before, and finishes what that began', async () => {
  const old = await start(before);
  await old.send({ name: 'Signed Up', userId: 'ada' });
  await standsAt(old, 'ada', 'wait-until-looked');
  await eventually(async () => expect(await buildsOf(old, 'ada')).toEqual(['before']));

  // Both run for a while, as while machines are replaced one after the other.
  const now = await start(after);
  await now.send({ name: 'Looked', userId: 'ada' });
  await standsAt(now, 'ada', 'wait-until-looked-again');
  await now.send({ name: 'Signed Up', userId: 'bea' });
  await standsAt(now, 'bea', 'wait-until-looked');
  await eventually(async () => expect(await buildsOf(now, 'ada')).toEqual(['before', 'after']));
  await eventually(async () => expect(new Set(await buildsOf(now, 'bea'))).toEqual(new Set(['after'])));

  // A worker of the old one that is only started again takes nothing back: it could not even read what bea did.
  await stop(old);
  const again = await start(before);
  await now.send({ name: 'Looked', userId: 'bea' });
  await standsAt(now, 'bea', 'wait-until-looked-again');
  await now.send({ name: 'Bought', userId: 'ada' }, { name: 'Bought', userId: 'bea' });
  await eventually(async () => {
    for (const userId of ['ada', 'bea']) {
      const { id } = await runOf(now, userId);
      expect((await now.client.workflow.getHandle(id).describe()).status.name).toBe('COMPLETED');
    }
  });
  expect(await buildsOf(now, 'ada')).toEqual(['before', 'after', 'after']);
  expect(new Set(await buildsOf(now, 'bea'))).toEqual(new Set(['after']));
  await stop(again);
});
