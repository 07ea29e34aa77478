/**
 * The running product: the engine, and the HTTP server in front of it, on servers that are there already.
 * @module
 */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Clock, Instant } from '../core/time.ts';
import { explainRoutes } from '../explaining/routes.ts';
import { CatalogShelf } from '../process/catalog.ts';
import { unmergePeople } from '../process/unmerge-people.ts';
import { publishRoutes } from '../publishing/routes.ts';
import { buildServer } from '../server/app.ts';
import type { Readiness } from '../server/health.ts';
import type { PageLink } from '../server/pages/start-page.ts';
import { audienceAnswerRoutes } from '../server/routes/audience-answers.ts';
import { audienceQuestionRoutes } from '../server/routes/audience-questions.ts';
import { broadcastRoutes } from '../server/routes/broadcasts.ts';
import { entryRoutes } from '../server/routes/entries.ts';
import { exportRoutes } from '../server/routes/exports.ts';
import { inAppRoutes } from '../server/routes/in-app.ts';
import { mergeRoutes } from '../server/routes/merges.ts';
import { syncRoutes } from '../server/routes/syncs.ts';
import { taskRoutes } from '../server/routes/tasks.ts';
import { trackingPlanRoutes } from '../server/routes/tracking-plan.ts';
import { unsubscribeRoutes } from '../server/routes/unsubscribe.ts';
import { versionRoutes } from '../server/routes/versions.ts';
import type { Config } from './config.ts';
import { type Engine, startEngine } from './engine.ts';
import { freePort, PortBusyError } from './free-port.ts';
import type { Services } from './services.ts';
import { workflowBuild } from './takeover.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';

export interface ProductSettings {
  readonly config: Config;
  readonly services: Services;
  readonly clock: Clock;
  readonly log: Logger;
  /** Instants up to here may be applied by the clock. Default: now. */
  readonly horizon?: () => Instant;
}

export interface Product {
  /** Where this process answers; undefined without the role `api`. */
  readonly url?: string;
  readonly engine: Engine;
  /** Pages people may want to look at. */
  readonly pages: readonly PageLink[];
  /** Stops answering, lets what is under way finish, and lets go of the servers without ending them. */
  stop(): Promise<void>;
}

/** @throws {PortBusyError} */
export async function startProduct(settings: ProductSettings): Promise<Product> {
  const { config, services, clock, log, horizon } = settings;
  installTemporalRuntime(log);
  const port = config.port === 0 ? await freePort() : config.port;
  const localUrl = `http://localhost:${port}`;
  const publicUrl = config.publicUrl ?? localUrl;
  const { databaseUrl, temporalAddress, temporalNamespace, smtpUrl } = services;
  const { roles, signingSecret, webhookSecret, apiKey, writeKey } = config;
  const servers = { databaseUrl, temporalAddress, temporalNamespace, smtpUrl };
  const engine = await startEngine({
    ...{ ...servers, roles, publicUrl, signingSecret, webhookSecret, clock, log, horizon },
    build: await workflowBuild(),
  });
  const pages = pagesOf(services);
  if (!roles.includes('api')) return { engine, pages, stop: () => engine.stop() };

  const { db } = engine;
  const catalogs = new CatalogShelf();
  const app = await buildServer({
    ...{ db, clock, writeKey, apiKey, publicUrl, log, pages },
    ready: readinessOf(engine),
    onStored: engine.stored,
    plugins: [
      audienceQuestionRoutes({ db, clock }),
      audienceAnswerRoutes({ db, clock }),
      broadcastRoutes({ db, clock }),
      entryRoutes({ db, clock }),
      explainRoutes({ db, clock, catalogs }),
      exportRoutes({ db, clock }),
      inAppRoutes({ db, clock, signingSecret, apiKey }),
      mergeRoutes({ db, unmerge: (asked) => unmergePeople(asked, { db, clock, catalogs }) }),
      syncRoutes({ db, clock }),
      taskRoutes({ db, clock }),
      trackingPlanRoutes({ db, clock }),
      unsubscribeRoutes({ db, clock, signingSecret }),
      versionRoutes({ db, clock }),
      publishRoutes({ db, clock }),
    ],
    metrics: new Registry(),
  });
  try {
    await app.listen({ port, host: config.hasKnownKeys ? 'localhost' : '0.0.0.0' });
  } catch (error) {
    await engine.stop();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortBusyError(port, 'PORT');
    throw error;
  }
  return {
    url: localUrl,
    engine,
    pages: [{ label: 'Throughline', url: publicUrl }, ...pages],
    stop: async () => {
      await app.close();
      await engine.stop();
    },
  };
}

function pagesOf({ mailboxUrl, temporalUiUrl }: Services): PageLink[] {
  return [
    ...(mailboxUrl === undefined ? [] : [{ label: 'Mailbox', url: mailboxUrl }]),
    ...(temporalUiUrl === undefined ? [] : [{ label: 'Temporal', url: temporalUiUrl }]),
  ];
}

function readinessOf({ db, client }: Engine): Readiness {
  const answerOf = (check: Promise<unknown>) =>
    check.then(
      () => 'ok',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  return async () => {
    const [database, temporal] = await Promise.all([
      answerOf(sql`select 1`.execute(db)),
      answerOf(client.connection.workflowService.getSystemInfo({})),
    ]);
    return { database, temporal };
  };
}
