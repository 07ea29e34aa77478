/**
 * `GET /api/drift`
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { watchDrift } from '../../measurement/drift.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

const watchedAnswer = z.object({
  what: z.enum(['conversion', 'audience']),
  key: z.string().describe('Of the journey, or of the audience'),
  value: z.number().describe('The conversion of those whose time was over in the last week, or the size now'),
  expected: z
    .object({ value: z.number(), low: z.number(), high: z.number() })
    .nullable()
    .describe('What it would be if nothing had changed; null where there is too little to go by yet'),
  drifts: z.boolean().describe('It is outside of what is expected'),
});

export function driftRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/drift',
      {
        schema: {
          summary: 'Conversions of journeys and sizes of audiences, and whether they moved away from what is usual',
          querystring: pageQuery,
          response: { 200: pageOf(watchedAnswer), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ query: { limit, cursor } }) => {
        const from = decodeCursor(cursor, z.int()) ?? 0;
        const audiences = namedAudiences((await currentPublication(db))?.workspace.audiences ?? {});
        const all = (await watchDrift(db, audiences, clock.now())).map((one, place) => ({ ...one, place: place + 1 }));
        return cutPage(all.slice(from), limit, ({ place }) => place);
      },
    );
  };
}
