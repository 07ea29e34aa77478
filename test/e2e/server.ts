import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { explainRoutes } from '../../src/explaining/routes.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { unmergePeople } from '../../src/process/unmerge-people.ts';
import { buildServer } from '../../src/server/app.ts';
import { audienceAnswerRoutes } from '../../src/server/routes/audience-answers.ts';
import { audienceQuestionRoutes } from '../../src/server/routes/audience-questions.ts';
import { broadcastRoutes } from '../../src/server/routes/broadcasts.ts';
import { entryRoutes } from '../../src/server/routes/entries.ts';
import { exportRoutes } from '../../src/server/routes/exports.ts';
import { inAppRoutes } from '../../src/server/routes/in-app.ts';
import { mergeRoutes } from '../../src/server/routes/merges.ts';
import { syncRoutes } from '../../src/server/routes/syncs.ts';
import { taskRoutes } from '../../src/server/routes/tasks.ts';
import { trackingPlanRoutes } from '../../src/server/routes/tracking-plan.ts';
import { unsubscribeRoutes } from '../../src/server/routes/unsubscribe.ts';
import { SIGNING_SECRET, type TestEngine } from '../kit/engine.ts';

export const WRITE_KEY = 'write-key';
export const API_KEY = 'api-key';

export interface TestServer {
  readonly app: FastifyInstance;
  readonly url: string;
  /** Asks the management API; with a body by POST. Fails where the answer is not 200. */
  api<T>(path: string, body?: object): Promise<T>;
  close(): Promise<void>;
}

/** The product's HTTP server in front of a test's engine, on a free port. */
export async function testServer({
  database: { db },
  clock,
}: Pick<TestEngine, 'database' | 'clock'>): Promise<TestServer> {
  const app = await buildServer({
    db,
    clock,
    writeKey: WRITE_KEY,
    apiKey: API_KEY,
    publicUrl: 'http://localhost:8080',
    log: pino({ level: 'silent' }),
    ready: async () => ({ postgres: 'ok' }),
    plugins: [
      audienceQuestionRoutes({ db, clock }),
      audienceAnswerRoutes({ db, clock }),
      broadcastRoutes({ db, clock }),
      entryRoutes({ db, clock }),
      explainRoutes({ db, clock, catalogs: new CatalogShelf() }),
      exportRoutes({ db, clock }),
      inAppRoutes({ db, clock, signingSecret: SIGNING_SECRET, apiKey: API_KEY }),
      mergeRoutes({ db, unmerge: (asked) => unmergePeople(asked, { db, clock, catalogs: new CatalogShelf() }) }),
      syncRoutes({ db, clock }),
      taskRoutes({ db, clock }),
      trackingPlanRoutes({ db, clock }),
      unsubscribeRoutes({ db, clock, signingSecret: SIGNING_SECRET }),
    ],
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    app,
    url,
    api: (path, body) => ask(`${url}${path}`, API_KEY, body),
    close: () => app.close(),
  };
}

/** JSON there and back, with a bearer token; with a body by POST. Fails where the answer is not 200. */
export async function ask<T>(url: string, token: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer as T;
}
