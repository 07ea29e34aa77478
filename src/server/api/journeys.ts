/**
 * `GET /api/journeys`, `GET /api/journeys/:key/runs` and `GET /api/runs/log`.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { namesOf } from '../../profiles/find.ts';
import { type Control, readControls } from '../../runs/journey-controls.ts';
import { isPutAway, JOURNEY_STATUSES, type JourneyStatus, journeyStatus } from '../../runs/journey-status.ts';
import { countRuns, RUN_STATUSES, type RunStatus, readRunLog, readRuns } from '../../runs/read-runs.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { runAnswer, runIn } from './answers.ts';

const journeyAnswer = z.object({
  key: z.string(),
  version: z
    .string()
    .nullable()
    .describe('The hash of the definition in force; null where it is not published any more'),
  status: z.enum(JOURNEY_STATUSES),
  control: z
    .object({ since: z.date(), by: z.string(), reason: z.string() })
    .nullable()
    .describe('Who paused, stopped or reopened it last'),
  runs: z.partialRecord(z.enum(RUN_STATUSES), z.int()).describe('How many runs stand how'),
});
const logAnswer = z.object({
  id: z.int(),
  recordedAt: z.date(),
  entry: z.looseObject({ step: z.string().nullable(), kind: z.string(), at: z.number(), did: z.string() }),
});
const runPlace = z.object({ enteredAt: z.iso.datetime(), id: z.string() });

export interface JourneyCounts {
  readonly key: string;
  readonly version: string | null;
  readonly status: JourneyStatus;
  readonly control: Pick<Control, 'since' | 'by' | 'reason'> | null;
  /** Archived, and nobody is in it any more. */
  readonly putAway: boolean;
  readonly runs: Partial<Record<RunStatus, number>>;
}

/** Every published journey and every one that still has runs, by key. */
export async function listJourneys(db: Database): Promise<JourneyCounts[]> {
  const [publication, counts, controls] = await Promise.all([currentPublication(db), countRuns(db), readControls(db)]);
  const published = publication?.workspace.journeys ?? {};
  return [...new Set([...Object.keys(published), ...counts.keys()])].sort().map((key) => {
    const version = published[key];
    const control = controls.get(key);
    const runs = counts.get(key) ?? {};
    return {
      ...{ key, version: version?.hash ?? null, status: journeyStatus(version, control), runs },
      control: control === undefined ? null : { since: control.since, by: control.by, reason: control.reason },
      putAway: isPutAway(version, runs.active ?? 0),
    };
  });
}

export function journeyRoutes(db: Database): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/journeys',
      {
        schema: {
          summary: 'Journeys and how their runs stand',
          querystring: pageQuery.extend({
            status: z.enum(JOURNEY_STATUSES).optional(),
            archived: z
              .stringbool()
              .default(false)
              .describe('Those, too, that are archived and that nobody is in any more'),
          }),
          response: { 200: pageOf(journeyAnswer), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ query: { limit, cursor, status, archived } }) => {
        const after = decodeCursor(cursor, z.string());
        const journeys = (await listJourneys(db))
          .filter((one) => (after === null || one.key > after) && (status === undefined || one.status === status))
          .filter(({ putAway }) => archived || status === 'archived' || !putAway)
          .map(({ putAway: _, ...journey }) => journey);
        return cutPage(journeys, limit, ({ key }) => key);
      },
    );

    app.get(
      '/api/journeys/:key/runs',
      {
        schema: {
          summary: 'The runs of a journey, newest first',
          params: z.object({ key: z.string() }),
          querystring: pageQuery.extend({ status: z.enum(RUN_STATUSES).optional() }),
          response: { 200: pageOf(runAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { key }, query: { limit, cursor, status } }) => {
        const after = decodeCursor(cursor, runPlace);
        const rows = await readRuns(db, { journey: key, status, after, limit: limit + 1 });
        if (rows.length === 0) await expectJourney(db, key);
        const { items, next } = cutPage(rows, limit, ({ enteredAt, id }) => ({ enteredAt, id }));
        const names = await namesOf(
          db,
          items.map(({ profileId }) => profileId),
        );
        return { items: items.map((run) => runIn(run, names)), next };
      },
    );

    app.get(
      '/api/runs/log',
      {
        schema: {
          summary: 'What a run did, oldest first',
          querystring: pageQuery.extend({ run: z.string().describe("The run's id") }),
          response: { 200: pageOf(logAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ query: { run, limit, cursor } }) => {
        const rows = await readRunLog(db, run, decodeCursor(cursor, z.int()), limit + 1);
        if (rows !== null) return cutPage(rows, limit, ({ id }) => id);
        throw new HttpProblem(404, 'not-found', `There is no run \`${run}\``, { field: 'run' });
      },
    );
  };
}

/** @throws {HttpProblem} 404 where no journey of this key is published or has runs */
export async function expectJourney(db: Database, key: string): Promise<void> {
  const keys = (await listJourneys(db)).map((journey) => journey.key);
  if (keys.includes(key)) return;
  const fix = didYouMean(key, keys) ?? 'See /api/journeys for those there are';
  throw new HttpProblem(404, 'not-found', `There is no journey \`${key}\``, { fix });
}
