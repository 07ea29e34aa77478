/**
 * Which workers carry runs on when there are several builds of the workflow code: those of the newest one.
 *
 * Every worker says to Temporal which build it has. A build that never had the runs takes them over as soon as one of its
 * workers is up, those under way included; workers of other builds get nothing from then on, so that none of them ever
 * sees a history that its code did not write. A build that had the runs once takes them back only when no worker of the
 * present one is left: that is how going back to an older release works, and why one of its workers that is only started
 * again changes nothing.
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { PROJECT } from './installed.ts';
import type { Log } from './log.ts';

/** The build of the workflow code: the same code on the same SDK has the same one, on every machine. */
export async function workflowBuild(folder = join(PROJECT, 'workflows')): Promise<string> {
  const hash = createHash('sha256');
  const sdk: { version: string } = createRequire(import.meta.url)('@temporalio/workflow/package.json');
  hash.update(sdk.version);
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.ts')) continue;
    hash.update(`\n${file}\n`).update(await readFile(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

export interface TakeoverSettings {
  readonly connection: Pick<NativeConnection, 'workflowService'>;
  readonly namespace: string;
  /** The workflows' task queue; Temporal's worker deployment is called like it. */
  readonly taskQueue: string;
  readonly build: string;
  readonly log: Log;
  /** Real milliseconds between looks while workers of another build have the runs. Default 15 seconds. */
  readonly lookAgain?: number;
}

export interface Takeover {
  stop(): Promise<void>;
}

const LOOK_AGAIN = 15_000;
/** A worker asks for work at least once a minute. */
const GONE_AFTER = 90_000;

/** Takes the runs over at once where that is due; else, and where Temporal is away, looks again until it is. */
export async function takeOver(settings: TakeoverSettings): Promise<Takeover> {
  const stopping = new AbortController();
  const { log, build, lookAgain = LOOK_AGAIN } = settings;
  const look = () =>
    tryTakingOver(settings).catch((error: unknown) => {
      if (!isGrpcServiceError(error)) throw error;
      if (error.code === UNIMPLEMENTED) return 'taken' as const;
      log.debug(`Temporal would not say which build has the runs: ${error.details}`);
      return 'waiting' as const;
    });
  const first = await look();
  if (first === 'waiting') log.info(`Workers of another build carry the runs on; build ${build} stands by.`);
  const waiting = (async () => {
    let state = first;
    while (state === 'waiting' && !stopping.signal.aborted) {
      await delay(lookAgain, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) state = await look();
    }
  })();
  waiting.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await waiting;
    },
  };
}

const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

async function tryTakingOver(settings: TakeoverSettings): Promise<'taken' | 'waiting'> {
  const { connection, namespace, taskQueue: deploymentName, build: buildId } = settings;
  const { workflowService } = connection;
  const known = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch((error: unknown) => {
      if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
      throw error;
    });
  const { routingConfig, versionSummaries = [] } = known?.workerDeploymentInfo ?? {};
  const present = routingConfig?.currentDeploymentVersion?.buildId;
  if (present === buildId) return 'taken';
  const own = versionSummaries?.find(({ deploymentVersion }) => deploymentVersion?.buildId === buildId);
  const hadThem = own?.firstActivationTime != null;
  if (present && hadThem && (await isAlive(present, settings))) return 'waiting';
  await workflowService.setWorkerDeploymentCurrentVersion({
    ...{ namespace, deploymentName, buildId },
    // Somebody else's decision of this moment is not overruled but looked at again.
    ...(known?.conflictToken?.length ? { conflictToken: known.conflictToken } : {}),
    ...{ ignoreMissingTaskQueues: true, allowNoPollers: true },
  });
  return 'taken';
}

/** Does any worker of this build still ask for work? */
async function isAlive(build: string, { connection, namespace, taskQueue }: TakeoverSettings): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue } });
  return (pollers ?? []).some(({ deploymentOptions, lastAccessTime }) => {
    const seenAt = Number(lastAccessTime?.seconds ?? 0) * 1_000;
    return deploymentOptions?.buildId === build && Date.now() - seenAt < GONE_AFTER;
  });
}
