/**
 * `GET /api/journeys/:key/experiments`, the same by audience, `GET /api/journeys/:key/steps`, and choosing winners.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { goalEvents } from '../../audiences/goal-events.ts';
import type { Clock } from '../../core/time.ts';
import { UnknownExperimentError } from '../../definitions/choose-variant.ts';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { reportByAudience } from '../../measurement/experiment-audiences.ts';
import type { ExperimentReport } from '../../measurement/experiments.ts';
import { stepFigures } from '../../measurement/steps.ts';
import { CHANNELS } from '../../runs/read-messages.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { chooseWinner, expectExperiment, measureExperiments, takeWinnerBack } from '../experiments.ts';
import { published } from '../published.ts';

const difference = z.object({ difference: z.number(), low: z.number(), high: z.number() });
const effect = difference.extend({
  pValue: z.number().nullable().describe('How likely such a difference, or a greater one, is by chance'),
  incremental: difference.describe('Over all people of the side'),
});
export const sideAnswer = z.object({
  variant: z.string().nullable().describe('Null: held out. Of the hold-out, `treated` is everybody else'),
  exposed: z.int().describe('People, each once, from the first step that exposed them'),
  converted: z.int(),
  undecided: z.int().describe('Of the exposed, those that may still convert'),
  rate: z.number().nullable(),
  revenue: z.number().nullable().describe('Null where the journey has no `value`'),
  revenuePerPerson: z.number().nullable(),
  medianTimeToConversion: z.number().nullable().describe('Milliseconds from the exposure'),
  lift: effect
    .extend({ relative: z.number().nullable() })
    .nullable()
    .describe('Conversion rate against the control’s, with the interval that holds the true one in 95 of 100 cases'),
  revenueLift: effect.nullable().describe('Revenue per person against the control’s'),
});
const winnerAnswer = z.object({
  ...{ experiment: z.string(), variant: z.string(), byHand: z.boolean() },
  figures: z.record(z.string(), z.unknown()).nullable().describe('What the rule decided by'),
  ...{ decidedAt: z.date(), undoneAt: z.date().nullable() },
});
const reportAnswer = z.object({
  experiment: z.string(),
  control: z.string().nullable().describe('What the sides are held against; null: those who are held out'),
  isRunning: z.boolean().describe('It is in the version in force'),
  sides: z.array(sideAnswer),
  tooFew: z.boolean().describe('Fewer than 5 converted, or did not, on one of the sides: the lifts say little'),
});
const visitors = z.object({ entries: z.int(), people: z.int(), converted: z.int() });
const stepAnswer = visitors.extend({
  ...{ step: z.string(), kind: z.string(), heldOut: visitors },
  ways: z.record(z.string(), z.int()).nullable().describe('How many runs took which way'),
  messages: z
    .object({
      channel: z.enum(CHANNELS),
      template: z.string().nullable(),
      ...{ sent: z.int(), refused: z.int(), failed: z.int(), opened: z.int(), clicked: z.int(), dismissed: z.int() },
    })
    .nullable(),
});
const audienceAnswer = z.object({
  audience: z.string(),
  sides: z.array(sideAnswer),
  best: z.string().nullable().describe('The variant of which most convert'),
  isSure: z.boolean().describe('Its interval against each of the others does not hold 0'),
});
const refused = { 400: errorAnswer, 401: errorAnswer, 404: errorAnswer };
const params = z.object({ key: z.string() });
const experimentParams = params.extend({ experiment: z.string() });

export function experimentRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/journeys/:key/experiments',
      {
        schema: {
          summary: 'What a journey’s experiments and its hold-out came to',
          params,
          response: {
            200: z.object({
              journey: z.string(),
              holdout: reportAnswer.nullable(),
              experiments: z.array(reportAnswer.extend({ winner: winnerAnswer.nullable() })),
            }),
            ...refused,
          },
        },
      },
      async ({ params: { key } }) => {
        const { holdout, experiments, ...rest } = await known(() => measureExperiments(db, key, clock.now()));
        return {
          ...rest,
          holdout: holdout && shown(holdout),
          experiments: experiments.map(({ winner, ...report }) => ({ ...shown(report), winner })),
        };
      },
    );

    app.get(
      '/api/journeys/:key/experiments/:experiment/audiences',
      {
        schema: {
          summary: 'Which variant does best in which audience, by who was a member when exposed',
          params: experimentParams,
          querystring: pageQuery,
          response: { 200: pageOf(audienceAnswer), ...refused, 409: errorAnswer },
        },
      },
      async ({ params: { key, experiment }, query: { limit, cursor } }) => {
        const { version } = await known(() => expectExperiment(db, key, experiment));
        const { workspace } = await published(db);
        const after = decodeCursor(cursor, z.string());
        const names = [...namedAudiences(workspace.audiences)].sort().filter((name) => after === null || name > after);
        const rows = await reportByAudience(db, version, experiment, names, goalEvents, clock.now());
        const { items, next } = cutPage(rows, limit, ({ audience }) => audience);
        return { items: items.map((item) => ({ ...item, sides: [...item.sides] })), next };
      },
    );

    app.post(
      '/api/journeys/:key/experiments/:experiment/choose',
      {
        schema: {
          summary: 'Give everybody new this variant',
          params: experimentParams,
          body: z.object({ variant: z.string() }),
          response: { 200: z.object({ variant: z.string() }), ...refused },
        },
      },
      async ({ params: { key, experiment }, body: { variant } }) => {
        await known(() => chooseWinner(db, key, experiment, variant, clock.now()));
        return { variant };
      },
    );

    app.post(
      '/api/journeys/:key/experiments/:experiment/undo',
      {
        schema: {
          summary: 'Let chance decide again',
          params: experimentParams,
          response: {
            200: z.object({ undone: z.string().nullable().describe('Null: there was no winner') }),
            ...refused,
          },
        },
      },
      async ({ params: { key, experiment } }) => ({
        undone: await known(() => takeWinnerBack(db, key, experiment, clock.now())),
      }),
    );

    app.get(
      '/api/journeys/:key/steps',
      {
        schema: {
          summary: 'What each step of a journey came to',
          params,
          querystring: pageQuery,
          response: { 200: pageOf(stepAnswer), ...refused },
        },
      },
      async ({ params: { key }, query: { limit, cursor } }) => {
        const from = decodeCursor(cursor, z.int()) ?? 0;
        const steps = (await stepFigures(db, key)).map((figures, place) => ({ ...figures, place: place + 1 }));
        if (steps.length === 0) await known(() => measureExperiments(db, key, clock.now()));
        return cutPage(steps.slice(from), limit, ({ place }) => place);
      },
    );
  };
}

async function known<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof UnknownExperimentError)) throw cause;
    const { message, field, fix } = cause;
    throw new HttpProblem(field === 'variant' ? 400 : 404, 'not-found', message, { field, fix, cause });
  }
}

function shown(report: ExperimentReport) {
  return { ...report, sides: [...report.sides] };
}
