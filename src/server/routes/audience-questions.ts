/**
 * Questions about audiences and scores that change nothing: who would be in it, and what somebody scores.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { previewAudience } from '../../audiences/preview.ts';
import { readScores } from '../../audiences/scores.ts';
import type { Clock } from '../../core/time.ts';
import { compileDraft } from '../../definitions/compile-draft.ts';
import { formatProblem } from '../../definitions/problems.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';
import { noSuchPerson } from '../api/people.ts';
import { published } from '../published.ts';

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

/** Of a score. */
export const signalAnswer = z.object({
  signal: z.string(),
  points: z.number(),
  found: z.union([z.number(), z.boolean()]).describe('How many events give points, or whether its condition holds'),
  until: z.string().nullable().describe('When time alone changes its points next'),
});
const scoreAnswer = z.object({
  score: z.string(),
  value: z.number(),
  band: z.string().nullable().describe('The highest that the value reaches'),
  propensity: z.number().nullable(),
  expected: z.number().nullable(),
  until: z.string().nullable(),
  signals: z.array(signalAnswer).describe('The one that gives most first'),
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
