/**
 * The Temporal workers: one for workflows and their local activities, one for each channel's task queue.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type NativeConnection, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { JourneyActivities } from '../../activities/journey-activities.ts';
import type { Log } from './log.ts';
import { type Takeover, takeOver } from './takeover.ts';

const WORKFLOWS = fileURLToPath(new URL('../../workflows/journey-run.ts', import.meta.url));

export interface WorkerSettings {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: JourneyActivities;
  /** Emails per second over all workers; unlimited where absent. */
  readonly emailRate?: number;
  /** Made by {@link bundleWorkflows}; made anew where absent. */
  readonly bundle?: WorkflowBundle;
  /** The build of the bundle, by which its workers take runs over from those of others; absent: they are of none. */
  readonly build?: string;
  readonly log: Log;
}

export interface RunningWorkers {
  stop(): Promise<void>;
  /** Rejects if a worker dies of itself. */
  readonly failed: Promise<never>;
}

/** More cached workflows than can be at work at once, or local activities would be dropped and run again. */
export const CACHED_WORKFLOWS = 400;
export const CONCURRENT_WORKFLOW_TASKS = 100;

export function bundleWorkflows(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: { ...silent } });
}

export async function startWorkers(settings: WorkerSettings): Promise<RunningWorkers> {
  const { connection, namespace, taskQueue, activities, emailRate, build, log } = settings;
  const workflowBundle = settings.bundle ?? (await bundleWorkflows());
  const common = { connection, namespace, shutdownGraceTime: '5 seconds' } as const;
  const poller = { type: 'autoscaling' } as const;
  const workers = [
    await Worker.create({
      ...common,
      taskQueue,
      workflowBundle,
      activities: { advance: activities.advance },
      enableNonLocalActivities: false,
      maxCachedWorkflows: CACHED_WORKFLOWS,
      maxConcurrentWorkflowTaskExecutions: CONCURRENT_WORKFLOW_TASKS,
      maxConcurrentLocalActivityExecutions: CONCURRENT_WORKFLOW_TASKS,
      workflowTaskPollerBehavior: poller,
      ...(build === undefined ? {} : { workerDeploymentOptions: ofBuild(taskQueue, build) }),
    }),
    ...(await Promise.all(
      (['email', 'webhook'] as const).map((channel) =>
        Worker.create({
          ...common,
          taskQueue: `${taskQueue}-${channel}`,
          activities: { deliver: activities.deliver, advanceToDelivery: activities.advanceToDelivery },
          activityTaskPollerBehavior: poller,
          ...(channel === 'email' && emailRate !== undefined ? { maxTaskQueueActivitiesPerSecond: emailRate } : {}),
        }),
      ),
    )),
  ];
  const runs = workers.map((worker) => worker.run());
  const failed = new Promise<never>((_, reject) => {
    for (const run of runs) run.catch(reject);
  });
  failed.catch(() => undefined);
  const takeover: Takeover | undefined =
    build === undefined ? undefined : await takeOver({ connection, namespace, taskQueue, build, log });
  return {
    failed,
    stop: async () => {
      await takeover?.stop();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs);
    },
  };
}

function ofBuild(deploymentName: string, buildId: string) {
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    // Whoever has the runs carries on those that are under way, too: every build replays what former ones did.
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  } as const;
}

const silent = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
