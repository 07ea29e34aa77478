/**
 * Answers about audiences from the past and beside each other: the cohort check, what people do around an event, overlap.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readAroundEvent } from '../../audiences/around-event.ts';
import { askAudience, askCohort, askOverlap } from '../../audiences/ask.ts';
import { checkCohort } from '../../audiences/cohort-check.ts';
import { readOverlap } from '../../audiences/overlap.ts';
import { type Clock, DAY, MINUTE } from '../../core/time.ts';
import { duration, eventName, millisecondsOf } from '../../definitions/schema-values.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { compareGroups } from '../../measurement/cohorts.ts';
import type { Database } from '../../store/database.ts';
import { asked } from '../published.ts';

export interface AudienceAnswerDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const refused = { 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 409: errorAnswer };
const share = z.number();

const overlapAnswer = z.object({
  audiences: z.array(z.object({ key: z.string(), size: z.int() })),
  pairs: z
    .array(
      z.object({
        ...{ a: z.string(), b: z.string(), both: z.int().describe('People in both') },
        ofA: share.describe('Of those in `a`, who are in `b` too; from 0 to 1'),
        ofB: share,
        jaccard: share.describe('Of those in either, who are in both'),
      }),
    )
    .describe('The most alike first'),
});

const doing = z.object({
  people: z.int(),
  share: share.describe('Of those who did the event'),
  usually: share.nullable().describe('The same around other moments of the same people'),
});
const aroundAnswer = z.object({
  people: z.int().describe('Who did the event in the period'),
  comparable: z.int().describe('Of these, who have other moments to compare with'),
  events: z.array(z.object({ event: z.string(), before: doing, after: doing })).describe('Furthest from usual first'),
});

const cohortRequest = z.object({
  audience: z.string().optional().describe('A published audience'),
  definition: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe('Or one as in its file: YAML text, or the same as an object'),
  goal: z
    .union([eventName, z.object({ event: eventName, where: z.record(z.string(), z.any()).optional() })])
    .describe("An event's name, or the same with tests of its properties"),
  period: duration.default('90d').describe('How long, up to the last day that leaves everybody time'),
  convertWithin: duration.default('14d'),
  retention: z
    .object({ from: duration, until: duration })
    .default({ from: '7d', until: '14d' })
    .describe('When after the entry somebody has to do anything to be retained'),
  onlyNew: z.boolean().default(false).describe('Leave out who had reached the goal before'),
  share: z.number().gt(0).max(1).default(1).describe('Look at this share of people, drawn by hash'),
});
const comparison = z.object({
  matched: share.nullable(),
  others: share.nullable(),
  difference: z.object({ difference: share, low: share, high: share }).nullable().describe('With its 95 % interval'),
  isSure: z.boolean().describe('The interval does not hold 0'),
});
const group = z.object({ people: z.int(), converted: z.int(), retained: z.int() });
const cohortAnswer = z.object({
  from: z.date(),
  to: z.date(),
  matched: group.describe('Who came to match in the period'),
  others: group.describe('Who was active and did not'),
  before: z.int().describe('Who matched when it began; in neither group'),
  leftOut: z.int(),
  conversion: comparison,
  retention: comparison,
});

export function audienceAnswerRoutes({ db, clock }: AudienceAnswerDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/audiences/overlap',
      {
        schema: {
          summary: 'How far audiences hold the same members',
          querystring: z.object({
            audiences: z.string().optional().describe('Keys with commas between them; all of people where absent'),
          }),
          response: { 200: overlapAnswer, ...refused },
        },
      },
      async ({ query: { audiences } }) => {
        const keys = await asked(db, (workspace) => askOverlap(workspace, audiences?.split(',')));
        const { pairs, audiences: sizes } = await readOverlap(db, keys);
        return { pairs: [...pairs], audiences: [...sizes] };
      },
    );

    app.get(
      '/api/events/around',
      {
        schema: {
          summary: 'What people do shortly before and after an event, against their usual',
          querystring: z.object({
            event: z.string().min(1),
            minutes: z.coerce.number().positive().max(1_440).default(30).describe('How long before and after'),
            days: z.coerce.number().positive().max(3_650).default(90).describe('How far back'),
            most: z.coerce.number().int().min(1).max(200).default(20),
          }),
          response: { 200: aroundAnswer, ...refused },
        },
      },
      async ({ query: { event, minutes, days, most } }) => {
        const until = clock.now();
        const found = await readAroundEvent(db, {
          event,
          until,
          since: until - days * DAY,
          within: minutes * MINUTE,
          most,
        });
        return { ...found, events: [...found.events] };
      },
    );

    app.post(
      '/api/audiences/cohort-check',
      {
        schema: {
          summary: 'What became of those who came to match an audience in the past, against everybody else',
          body: cohortRequest,
          response: { 200: cohortAnswer, ...refused },
        },
      },
      async ({ body }) => {
        const { audience, definition, goal, period, convertWithin, retention, ...rest } = body;
        const text = typeof definition === 'object' ? JSON.stringify(definition) : definition;
        const question = await asked(db, (workspace) =>
          askCohort(
            workspace,
            askAudience(workspace, { audience, definition: text }),
            {
              ...rest,
              goal: typeof goal === 'string' ? { event: goal } : goal,
              period: millisecondsOf(period),
              convertWithin: millisecondsOf(convertWithin),
              retention: { from: millisecondsOf(retention.from), until: millisecondsOf(retention.until) },
            },
            clock.now(),
          ),
        );
        const found = await checkCohort(db, question);
        const { from, to } = question;
        return { from: new Date(from), to: new Date(to), ...found, ...compareGroups(found.matched, found.others) };
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}
