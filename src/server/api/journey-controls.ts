/**
 * `POST /api/journeys/:key/{pause,resume,stop,start}`, and `GET /api/audit`.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Resumption, USUAL_RESUMPTION } from '../../core/pausing.ts';
import type { Clock } from '../../core/time.ts';
import { resumptionOf } from '../../definitions/compile-policy.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { resumeRule } from '../../definitions/schema-journey.ts';
import type { JourneyVersion } from '../../definitions/workspace-types.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import {
  type Changed,
  ControlError,
  pauseJourney,
  resumeJourneys,
  startJourney,
  stopJourney,
} from '../../runs/journey-controls.ts';
import { JOURNEY_STATUSES, journeyStatus } from '../../runs/journey-status.ts';
import { readAudit } from '../../store/audit.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { byHand } from './by-hand.ts';
import { expectJourney } from './journeys.ts';

const letOut = byHand.extend(resumeRule.shape);

const controlAnswer = z.object({
  journey: z.string(),
  status: z.enum(JOURNEY_STATUSES),
  changed: z.boolean().describe('False: it was so already'),
  since: z.date(),
  by: z.string(),
  reason: z.string(),
  released: z
    .object({
      runs: z.int().describe('Runs that came due during the pause'),
      stale: z.int().describe('Of these, the ones whose messages are not sent any more'),
      until: z.date().nullable().describe('When the last of them has its turn'),
    })
    .nullable(),
});

const auditAnswer = z.object({
  id: z.int(),
  at: z.date(),
  by: z.string(),
  did: z.string(),
  journey: z.string().nullable(),
  run: z.string().nullable(),
  reason: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

const params = z.object({ key: z.string() });
const response = { 200: controlAnswer, 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 409: errorAnswer };

export function journeyControlRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  const versionOf = async (key: string): Promise<JourneyVersion | undefined> => {
    await expectJourney(db, key);
    return (await currentPublication(db))?.workspace.journeys[key];
  };
  const answer = async (version: JourneyVersion | undefined, change: Promise<Changed>) => {
    const { journey, control, changed, released } = await change.catch(asProblem);
    const { since, by, reason } = control;
    return {
      ...{ journey, status: journeyStatus(version, control), changed, since, by, reason },
      released: released && { ...released, until: released.until === null ? null : new Date(released.until) },
    };
  };

  return async (app) => {
    app.post(
      '/api/journeys/:key/pause',
      {
        schema: {
          summary: 'Hold everybody in a journey where they are',
          params,
          body: byHand.extend({
            entries: z
              .enum(['enter', 'refuse'])
              .optional()
              .describe('Whoever qualifies meanwhile. Default: as the journey says'),
          }),
          response,
        },
      },
      async ({ params: { key }, body: { entries, ...by } }) => {
        const version = await versionOf(key);
        const refuses = entries === undefined ? version?.policy?.refusesWhilePaused === true : entries === 'refuse';
        return answer(version, pauseJourney(db, { journey: key, refuses, ...by }, clock.now()));
      },
    );

    app.post(
      '/api/journeys/:key/resume',
      { schema: { summary: 'Let a paused journey go on, what came due bit by bit', params, body: letOut, response } },
      async ({ params: { key }, body: { rate, stale, ...by } }) => {
        const version = await versionOf(key);
        const resumption = resumptionFor(version, { rate, stale });
        const resumed = resumeJourneys(db, { journeys: [key], resumption, ...by }, clock.now());
        return answer(
          version,
          resumed.then(([one]) => one as Changed),
        );
      },
    );

    app.post(
      '/api/journeys/:key/stop',
      {
        schema: {
          summary: 'Let nobody enter a journey any more; people in it finish, or end',
          params,
          body: letOut.extend({
            people: z.enum(['finish', 'end']).default('finish').describe('`end`: all runs end as exited'),
          }),
          response,
        },
      },
      async ({ params: { key }, body: { people, rate, stale, ...by } }) => {
        const version = await versionOf(key);
        const resumption = resumptionFor(version, { rate, stale });
        return answer(
          version,
          stopJourney(db, { journey: key, ends: people === 'end', resumption, ...by }, clock.now()),
        );
      },
    );

    app.post(
      '/api/journeys/:key/start',
      { schema: { summary: 'Open a stopped journey again', params, body: byHand, response } },
      async ({ params: { key }, body }) =>
        answer(await versionOf(key), startJourney(db, { journey: key, ...body }, clock.now())),
    );

    app.get(
      '/api/audit',
      {
        schema: {
          summary: 'Who did what by hand, newest first',
          querystring: pageQuery.extend({ journey: z.string().optional(), run: z.string().optional() }),
          response: { 200: pageOf(auditAnswer), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ query: { limit, cursor, journey, run } }) => {
        const before = decodeCursor(cursor, z.int());
        const rows = await readAudit(db, { journey, run, before, limit: limit + 1 });
        return cutPage(rows, limit, ({ id }) => id);
      },
    );
  };
}

/** As asked for, else as the journey says, else as usual. */
export function resumptionFor(
  version: JourneyVersion | undefined,
  asked: Parameters<typeof resumptionOf>[0],
): Resumption {
  return { ...USUAL_RESUMPTION, ...version?.policy?.resumption, ...resumptionOf(asked) };
}

function asProblem(error: unknown): never {
  if (!(error instanceof ControlError)) throw error;
  const { state, message, fix } = error;
  throw new HttpProblem(409, state, message, { fix, cause: error });
}
