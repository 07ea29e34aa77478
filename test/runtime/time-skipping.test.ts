import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { timeSkippingEnvironment } from '../kit/temporal.ts';

const DAY = 24 * 60 * 60 * 1000;

let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await timeSkippingEnvironment();
});

afterAll(() => environment.teardown());

it('a workflow that waits for two weeks is done at once', async () => {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: 'time-skipping',
    workflowsPath: fileURLToPath(new URL('workflows/two-weeks.ts', import.meta.url)),
  });
  const took = await worker.runUntil(
    environment.client.workflow.execute('twoWeeks', { taskQueue: 'time-skipping', workflowId: 'two-weeks' }),
  );
  expect(took).toBeGreaterThanOrEqual(14 * DAY);
  expect(took).toBeLessThan(15 * DAY);
});
