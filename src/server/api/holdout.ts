/**
 * `GET /api/holdout`
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { goalEvents } from '../../audiences/goal-events.ts';
import type { Clock } from '../../core/time.ts';
import { duration, eventName, millisecondsOf } from '../../definitions/schema-values.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { reportHoldout } from '../../measurement/holdout.ts';
import type { Database } from '../../store/database.ts';
import { sideAnswer } from './experiments.ts';

export function holdoutRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/holdout',
      {
        schema: {
          summary: 'What all journeys together came to, against the people who are held out of every one',
          querystring: z.object({
            goal: eventName.describe("An event's name: what counts as a conversion"),
            value: z.string().optional().describe('Its property that says what it is worth'),
            within: duration.default('30d').describe('How long after their first exposure people have time'),
          }),
          response: {
            200: z.object({ sides: z.array(sideAnswer), tooFew: z.boolean() }),
            400: errorAnswer,
            401: errorAnswer,
          },
        },
      },
      async ({ query: { goal, value, within } }) => {
        const asked = { goal, value, within: millisecondsOf(within) };
        const { sides, tooFew } = await reportHoldout(db, asked, goalEvents, clock.now());
        return { sides: [...sides], tooFew };
      },
    );
  };
}
