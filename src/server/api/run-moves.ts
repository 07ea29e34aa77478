/**
 * `POST /api/runs/:id/{advance,move,exit}`: one run by hand.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { HandMoveError, type MoveAsked, moveRunByHand } from '../../runs/move-by-hand.ts';
import { RUN_STATUSES } from '../../runs/read-runs.ts';
import { SettingsShelf, VersionShelf } from '../../runs/version-shelf.ts';
import type { Database } from '../../store/database.ts';
import { byHand } from './by-hand.ts';

const seen = byHand.extend({
  from: z
    .string()
    .optional()
    .describe(
      'The step where you saw it: answered with 409 if it stands elsewhere by now. Default: wherever it stands',
    ),
});

const moveAnswer = z.object({
  run: z.string(),
  journey: z.string(),
  from: z.string().nullable().describe('Where it stood; null: past the last step'),
  to: z.string().nullable().describe('Where it stands; null: past the last step, or out'),
  status: z.enum(RUN_STATUSES).describe('How the run is now: moving it may show that it is over'),
  afterMessage: z.boolean().describe('It goes there once the message is out that is on its way'),
});

const params = z.object({ id: z.string().describe("The run's id, URL-encoded") });
const response = { 200: moveAnswer, 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 409: errorAnswer };

export function runMoveRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  const moving = { clock, versions: new VersionShelf(), settings: new SettingsShelf() };
  const move = (asked: MoveAsked) => moveRunByHand(db, asked, moving).catch(asProblem);

  return async (app) => {
    app.post(
      '/api/runs/:id/advance',
      { schema: { summary: 'Move one run on: the step at which it stands is left out', params, body: seen, response } },
      ({ params: { id }, body }) => move({ run: id, whither: 'on', ...body }),
    );

    app.post(
      '/api/runs/:id/move',
      {
        schema: {
          summary: 'Move one run to a step of its version, forward or back',
          params,
          body: seen.extend({ to: z.string().describe("The step's id; it is met anew") }),
          response,
        },
      },
      ({ params: { id }, body: { to, ...body } }) => move({ run: id, whither: { to }, ...body }),
    );

    app.post(
      '/api/runs/:id/exit',
      { schema: { summary: 'Take one run out of its journey', params, body: seen, response } },
      ({ params: { id }, body }) => move({ run: id, whither: 'out', ...body }),
    );
  };
}

function asProblem(error: unknown): never {
  if (!(error instanceof HandMoveError)) throw error;
  const { code, message, fix } = error;
  const status = code === 'not-found' ? 404 : code === 'unknown-step' ? 400 : 409;
  throw new HttpProblem(status, code, message, { fix, cause: error, ...(code === 'unknown-step' && { field: 'to' }) });
}
