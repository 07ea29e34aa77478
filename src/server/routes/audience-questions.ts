/**
 * Questions about audiences that change nothing: who would be in it, and why somebody is or is not.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { askAudience } from '../../audiences/ask.ts';
import { type Explanation, explainCondition } from '../../audiences/explain.ts';
import { previewAudience } from '../../audiences/preview.ts';
import { readScores } from '../../audiences/scores.ts';
import type { Json } from '../../core/condition.ts';
import type { Clock } from '../../core/time.ts';
import { compileDraft } from '../../definitions/compile-draft.ts';
import { formatProblem } from '../../definitions/problems.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';
import { noSuchPerson } from '../api/people.ts';
import { asked, published } from '../published.ts';

export interface AudienceQuestionDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const previewRequest = z.object({
  definition: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .describe('The audience as in its file: YAML text, or the same as an object'),
  sample: z.int().min(0).max(100).default(10).describe('How many members to name'),
});
const previewAnswer = z.object({
  size: z.int(),
  of: z.int().describe('How many people there are'),
  sample: z.array(z.object({ userId: z.string().nullable() })),
});

/** Schemas that refer to themselves cannot be described to OpenAPI in place. */
const anything = z.any();
const signal = z.object({
  signal: z.string(),
  points: z.number(),
  found: z.union([z.number(), z.boolean()]).describe('How many events give points, or whether its condition holds'),
  until: z.string().nullable().describe('When time alone changes its points next'),
});
const explanation: z.ZodType<Explanation> = z.object({
  clause: z.string(),
  holds: z.boolean(),
  found: anything as z.ZodType<Json>,
  signals: z.array(signal).optional().describe('Of scores: what gave how many points'),
  until: z.string().nullable().describe('When time alone could change it'),
  of: z.array(anything as z.ZodType<Explanation>).describe('Its parts, which look like this one'),
});

export const explainAnswer = z.object({
  audience: z.string(),
  at: z.date(),
  holds: z.boolean(),
  until: z.string().nullable().describe('When time alone could change it'),
  explanation,
});
const scoreAnswer = z.object({
  score: z.string(),
  value: z.number(),
  band: z.string().nullable().describe('The highest that the value reaches'),
  propensity: z.number().nullable(),
  expected: z.number().nullable(),
  until: z.string().nullable(),
  signals: z.array(signal).describe('The one that gives most first'),
});
const refused = { 401: errorAnswer, 404: errorAnswer, 409: errorAnswer };

export function audienceQuestionRoutes({ db, clock }: AudienceQuestionDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.post(
      '/api/audiences/preview',
      {
        schema: {
          summary: 'Size and sample members of an audience before it is saved',
          body: previewRequest,
          response: { 200: previewAnswer, 409: errorAnswer, 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ body: { definition, sample } }) => {
        const { workspace } = await published(db);
        const draft = compileDraft(typeof definition === 'string' ? definition : JSON.stringify(definition), workspace);
        if ('problems' in draft)
          throw new HttpProblem(400, 'invalid-definition', draft.problems.map(formatProblem).join('\n'), {
            field: 'definition',
          });
        const { size, of, sample: people } = await previewAudience(db, draft, clock.now(), sample);
        return { size, of, sample: people.map(({ userId }) => ({ userId })) };
      },
    );

    app.get(
      '/api/people/:id/explain',
      {
        schema: {
          summary: 'Why a person is in an audience or not',
          params: z.object({ id: z.string() }),
          querystring: z.object({ audience: z.string() }),
          response: { 200: explainAnswer, ...refused },
        },
      },
      async ({ params: { id }, query: { audience: key } }) => {
        const [audience, named] = await asked(db, (workspace) => {
          return [askAudience(workspace, { audience: key }), workspace] as const;
        });
        const now = clock.now();
        const personId = await findPersonId(db, id);
        const explained =
          personId === null ? undefined : await explainCondition(db, personId, audience.condition, now, named);
        if (explained === undefined) throw noSuchPerson(id, 'id');
        const { holds, until } = explained;
        return { audience: key, at: new Date(now), holds, until, explanation: explained };
      },
    );

    app.get(
      '/api/people/:id/scores',
      {
        schema: {
          summary: 'What a person scores, and which signals give how many points until when',
          params: z.object({ id: z.string() }),
          response: { 200: z.object({ at: z.date(), scores: z.array(scoreAnswer) }), ...refused },
        },
      },
      async ({ params: { id } }) => {
        const { workspace } = await published(db);
        const now = clock.now();
        const personId = await findPersonId(db, id);
        const scores = personId === null ? undefined : await readScores(db, personId, 'person', workspace, now);
        if (scores === undefined) throw noSuchPerson(id, 'id');
        return { at: new Date(now), scores: scores.map((one) => ({ ...one, signals: [...one.signals] })) };
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}
