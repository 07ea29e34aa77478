/**
 * Bare journeys from outside: their worker, and a client that starts them and signals what converts them.
 * @module
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Instant, type Milliseconds, SECOND } from '../../src/core/time.ts';
import { type LocalServer, startServer } from '../../src/runtime/local-server.ts';
import type { Ground } from '../harness/ground.ts';
import { followLines } from '../harness/line-log.ts';
import { completed, countWorkflows } from '../harness/workflows.ts';

const ENTRY = fileURLToPath(new URL('worker-process.ts', import.meta.url));
const QUEUE = 'bare';
export const BARE_WORKFLOW = 'bareJourney';
const BARE_MESSAGE = 'bareMessage';
const READY_WITHIN = 60_000;
/** Calls to Temporal under way at once: as many as the product's dispatcher makes. */
const AT_ONCE = 200;

export interface BareWorker extends LocalServer {
  /** Calls `heard` with each person whose message the stub sent. */
  onSent(heard: (person: string) => void): () => void;
}

/** @param rate messages a second; unlimited where absent */
export async function startBareWorker(ground: Ground, rate?: number): Promise<BareWorker> {
  const { temporalAddress, temporalNamespace, client } = ground;
  const file = join(ground.dataDir, 'bare-sent.log');
  const names = ['--address', temporalAddress, '--namespace', temporalNamespace, '--queue', QUEUE, '--log', file];
  const limit = rate === undefined ? [] : ['--rate', `${rate}`];
  const isReady = async () => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: temporalNamespace,
      taskQueue: { name: QUEUE },
      taskQueueType: 1,
    });
    return (pollers?.length ?? 0) > 0;
  };
  const server = await startServer(
    {
      name: 'bare worker',
      file: process.execPath,
      args: ['--import', 'tsx', ENTRY, ...names, ...limit],
      logFile: join(ground.dataDir, 'bare.log'),
      stopSignal: 'SIGTERM',
    },
    { isReady, within: READY_WITHIN },
  );
  ground.atEnd(() => server.stop());
  const listeners = new Set<(person: string) => void>();
  const log = followLines(file, (person) => {
    for (const heard of listeners) heard(person);
  });
  ground.atEnd(async () => log.stop());
  return {
    ...server,
    onSent: (heard) => {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
  };
}

export interface BareTimes {
  /** Milliseconds, as the next one. */
  readonly startDelay: number;
  /** From the message to the signal. */
  readonly convertsAfter: number;
}

/** Takes everyone through, from start to conversion. */
export async function goThroughBare(
  people: readonly string[],
  { startDelay, convertsAfter }: BareTimes,
  worker: BareWorker,
  { client }: Ground,
): Promise<void> {
  const before = await countWorkflows(client, BARE_WORKFLOW, "ExecutionStatus = 'Completed'");
  const line = waitingLine(AT_ONCE);
  const signal = (person: string) => line(() => client.workflow.getHandle(`bare/${person}`).signal('convert'));
  const quiet = worker.onSent((person) => {
    setTimeout(() => void signal(person), convertsAfter);
  });
  const starts = people.map((person) =>
    line(() =>
      client.workflow.start(BARE_WORKFLOW, {
        workflowId: `bare/${person}`,
        taskQueue: QUEUE,
        args: [person],
        startDelay,
        staticSummary: `bare for ${person}`,
      }),
    ),
  );
  await Promise.all(starts);
  await completed(client, BARE_WORKFLOW, before + people.length, { within: 300 * SECOND });
  quiet();
}

/** Has a message due for everyone at `at`. @returns milliseconds from then to the last one */
export async function drainBare(
  people: readonly string[],
  at: Instant,
  worker: BareWorker,
  { client }: Ground,
): Promise<Milliseconds> {
  let last = at;
  const quiet = worker.onSent(() => {
    last = Date.now();
  });
  const line = waitingLine(AT_ONCE);
  const start = (person: string) =>
    client.workflow.start(BARE_MESSAGE, { workflowId: `bare/${person}`, taskQueue: QUEUE, args: [person, at] });
  await Promise.all(people.map((person) => line(() => start(person))));
  await completed(client, BARE_MESSAGE, people.length, { within: at - Date.now() + 300 * SECOND });
  quiet();
  return last - at;
}

/** Lets so many pieces of work go on at once; the others wait in the order they came. */
function waitingLine(most: number): (work: () => Promise<unknown>) => Promise<void> {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (busy >= most) await new Promise<void>((turn) => waiting.push(turn));
    busy += 1;
    try {
      await work();
    } finally {
      busy -= 1;
      waiting.shift()?.();
    }
  };
}
