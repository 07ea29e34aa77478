import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleWorkflows } from '../../src/runtime/worker.ts';
import { quietRuntime } from '../kit/temporal.ts';
import { historyFromText } from './history-text.ts';

const HISTORIES = fileURLToPath(new URL('../histories/', import.meta.url));
const CHANGED = fileURLToPath(new URL('./workflows/changed-journey-run.ts', import.meta.url));

/** Every recorded history of every release. */
const recorded = (await readdir(HISTORIES, { recursive: true })).filter((file) => file.endsWith('.json')).sort();

let bundle: WorkflowBundle;

beforeAll(async () => {
  quietRuntime();
  bundle = await bundleWorkflows();
});

/** What stands in the way of replaying it on these workflows; undefined if nothing does. */
async function replay(file: string, workflowBundle: WorkflowBundle): Promise<Error | undefined> {
  const history = historyFromText(await readFile(`${HISTORIES}${file}`, 'utf8'));
  const results = Worker.runReplayHistories({ workflowBundle }, [{ workflowId: file, history }]);
  for await (const { error } of results) return error;
  throw new Error(`${file} was not replayed`);
}

describe('a run that began on a released version', () => {
  test.each(recorded)('goes on with the workflow as it is now: %s', async (file) => {
    expect(await replay(file, bundle)).toBeUndefined();
  });

  test('of the first release is on record in every way that it can go', () => {
    expect(recorded.filter((file) => file.startsWith('v0.1/'))).toEqual([
      'v0.1/many-steps-refused-and-left.json',
      'v0.1/many-steps.json',
      'v0.1/reference-email-converted-in-first-wait.json',
      'v0.1/reference-email-converted.json',
      'v0.1/reference-email-timed-out.json',
      'v0.1/reference-in-app-converted.json',
      'v0.1/reference-in-app-timed-out.json',
      'v0.1/webhook-tried-twice.json',
      'v0.1/woken-by-signal.json',
    ]);
  });

  test('of the second release is, too, with pauses, accounts, rounds and deliveries that come next for certain', async () => {
    const second = recorded.filter((file) => file.startsWith('v0.2/'));
    expect(second.map((file) => file.replace(/^v0.2\/(.*)\.json$/, '$1'))).toEqual([
      'account-converted',
      'many-steps-refused-and-left',
      'many-steps',
      'paused-and-converted',
      'paused-and-resumed',
      'reference-email-converted-in-first-wait',
      'reference-email-converted',
      'reference-email-timed-out',
      'reference-in-app-converted',
      'reference-in-app-timed-out',
      'rounds-1',
      'rounds-2',
      'rounds-3',
      'webhook-tried-twice',
      'woken-by-signal',
    ]);
    const texts = await Promise.all(second.map((file) => readFile(`${HISTORIES}${file}`, 'utf8')));
    const having = (part: string) => texts.filter((text) => text.includes(part)).length;
    expect(having('advanceToDelivery')).toBeGreaterThan(2);
    expect(having('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW')).toBe(2);
  });

  test('does not go on with a workflow that does other things: the replay says so', async () => {
    const changed = await bundleWorkflowCode({ workflowsPath: CHANGED, logger: new DefaultLogger('ERROR') });
    for (const file of recorded) expect(await replay(file, changed)).toBeInstanceOf(DeterminismViolationError);
  });
});
