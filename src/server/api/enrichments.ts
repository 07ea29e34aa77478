/**
 * `GET /api/enrichments` and `POST /api/enrichments/retry`: what other systems were asked, and what came of it.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { ENRICHMENT_STATUSES, readEnrichments, retryEnrichments } from '../../enrichment/read-enrichments.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

const enrichmentAnswer = z.object({
  enrichment: z.string(),
  of: z.enum(['person', 'account']),
  id: z.string().nullable().describe('Your id of the person or account; null for a visitor'),
  status: z.enum(ENRICHMENT_STATUSES).describe('`failing` is tried again soon, `failed` after another `refresh`'),
  attempts: z.int().describe('Failures in a row'),
  url: z.string().nullable().describe('Asked last, with *** for secrets'),
  fetchedAt: z.date().nullable(),
  dueAt: z.date().nullable().describe('When it is asked next; null where its condition does not hold any more'),
  problem: z.string().nullable(),
  answer: z.record(z.string(), z.unknown()).nullable().describe('The traits that were taken from it'),
});

export function enrichmentRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/enrichments',
      {
        schema: {
          summary: 'What other systems were asked about people and accounts',
          querystring: pageQuery.extend({
            enrichment: z.string().optional(),
            status: z.enum(ENRICHMENT_STATUSES).optional(),
          }),
          response: { 200: pageOf(enrichmentAnswer), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ query: { limit, cursor, enrichment, status } }) => {
        const after = decodeCursor(cursor, z.tuple([z.string(), z.int()]));
        const rows = await readEnrichments(db, { enrichment, status, after, limit: limit + 1 });
        const { items, next } = cutPage(rows, limit, (row) => [row.enrichment, row.profileId]);
        return {
          items: items.map(({ profileId, kind, userId, answer, ...row }) => ({
            ...{ ...row, of: kind, id: userId, answer: answer === null ? null : { ...answer } },
          })),
          next,
        };
      },
    );

    app.post(
      '/api/enrichments/retry',
      {
        schema: {
          summary: 'Ask again at once where it failed',
          body: z.object({ enrichment: z.string().optional() }).optional(),
          response: { 200: z.object({ due: z.int() }), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ body }) => ({ due: await retryEnrichments(db, body?.enrichment, clock.now()) }),
    );
  };
}
