/**
 * One program, three roles: `api` takes events and shows pages, `processor` works events off, `worker` runs journeys.
 * @module
 */
import { Client, Connection } from '@temporalio/client';
import type { WorkflowBundle } from '@temporalio/worker';
import type { Logger } from 'pino';
import { journeyActivities } from '../../activities/journey-activities.ts';
import { createEmailChannel, type EmailChannel } from '../channels/email.ts';
import { callWebhook } from '../channels/webhook.ts';
import type { Clock, Instant } from '../core/time.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { Secrets } from '../enrichment/address.ts';
import { CatalogShelf } from '../process/catalog.ts';
import type { Delivering } from '../runs/deliver-message.ts';
import { SettingsShelf, VersionShelf } from '../runs/version-shelf.ts';
import { createTask } from '../sales/tasks.ts';
import { type Database, migrate, openDatabase } from '../store/database.ts';
import { type Listener, listen } from '../store/notify.ts';
import type { Role } from './config.ts';
import { type Processor, startProcessor } from './processor.ts';
import { startWorkersOnceReachable } from './reach-temporal.ts';
import { secretsFrom } from './secrets.ts';
import type { RunningWorkers } from './worker.ts';

export interface EngineSettings {
  readonly roles: readonly Role[];
  readonly databaseUrl: string;
  /** Default `public`. */
  readonly schema?: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** Default `journeys`. The channels' queues are named after it. */
  readonly taskQueue?: string;
  readonly smtpUrl: string;
  readonly publicUrl: string;
  readonly signingSecret: string;
  readonly webhookSecret: string;
  /** What definitions call `secret.<name>`. Default: the environment's. */
  readonly secrets?: Secrets;
  readonly clock: Clock;
  readonly log: Logger;
  /** Instants up to here may be applied by the clock. Default: now. */
  readonly horizon?: () => Instant;
  readonly bundle?: WorkflowBundle;
  /** See {@link workflowBuild}; absent: workers of no build. */
  readonly build?: string;
}

export interface Engine {
  readonly db: Database;
  readonly client: Client;
  /** Events have been stored, or time has passed: look at once, without waiting for the database's word. */
  nudge(): void;
  /** This process has just stored so many events: those who send them go first. */
  stored(events: number): void;
  /** Rejects if a part dies of itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const WORKER_CONNECTIONS = 20;
/** At least; with a rate, as many as keep to it where a message takes the server a quarter of a second. */
const SMTP_CONNECTIONS = 8;
const MESSAGES_A_SECOND_BY_ONE = 4;

/** Starts the processor and the worker, as the roles say; the database is brought up to date first. */
export async function startEngine(settings: EngineSettings): Promise<Engine> {
  const {
    roles,
    databaseUrl,
    schema = 'public',
    temporalAddress,
    temporalNamespace: namespace,
    taskQueue = 'journeys',
    clock,
    log,
  } = settings;
  const db = openDatabase({ url: databaseUrl, schema, size: WORKER_CONNECTIONS });
  await migrate(db, schema);
  const connection = Connection.lazy({ address: temporalAddress });
  const client = new Client({ connection, namespace });

  let processor: Processor | undefined;
  let listener: Listener | undefined;
  if (roles.includes('processor')) {
    processor = startProcessor({
      processing: { db, clock, log, catalogs: new CatalogShelf() },
      dispatching: { db, clock, client, taskQueue },
      syncing: { db, clock, log, secret: settings.webhookSecret },
      secrets: settings.secrets ?? secretsFrom(process.env),
      ...(settings.horizon === undefined ? {} : { horizon: settings.horizon }),
    });
    const { nudge } = processor;
    listener = listen(databaseUrl, schema, ['inbox', 'outbox', 'published', 'controls'], (topic) =>
      nudge(topic === 'published' ? 'inbox' : topic),
    );
  }

  const isWorker = roles.includes('worker');
  const emailRate = isWorker ? (await currentPublication(db))?.workspace.settings.emailRate : undefined;
  const email = createEmailChannel({
    smtpUrl: settings.smtpUrl,
    poolSize: Math.max(SMTP_CONNECTIONS, Math.ceil((emailRate ?? 0) / MESSAGES_A_SECOND_BY_ONE)),
    clock,
    ...(emailRate === undefined ? {} : { perSecond: emailRate }),
  });
  let workers: RunningWorkers | undefined;
  if (isWorker) {
    workers = await startWorkersOnceReachable({
      address: temporalAddress,
      log,
      namespace,
      taskQueue,
      activities: journeyActivities(delivering(settings, db, email)),
      ...(settings.bundle === undefined ? {} : { bundle: settings.bundle }),
      ...(settings.build === undefined ? {} : { build: settings.build }),
      ...(emailRate === undefined ? {} : { emailRate }),
    });
  }

  return {
    db,
    client,
    nudge: () => {
      processor?.nudge('inbox');
      processor?.nudge('controls');
    },
    stored: (events) => processor?.stored(events),
    failed: workers?.failed ?? new Promise<never>(() => undefined),
    stop: async () => {
      await listener?.close();
      await processor?.stop();
      await workers?.stop();
      email.close();
      await connection.close();
      await db.destroy();
    },
  };
}

/** What activities need, on this machine's connections. */
export function delivering(
  settings: Pick<EngineSettings, 'clock' | 'publicUrl' | 'signingSecret' | 'webhookSecret'>,
  db: Database,
  email: EmailChannel,
): Delivering {
  return {
    db,
    clock: settings.clock,
    versions: new VersionShelf(),
    settings: new SettingsShelf(),
    createTask,
    sendEmail: (message) => email.send(message),
    callWebhook: (call) => callWebhook({ ...call, clock: settings.clock }),
    publicUrl: settings.publicUrl,
    signingSecret: settings.signingSecret,
    webhookSecret: settings.webhookSecret,
  };
}
