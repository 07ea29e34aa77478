/**
 * The HTTP server: tracking, management, health and pages, all on one port.
 * @module
 */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Clock } from '../core/time.ts';
import { readJson } from '../ingest/read-body.ts';
import { ingestRoutes } from '../ingest/routes.ts';
import type { Database } from '../store/database.ts';
import { accountRoutes } from './api/accounts.ts';
import { audienceRoutes } from './api/audiences.ts';
import { driftRoutes } from './api/drift.ts';
import { enrichmentRoutes } from './api/enrichments.ts';
import { experimentRoutes } from './api/experiments.ts';
import { factRoutes } from './api/facts.ts';
import { holdoutRoutes } from './api/holdout.ts';
import { journeyControlRoutes } from './api/journey-controls.ts';
import { journeyRoutes } from './api/journeys.ts';
import { messageRoutes } from './api/messages.ts';
import { offerRoutes } from './api/offers.ts';
import { peopleRoutes } from './api/people.ts';
import { refusalRoutes } from './api/refusals.ts';
import { runMoveRoutes } from './api/run-moves.ts';
import { requireApiKey } from './auth.ts';
import { answerError, answerNotFound } from './errors.ts';
import { healthRoutes, type Readiness } from './health.ts';
import { addMetrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { pageRoutes } from './pages/routes.ts';
import type { PageLink } from './pages/start-page.ts';
import { addSyncMetrics } from './sync-metrics.ts';

export interface ServerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly writeKey: string;
  readonly apiKey: string;
  /** Where callers reach this server, without a slash at the end. */
  readonly publicUrl: string;
  readonly log: Logger;
  readonly ready: Readiness;
  /** Told how many events have just been stored. */
  readonly onStored?: (events: number) => void;
  /**
   * Routes of other rooms. Those under `/api` ask for the API key, unless their route says `config: { auth: 'own' }`.
   * Schemas are zod; refusals are thrown as `HttpProblem`.
   */
  readonly plugins?: readonly FastifyPluginAsync[];
  readonly metrics?: Registry;
  /** Other pages to look at, such as the mailbox. */
  readonly pages?: readonly PageLink[];
}

const LONGEST_ID_IN_URL = 2_000;

/** Everything but listening: `app.listen({ port, host })` does that, `app.inject` tests without. */
export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { db, clock, writeKey, apiKey, publicUrl, ready, onStored, plugins = [], pages = [] } = deps;
  const app = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: LONGEST_ID_IN_URL },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, text: string) =>
    text === '' ? undefined : readJson(text),
  );

  const checkApiKey = requireApiKey(apiKey);
  app.addHook('onRequest', async function onApiRequest(request, reply) {
    const isApi = (request.routeOptions.url ?? request.url).startsWith('/api/');
    if (isApi && request.routeOptions.config.auth !== 'own') await checkApiKey.call(this, request, reply);
  });

  await describeApi(app, publicUrl);
  const metrics = deps.metrics ?? new Registry();
  const { countStored } = addMetrics(app, db, metrics);
  addSyncMetrics(db, clock, metrics);
  await app.register(healthRoutes(ready));
  await app.register(
    ingestRoutes({
      ...{ db, clock, writeKey },
      onStored: (events) => {
        countStored(events);
        onStored?.(events.length);
      },
    }),
  );
  await app.register(audienceRoutes(db));
  await app.register(peopleRoutes(db, clock));
  await app.register(refusalRoutes(db, clock));
  await app.register(offerRoutes(db, clock));
  await app.register(journeyControlRoutes(db, clock));
  await app.register(accountRoutes(db, clock));
  await app.register(factRoutes(db, clock));
  await app.register(enrichmentRoutes(db, clock));
  await app.register(journeyRoutes(db));
  await app.register(runMoveRoutes(db, clock));
  await app.register(experimentRoutes(db, clock));
  await app.register(holdoutRoutes(db, clock));
  await app.register(driftRoutes(db, clock));
  await app.register(messageRoutes(db));
  await app.register(pageRoutes({ db, clock, ready, publicUrl, links: pages }));
  for (const plugin of plugins) await app.register(plugin);
  return app;
}
