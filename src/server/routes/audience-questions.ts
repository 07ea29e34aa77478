/**
 * Questions about audiences that change nothing: who would be in it, and why somebody is or is not.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Explanation, explainCondition } from '../../audiences/explain.ts';
import { previewAudience } from '../../audiences/preview.ts';
import type { Clock } from '../../core/time.ts';
import { compileDraft } from '../../definitions/compile-draft.ts';
import { didYouMean, formatProblem } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { Publication } from '../../definitions/workspace-types.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';

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

const explanation: z.ZodType<Explanation> = z.object({
  clause: z.string(),
  holds: z.boolean(),
  found: z.json(),
  until: z.string().nullable().describe('When time alone could change it'),
  get of() {
    return z.array(explanation);
  },
});

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
        const { size, of, sample: people } = await previewAudience(db, draft.condition, clock.now(), sample);
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
          response: { 200: z.object({ audience: z.string(), explanation }), 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { id }, query: { audience: key } }) => {
        const { audiences } = (await published(db)).workspace;
        const audience = audiences[key];
        if (audience === undefined) {
          const fix = didYouMean(key, Object.keys(audiences));
          throw new HttpProblem(404, 'not-found', `There is no audience ${key}`, {
            field: 'audience',
            ...(fix === undefined ? {} : { fix }),
          });
        }
        const personId = await findPersonId(db, id);
        const explained =
          personId === null ? undefined : await explainCondition(db, personId, audience.condition, clock.now());
        if (explained === undefined)
          throw new HttpProblem(404, 'not-found', `There is no person ${id}`, { field: 'id' });
        return { audience: key, explanation: explained };
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}

async function published(db: Database): Promise<Publication> {
  const publication = await currentPublication(db);
  if (publication === null)
    throw new HttpProblem(409, 'nothing-published', 'No workspace has been published yet', {
      fix: 'throughline publish',
    });
  return publication;
}
