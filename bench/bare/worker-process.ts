/**
 * The bare workflow's worker as a process of its own, with the settings of the product's workers. Its activity is a stub
 * that writes down for whom it was called, as the benches' mailbox writes down what it accepted.
 * @module
 */
import { openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { CACHED_WORKFLOWS, CONCURRENT_WORKFLOW_TASKS } from '../../src/runtime/worker.ts';
import type { BareActivities } from './workflow.ts';

const { values } = parseArgs({
  options: {
    address: { type: 'string', default: '127.0.0.1:7233' },
    namespace: { type: 'string', default: 'default' },
    queue: { type: 'string', default: 'bare' },
    log: { type: 'string', default: 'bare.log' },
    rate: { type: 'string' },
  },
});
const { address, namespace, queue, rate } = values;

Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address });
const sent = openSync(values.log, 'a');
const activities: BareActivities = {
  send: async (person) => {
    writeSync(sent, `${person}\n`);
  },
};
const poller = { type: 'autoscaling' } as const;
const workflowsPath = fileURLToPath(new URL('workflow.ts', import.meta.url));
const workers = [
  await Worker.create({
    connection,
    namespace,
    taskQueue: queue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath }),
    maxCachedWorkflows: CACHED_WORKFLOWS,
    maxConcurrentWorkflowTaskExecutions: CONCURRENT_WORKFLOW_TASKS,
    workflowTaskPollerBehavior: poller,
  }),
  await Worker.create({
    connection,
    namespace,
    taskQueue: `${queue}-email`,
    activities: { ...activities },
    activityTaskPollerBehavior: poller,
    ...(rate === undefined ? {} : { maxTaskQueueActivitiesPerSecond: Number(rate) }),
  }),
];
await Promise.all(workers.map((worker) => worker.run()));
