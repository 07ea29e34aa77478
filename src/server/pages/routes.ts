/**
 * Pages for people, made on the server.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { Database } from '../../store/database.ts';
import { listAudiences } from '../api/audiences.ts';
import { listJourneys } from '../api/journeys.ts';
import { type PageLink, renderStartPage } from './start-page.ts';

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function pageRoutes(db: Database, links: readonly PageLink[]): FastifyPluginAsync {
  return async (app) => {
    app.get('/', { schema: { hide: true } }, async (request, reply) => {
      const counts = await Promise.all([listJourneys(db), listAudiences(db)]).then(
        ([journeys, audiences]) => ({ journeys, audiences }),
        (error: unknown) => {
          request.log.warn({ err: error }, 'The start page could not be filled');
          return null;
        },
      );
      return reply
        .code(counts === null ? 503 : 200)
        .type('text/html; charset=utf-8')
        .header('content-security-policy', POLICY)
        .header('cache-control', 'no-store')
        .send(renderStartPage({ links, counts }));
    });
  };
}
