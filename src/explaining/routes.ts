/**
 * `GET /api/people/:id/explain` and `GET /api/accounts/:id/explain`: why somebody is in an audience or a journey, or not.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { askAudience } from '../audiences/ask.ts';
import { explainCondition } from '../audiences/explain.ts';
import type { Clock } from '../core/time.ts';
import type { SubjectKind } from '../definitions/workspace-types.ts';
import { HttpProblem } from '../ingest/http-problem.ts';
import { errorAnswer } from '../ingest/route-schemas.ts';
import type { CatalogShelf } from '../process/catalog.ts';
import { findPersonId } from '../profiles/find.ts';
import { findAccount } from '../profiles/find-accounts.ts';
import { noSuchAccount } from '../server/api/accounts.ts';
import { noSuchPerson } from '../server/api/people.ts';
import { asked } from '../server/published.ts';
import type { Database } from '../store/database.ts';
import { audienceExplained, journeyExplained } from './answers.ts';
import { explainJourney, JourneyQuestionError } from './explain-journey.ts';

export interface ExplainDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogs: CatalogShelf;
}

const querystring = z
  .object({
    audience: z.string().optional().describe('Why they are in this audience or not'),
    journey: z.string().optional().describe('Or where they stand in this journey, and whether they could enter it'),
    instance: z
      .string()
      .optional()
      .describe('Of a journey with runs side by side: which one would be entered. Default: one that was not before'),
  })
  .refine(({ audience, journey }) => (audience === undefined) !== (journey === undefined), {
    error: 'name either an `audience` or a `journey`',
    path: ['audience'],
  });

const response = {
  200: z.union([journeyExplained, audienceExplained]),
  ...{ 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 409: errorAnswer },
};

export function explainRoutes({ db, clock, catalogs }: ExplainDeps): FastifyPluginAsync {
  const answer = async (
    { id, of }: { readonly id: string; readonly of: SubjectKind },
    { audience, journey = '', instance }: z.infer<typeof querystring>,
  ) => {
    const noSuch = of === 'person' ? noSuchPerson : noSuchAccount;
    if (audience !== undefined) await expectAudienceOf(of, audience);
    const profileId = of === 'person' ? await findPersonId(db, id) : (await findAccount(db, id))?.profileId;
    if (profileId == null) throw noSuch(id, 'id');
    if (audience === undefined) {
      const asked = { profileId, journey, instance };
      const explained = await explainJourney(asked, { db, clock, catalogs }).catch(asProblem);
      if (explained === undefined) throw noSuch(id, 'id');
      return journeyExplained.parse(explained);
    }
    const explained = await explainAudience(profileId, audience);
    if (explained === undefined) throw noSuch(id, 'id');
    return explained;
  };

  const audienceAsked = (key: string) =>
    asked(db, (workspace) => [askAudience(workspace, { audience: key }), workspace] as const);

  async function expectAudienceOf(of: SubjectKind, key: string): Promise<void> {
    const [audience] = await audienceAsked(key);
    // Of a person every condition can be asked.
    if (of === 'person' || audience.of === 'account') return;
    const fix = `Ask /api/people/:id/explain?audience=${key}`;
    throw new HttpProblem(400, 'invalid', `The audience \`${key}\` is of people`, { field: 'audience', fix });
  }

  async function explainAudience(profileId: number, key: string) {
    const [audience, workspace] = await audienceAsked(key);
    const now = clock.now();
    const explanation = await explainCondition(db, profileId, audience.condition, now, workspace);
    if (explanation === undefined) return undefined;
    const { holds, until } = explanation;
    return { audience: key, at: new Date(now), holds, until, explanation };
  }

  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/people/:id/explain',
      {
        schema: {
          summary: 'Why a person is in an audience or not; or where they stand in a journey, and why',
          params: z.object({ id: z.string().describe('A user id, or an anonymous id') }),
          querystring,
          response,
        },
      },
      ({ params: { id }, query }) => answer({ id, of: 'person' }, query),
    );

    app.get(
      '/api/accounts/:id/explain',
      {
        schema: {
          summary: 'Why an account is in an audience or not; or where it stands in a journey, and why',
          params: z.object({ id: z.string().describe('The `groupId` of your `group` calls') }),
          querystring,
          response,
        },
      },
      ({ params: { id }, query }) => answer({ id, of: 'account' }, query),
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}

/** @throws {HttpProblem} */
function asProblem(cause: unknown): never {
  if (!(cause instanceof JourneyQuestionError)) throw cause;
  const { message, fix, isUnknown } = cause;
  const [status, code] = isUnknown ? ([404, 'not-found'] as const) : ([400, 'invalid'] as const);
  throw new HttpProblem(status, code, message, { field: 'journey', fix, cause });
}
