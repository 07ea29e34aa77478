/**
 * Pages for people, made on the server.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import { type Clock, SECOND } from '../../core/time.ts';
import type { Database } from '../../store/database.ts';
import type { Readiness } from '../health.ts';
import { POLICY } from './look.ts';
import { type Overview, readOverview } from './overview.ts';
import { type PageLink, renderStartPage } from './start-page.ts';

export interface PageDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly ready: Readiness;
  readonly publicUrl: string;
  readonly links: readonly PageLink[];
}

/** In the machine's time: a part that is slower than this is said not to answer. */
const PATIENCE = 2 * SECOND;

export function pageRoutes({ db, clock, ready, publicUrl, links }: PageDeps): FastifyPluginAsync {
  const overviewNow = shared(() => readOverview(db, clock));
  return async (app) => {
    app.get('/', { schema: { hide: true } }, async (request, reply) => {
      const [overview, troubles] = await Promise.all([
        overviewNow().catch((error: unknown) => {
          request.log.warn({ err: error }, 'The start page could not be filled');
          return null;
        }),
        troublesOf(ready),
      ]);
      return reply
        .code(overview === null ? 503 : 200)
        .type('text/html; charset=utf-8')
        .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-store' })
        .send(renderStartPage({ links, publicUrl, overview, troubles }));
    });
  };
}

/** However many people look, the numbers are read once at a time. */
function shared(read: () => Promise<Overview>): () => Promise<Overview> {
  let underWay: Promise<Overview> | undefined;
  return () => {
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function troublesOf(ready: Readiness): Promise<Record<string, string>> {
  let patience: NodeJS.Timeout | undefined;
  const silence = new Promise<Record<string, string>>((answer) => {
    patience = setTimeout(
      () => answer({ parts: `did not say within ${PATIENCE / SECOND} s whether they work` }),
      PATIENCE,
    );
  });
  const parts = await Promise.race([ready(), silence]).finally(() => clearTimeout(patience));
  return Object.fromEntries(Object.entries(parts).filter(([, said]) => said !== 'ok'));
}
