import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { inject } from 'vitest';
import { type Clock, createClock } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { publish } from '../../src/definitions/publish.ts';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { type IncomingEvent, putInInbox } from '../../src/ingest/inbox.ts';
import { type Engine, startEngine } from '../../src/runtime/engine.ts';
import { type TestDatabase, testDatabase } from './database.ts';

/** A workspace from files written on the spot. */
export async function workspaceOf(files: Readonly<Record<string, string>>): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'workspace-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return checkedWorkspace(folder);
}

/** The workspace in a folder, which must have no problems. */
export async function checkedWorkspace(folder: string): Promise<Workspace> {
  const loaded = await loadWorkspace(folder);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.workspace;
}

export interface TestEngine extends Engine {
  readonly database: TestDatabase;
  readonly clock: Clock;
  /** Stores an event as the tracking API would. */
  send(event: Partial<IncomingEvent> & Pick<IncomingEvent, 'name'>): Promise<void>;
  stop(): Promise<void>;
}

export interface TestEngineSettings {
  readonly workspace: Workspace;
  readonly smtpUrl: string;
  readonly clock?: Clock;
  readonly temporalAddress?: string;
}

/** The whole engine but its HTTP door, on a schema and task queues of its own. */
export async function testEngine({
  workspace,
  smtpUrl,
  clock = createClock(),
  temporalAddress,
}: TestEngineSettings): Promise<TestEngine> {
  const database = await testDatabase();
  await publish(database.db, workspace, new Date(clock.now()));
  const engine = await startEngine({
    roles: ['processor', 'worker'],
    databaseUrl: database.url,
    schema: database.schema,
    temporalAddress: temporalAddress ?? inject('temporalAddress'),
    temporalNamespace: 'default',
    taskQueue: `test-${randomUUID()}`,
    smtpUrl,
    publicUrl: 'http://localhost:8080',
    signingSecret: 'a secret for tests only',
    clock,
    log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
  });
  return {
    ...engine,
    database,
    clock,
    send: async (event) => {
      const now = new Date(clock.now()).toISOString();
      await putInInbox(database.db, [
        {
          type: 'track',
          messageId: randomUUID(),
          properties: {},
          context: {},
          occurredAt: now,
          receivedAt: now,
          ...event,
        },
      ]);
    },
    stop: async () => {
      await engine.stop();
      await database.drop();
    },
  };
}
