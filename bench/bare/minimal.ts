/**
 * Runs the journeys that were written by hand, and says what they cost.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { SECOND } from '../../src/core/time.ts';
import type { Ground } from '../harness/ground.ts';
import { costOf, type RunCost, waitsForTime } from '../harness/history.ts';
import { until } from '../harness/until.ts';
import type { Day, experiment, MinimalActivities, nurture, salesTask, waitFor } from './minimal-workflows.ts';

interface MinimalWorkflows {
  readonly nurture: typeof nurture;
  readonly waitFor: typeof waitFor;
  readonly experiment: typeof experiment;
  readonly salesTask: typeof salesTask;
}
export type MinimalJourney = keyof MinimalWorkflows;

const QUEUE = 'minimal';
const WORKFLOWS = fileURLToPath(new URL('minimal-workflows.ts', import.meta.url));
/** So long that nothing is over before it was looked at. */
const DAY_LASTS: Day = SECOND;
const START_DELAY = 100;

/** Of each journey one run that converts at its very end; they cost the same every time. */
export async function minimalCosts(ground: Ground): Promise<Record<MinimalJourney, RunCost>> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address: ground.temporalAddress });
  const activities: MinimalActivities = { send: async () => undefined, createTask: async () => undefined };
  const worker = await Worker.create({
    connection,
    namespace: ground.temporalNamespace,
    taskQueue: QUEUE,
    workflowBundle: await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('WARN') }),
    activities: { ...activities },
  });
  const costs = await worker.runUntil(async () => ({
    nurture: await lastsToTheEnd('nurture', [DAY_LASTS], 3, ground),
    waitFor: await lastsToTheEnd('waitFor', [DAY_LASTS], 2, ground, 'view'),
    experiment: await lastsToTheEnd('experiment', [DAY_LASTS, 'treated'], 1, ground),
    salesTask: await lastsToTheEnd('salesTask', [DAY_LASTS], 1, ground),
  }));
  await connection.close();
  return costs;
}

/** @param waits how many waits the run has, the last one for its conversion */
async function lastsToTheEnd(
  name: MinimalJourney,
  args: unknown[],
  waits: number,
  { client }: Ground,
  signal?: 'view',
): Promise<RunCost> {
  const handle = await client.workflow.start(name, {
    workflowId: `minimal-${name}`,
    taskQueue: QUEUE,
    args,
    ...(name === 'experiment' && { startDelay: START_DELAY }),
  });
  const inWait = (number: number) =>
    until(`${name} is in its wait ${number}`, async () => waitsForTime((await handle.fetchHistory()).events, number));
  if (signal !== undefined) {
    await inWait(1);
    await handle.signal(signal);
  }
  await inWait(waits);
  await handle.signal('convert');
  const outcome = await handle.result();
  if (outcome !== 'converted') throw new Error(`${name} written by hand ended as ${outcome}`);
  return costOf(handle);
}
