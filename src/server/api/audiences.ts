/**
 * `GET /api/audiences` and `GET /api/audiences/:key/members`.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readAudienceSizes, readMembers } from '../../audiences/read-members.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { SubjectKind } from '../../definitions/workspace-types.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { namesOf } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { nameIn, personAnswer } from './answers.ts';

const audienceAnswer = z.object({
  key: z.string(),
  of: z.enum(['person', 'account']),
  description: z.string().nullable(),
  size: z.int(),
});
const memberAnswer = z.object({
  person: personAnswer.optional().describe('Absent where the audience is of accounts'),
  account: z.string().nullish().describe("The account's id, where the audience is of accounts"),
  since: z.date().describe('When the person or account entered'),
});

export interface AudienceSize {
  readonly key: string;
  readonly of: SubjectKind;
  readonly description: string | null;
  readonly size: number;
}

/** Every published audience, by key, with its number of members. */
export async function listAudiences(db: Database): Promise<AudienceSize[]> {
  const [publication, sizes] = await Promise.all([currentPublication(db), readAudienceSizes(db)]);
  const published = publication?.workspace.audiences ?? {};
  return [...new Set([...Object.keys(published), ...sizes.keys()])]
    .filter((key) => published[key]?.hidden !== true)
    .sort()
    .map((key) => {
      const { of = 'person', description = null } = published[key] ?? {};
      return { key, of, description, size: sizes.get(key) ?? 0 };
    });
}

export function audienceRoutes(db: Database): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/audiences',
      {
        schema: {
          summary: 'Audiences and how many members they have',
          querystring: pageQuery,
          response: { 200: pageOf(audienceAnswer), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ query: { limit, cursor } }) => {
        const after = decodeCursor(cursor, z.string());
        const audiences = (await listAudiences(db)).filter(({ key }) => after === null || key > after);
        return cutPage(audiences, limit, ({ key }) => key);
      },
    );

    app.get(
      '/api/audiences/:key/members',
      {
        schema: {
          summary: 'Who is in an audience',
          params: z.object({ key: z.string() }),
          querystring: pageQuery,
          response: { 200: pageOf(memberAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { key }, query: { limit, cursor } }) => {
        const rows = await readMembers(db, key, decodeCursor(cursor, z.int()), limit + 1);
        if (rows.length === 0) await expectAudience(db, key);
        const { items, next } = cutPage(rows, limit, ({ profileId }) => profileId);
        const names = await namesOf(
          db,
          items.map(({ profileId }) => profileId),
        );
        return {
          items: items.map(({ profileId, kind, since }) => {
            const name = nameIn(names, profileId);
            return kind === 'account' ? { account: name.userId, since } : { person: name, since };
          }),
          next,
        };
      },
    );
  };
}

async function expectAudience(db: Database, key: string): Promise<void> {
  const keys = (await listAudiences(db)).map((audience) => audience.key);
  if (keys.includes(key)) return;
  const fix = didYouMean(key, keys) ?? 'See /api/audiences for those there are';
  throw new HttpProblem(404, 'not-found', `There is no audience \`${key}\``, { fix });
}
