import { describe, expect, test } from 'vitest';
import { type TakeoverSettings, takeOver } from '../../src/runtime/takeover.ts';
import { eventually } from '../kit/eventually.ts';
import { quiet } from '../kit/quiet.ts';

interface Known {
  /** Which build has the runs. */
  present?: string;
  /** Builds that have them, or had them once. */
  had?: readonly string[];
  /** When a worker of the present build asked for work last, seconds ago. */
  seen?: number;
  fails?: number;
}

/** As much of Temporal as is asked. */
function temporal(known: Known) {
  const given: string[] = [];
  const refused = (code: number) =>
    Object.assign(new Error('refused'), { code, details: 'refused', metadata: {}, name: 'ServiceError' });
  const workflowService = {
    describeWorkerDeployment: async () => {
      if (known.fails !== undefined) throw refused(known.fails);
      const { present, had = [] } = known;
      return {
        conflictToken: new Uint8Array([1]),
        workerDeploymentInfo: {
          routingConfig: present === undefined ? {} : { currentDeploymentVersion: { buildId: present } },
          versionSummaries: had.map((buildId) => ({
            deploymentVersion: { buildId },
            firstActivationTime: { seconds: 1 },
          })),
        },
      };
    },
    describeTaskQueue: async () => ({
      pollers: [
        {
          deploymentOptions: { buildId: known.present },
          lastAccessTime: { seconds: Date.now() / 1_000 - (known.seen ?? 0) },
        },
      ],
    }),
    setWorkerDeploymentCurrentVersion: async ({ buildId }: { buildId: string }) => {
      given.push(buildId);
      known.present = buildId;
    },
  };
  return { given, connection: { workflowService } as unknown as TakeoverSettings['connection'] };
}

async function given(known: Known): Promise<string[]> {
  const { given: builds, connection } = temporal(known);
  const takeover = await takeOver({ connection, namespace: 'n', taskQueue: 'q', build: 'ours', log: quiet });
  await takeover.stop();
  return builds;
}

describe('a build of the workflow code', () => {
  test('takes the runs when nobody has them', async () => {
    expect(await given({})).toEqual(['ours']);
    expect(await given({ fails: 5 })).toEqual(['ours']);
  });

  test('that never had them takes them from another, even while that is at work', async () => {
    expect(await given({ present: 'theirs', had: ['theirs'], seen: 1 })).toEqual(['ours']);
  });

  test('that has them lets things be', async () => {
    expect(await given({ present: 'ours', had: ['ours'] })).toEqual([]);
  });

  test('that had them once takes nothing back from workers that live', async () => {
    expect(await given({ present: 'theirs', had: ['ours', 'theirs'], seen: 60 })).toEqual([]);
  });

  test('that had them once takes them back when the others have gone', async () => {
    expect(await given({ present: 'theirs', had: ['ours', 'theirs'], seen: 100 })).toEqual(['ours']);
  });

  test('stands by for that', async () => {
    const known: Known = { present: 'theirs', had: ['ours', 'theirs'], seen: 1 };
    const { given: builds, connection } = temporal(known);
    const settings = { connection, namespace: 'n', taskQueue: 'q', build: 'ours', log: quiet, lookAgain: 10 };
    const takeover = await takeOver(settings);
    expect(builds).toEqual([]);
    known.seen = 120;
    await eventually(() => expect(builds).toEqual(['ours']));
    await takeover.stop();
  });

  test('looks again where Temporal is away, and does without where it knows of no builds', async () => {
    const known: Known = { fails: 14 };
    const { given: builds, connection } = temporal(known);
    const settings = { connection, namespace: 'n', taskQueue: 'q', build: 'ours', log: quiet, lookAgain: 10 };
    const takeover = await takeOver(settings);
    delete known.fails;
    await eventually(() => expect(builds).toEqual(['ours']));
    await takeover.stop();
    expect(await given({ fails: 12 })).toEqual([]);
  });
});
