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

  test('does not go on with a workflow that does other things: the replay says so', async () => {
    const changed = await bundleWorkflowCode({ workflowsPath: CHANGED, logger: new DefaultLogger('ERROR') });
    for (const file of recorded) expect(await replay(file, changed)).toBeInstanceOf(DeterminismViolationError);
  });
});
