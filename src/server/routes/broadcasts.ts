/**
 * The times of scheduled journeys: how they stand, and pausing, resuming and cancelling them.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import {
  BROADCAST_STATUSES,
  type Broadcast,
  readBroadcasts,
  STEERED,
  steerBroadcast,
} from '../../runs/broadcast-rows.ts';
import type { Database } from '../../store/database.ts';
import { byWhom, whoIn } from '../api/by-hand.ts';
import { expectJourney } from '../api/journeys.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

export interface BroadcastDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const broadcastAnswer = z.object({
  journey: z.string(),
  time: z.string().describe('By the clock on the wall: `2026-03-01T10:00`'),
  status: z.enum(BROADCAST_STATUSES),
  entered: z.int(),
  refused: z.int().describe('Had their turn and did not enter; `refusals` of the journey say why'),
  next: z.date().nullable().describe('When somebody may enter next'),
});

export function broadcastRoutes({ db, clock }: BroadcastDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/journeys/:key/broadcasts',
      {
        schema: {
          summary: 'The times of a scheduled journey, the latest first',
          params: z.object({ key: z.string() }),
          querystring: pageQuery,
          response: { 200: pageOf(broadcastAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { key: journey }, query: { limit, cursor } }) => {
        const rows = await readBroadcasts(db, { journey, after: decodeCursor(cursor, z.string()), limit: limit + 1 });
        if (rows.length === 0) await expectJourney(db, journey);
        const { items, next } = cutPage(rows, limit, ({ occurrence }) => occurrence);
        return { items: items.map(answerOf), next };
      },
    );

    for (const how of Object.keys(STEERED) as (keyof typeof STEERED)[]) {
      app.post(
        `/api/journeys/:key/broadcasts/:time/${how}`,
        {
          schema: {
            summary: SAYS[how],
            params: z.object({ key: z.string(), time: z.string().describe('As the list has it') }),
            body: byWhom.nullish(),
            response: { 200: broadcastAnswer, 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 409: errorAnswer },
          },
        },
        async ({ params: { key: journey, time: occurrence }, body }) => {
          const asked = { journey, occurrence, how, ...whoIn(body) };
          const steered = await steerBroadcast(db, asked, clock.now());
          if (steered === undefined)
            throw new HttpProblem(404, 'not-found', `The journey \`${journey}\` has no broadcast at ${occurrence}`, {
              fix: `GET /api/journeys/${journey}/broadcasts lists them`,
            });
          const { broadcast, isDone } = steered;
          if (isDone) return answerOf(broadcast);
          throw new HttpProblem(409, 'not-possible', `The broadcast is ${broadcast.status}; it cannot be ${DONE[how]}`);
        },
      );
    }
  };
  return routes;
}

const SAYS = {
  pause: 'Nobody more enters by this broadcast until it is resumed',
  resume: 'A paused broadcast goes on where it was, at its rate',
  cancel: 'Nobody more enters by this broadcast; those who did go on',
} as const;
const DONE = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const;

function answerOf({ journey, occurrence: time, status, entered, refused, passAt, turnAt }: Broadcast) {
  const isAhead = status === 'planned' || status === 'running';
  return { journey, time, status, entered, refused, next: isAhead ? new Date(Math.max(passAt, turnAt)) : null };
}
