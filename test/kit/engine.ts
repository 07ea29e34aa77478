import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import type { WorkflowBundle } from '@temporalio/worker';
import { sql } from 'kysely';
import { pino } from 'pino';
import { inject } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import type { LogEntry } from '../../src/core/run.ts';
import { type Clock, createClock } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { type PublishOptions, publish } from '../../src/definitions/publish.ts';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { type IncomingEvent, putInInbox } from '../../src/ingest/inbox.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import { type ReadMessage, readMessages } from '../../src/runs/read-messages.ts';
import { type ReadRun, readRuns } from '../../src/runs/read-runs.ts';
import { type Engine, startEngine } from '../../src/runtime/engine.ts';
import { bundleWorkflows } from '../../src/runtime/worker.ts';
import { listTasks, type Task } from '../../src/sales/read-tasks.ts';
import type { Database } from '../../src/store/database.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { quietRuntime } from './temporal.ts';

/** A workspace from files written on the spot. */
export async function workspaceOf(files: Readonly<Record<string, string>>): Promise<Workspace> {
  return checked(await loadedFrom(files));
}

/** Likewise, or what is wrong with the files. */
export async function loadedFrom(files: Readonly<Record<string, string>>): ReturnType<typeof loadWorkspace> {
  const folder = await mkdtemp(join(tmpdir(), 'workspace-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return loadWorkspace(folder);
}

/** The workspace in a folder, which must have no problems. */
export async function checkedWorkspace(folder: string): Promise<Workspace> {
  return checked(await loadWorkspace(folder));
}

function checked(loaded: Awaited<ReturnType<typeof loadWorkspace>>): Workspace {
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.workspace;
}

export const SIGNING_SECRET = 'a secret for tests only';
export const WEBHOOK_SECRET = 'another secret for tests only';
const PUBLIC_URL = 'http://localhost:8080';

/** An event as a test writes it; what is left out is made up. */
export type TestEvent = Partial<IncomingEvent> & Pick<IncomingEvent, 'name'>;

export interface TestEngine extends Engine {
  readonly database: TestDatabase;
  readonly clock: Clock;
  readonly namespace: string;
  /** Stores events as the tracking API would, all in one commit. */
  send(...events: TestEvent[]): Promise<void>;
  /** Stores what `identify` says. */
  identify(userId: string, traits: JsonObject): Promise<void>;
  publish(workspace: Workspace, options?: PublishOptions): Promise<void>;
  /** Resolves when everything that has to happen by now has happened: nothing waits in a queue, and no run is due. */
  settled(): Promise<void>;
  /** The person's runs, oldest first; of one journey, if it is named. */
  runsOf(userId: string, journey?: string): Promise<ReadRun[]>;
  /** What the person's runs of a journey did, in order. */
  logOf(userId: string, journey: string): Promise<LogEntry[]>;
  /** Oldest first. */
  messagesOf(userId: string): Promise<ReadMessage[]>;
  tasksOf(userId: string): Promise<Task[]>;
  /** Keys of the audiences that the person is in. */
  audiencesOf(userId: string): Promise<string[]>;
  stop(): Promise<void>;
}

export interface TestEngineSettings {
  readonly workspace: Workspace;
  readonly smtpUrl: string;
  readonly clock?: Clock;
  /** Default: the dev server that all tests share, in a namespace of its own. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
  /** Default: the Postgres that all tests share, in a schema of its own. */
  readonly database?: TestDatabase;
  /** Default: the workflows as they are, by workers of no build. */
  readonly workflows?: { readonly bundle: WorkflowBundle; readonly build: string };
  /** Default: one of its own. */
  readonly taskQueue?: string;
}

/** Bundled once for a test file. */
let bundled: ReturnType<typeof bundleWorkflows> | undefined;
const workflows = () => {
  bundled ??= bundleWorkflows();
  return bundled;
};

const MANY = 1_000;

/** The whole engine but its HTTP door, on a schema, a namespace and task queues of its own. */
export async function testEngine({
  workspace,
  smtpUrl,
  clock = createClock(),
  temporal,
  database: given,
  workflows: released,
  taskQueue = `test-${randomUUID()}`,
}: TestEngineSettings): Promise<TestEngine> {
  quietRuntime();
  const database = given ?? (await testDatabase());
  const { address, namespace } = temporal ?? (await ownNamespace());
  await publish(database.db, workspace, new Date(clock.now()));
  const engine = await startEngine({
    roles: ['processor', 'worker'],
    databaseUrl: database.url,
    schema: database.schema,
    temporalAddress: address,
    temporalNamespace: namespace,
    taskQueue,
    smtpUrl,
    publicUrl: PUBLIC_URL,
    signingSecret: SIGNING_SECRET,
    webhookSecret: WEBHOOK_SECRET,
    clock,
    log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
    ...(released ?? { bundle: await workflows() }),
  });
  const { db } = database;
  const profileOf = async (userId: string) => {
    const id = await findPersonId(db, userId);
    if (id === null) throw new Error(`Nobody is called ${userId}`);
    return id;
  };
  const send = async (...events: TestEvent[]) => {
    const now = new Date(clock.now()).toISOString();
    await putInInbox(
      db,
      events.map((event) => ({
        type: 'track',
        messageId: randomUUID(),
        properties: {},
        context: {},
        occurredAt: now,
        receivedAt: now,
        ...event,
      })),
    );
    engine.nudge();
  };
  const runsOf = async (userId: string, journey?: string) =>
    (await readRuns(db, { profileId: await profileOf(userId), journey, limit: MANY })).reverse();

  return {
    ...engine,
    database,
    clock,
    namespace,
    send,
    identify: (userId, traits) => send({ type: 'identify', name: 'identify', userId, traits }),
    publish: async (next, options) => {
      await publish(db, next, new Date(clock.now()), options);
      engine.nudge();
    },
    settled: () => waitUntilSettled(db, clock),
    runsOf,
    logOf: async (userId, journey) => {
      const ids = (await runsOf(userId, journey)).map(({ id }) => id);
      if (ids.length === 0) return [];
      const rows = await db.selectFrom('run_log').select('entry').where('run_id', 'in', ids).orderBy('id').execute();
      return rows.map(({ entry }) => entry);
    },
    messagesOf: async (userId) =>
      (await readMessages(db, { profileId: await profileOf(userId), limit: MANY })).sort(
        (a, b) => a.reservedAt.getTime() - b.reservedAt.getTime() || visitOf(a) - visitOf(b),
      ),
    tasksOf: async (userId) => listTasks(db, { profileId: await profileOf(userId), limit: MANY }, clock.now()),
    audiencesOf: async (userId) => {
      const rows = await db
        .selectFrom('audience_states')
        .select('audience')
        .where('profile_id', '=', await profileOf(userId))
        .where('member', '=', true)
        .orderBy('audience')
        .execute();
      return rows.map(({ audience }) => audience);
    },
    stop: async () => {
      await engine.stop();
      if (given === undefined) await database.drop();
    },
  };
}

/** How many steps the run had done before: of one instant, the order in which messages were wanted. */
function visitOf({ id }: ReadMessage): number {
  return Number(id.slice(id.lastIndexOf('/') + 1));
}

/** Workflow ids are the runs', which every schema numbers from one. */
export async function ownNamespace(): Promise<{ address: string; namespace: string }> {
  const address = inject('temporalAddress');
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await connection.close();
  return { address, namespace };
}

/** What still has to happen by `now`, for the message of a test that waited for it in vain. */
async function unsettled(db: Database, now: Date): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    select
      (select count(*) from inbox) as events,
      (select count(*) from outbox) as outbox,
      (select count(*) from audience_states where due_at <= ${now}) as memberships_due,
      (select count(*) from runs where status = 'active' and due_at <= ${now}) as runs_due,
      (select count(*) from runs where status = 'active' and (
        cursor ->> 'phase' <> 'waiting' or woken_at is not null or (cursor ->> 'until')::bigint <= ${now.getTime()}
      ) and not exists (
        select from held_runs h where h.run_id = runs.id and h.visit = (cursor ->> 'visit')::int and cursor ->> 'phase' <> 'delivering'
          and (h.release_at > ${now} or h.release_at is null)
      )) as runs_on_the_move,
      (select count(*) from broadcasts where status in ('planned', 'running') and greatest(pass_at, turn_at) <= ${now}) as broadcasts_due,
      (select count(*) from runs join journey_controls c using (journey) where status = 'active' and ends) as runs_to_end,
      (select count(*) from profiles where filled_to > 0 and merged_into is null
        and filled_to < (select max(id) from publications)
        and (select filled_at from publications order by id desc limit 1) is null) as unfilled
  `.execute(db);
  return Object.fromEntries(Object.entries(rows[0] ?? {}).filter(([, count]) => count > 0));
}

async function waitUntilSettled(db: Database, clock: Clock): Promise<void> {
  await eventually(async () => {
    const left = await unsettled(db, new Date(clock.now()));
    if (Object.keys(left).length > 0) throw new Error(`Not settled: ${JSON.stringify(left)}`);
  });
}
