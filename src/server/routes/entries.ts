/**
 * Asking people into journeys, and who did not enter one and why.
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { putInInbox } from '../../ingest/inbox.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId, namesOf } from '../../profiles/find.ts';
import { entryRequest, expectRequestable, NotByRequestError } from '../../runs/entry-requests.ts';
import { readEntryRefusals } from '../../runs/read-refusals.ts';
import type { Database } from '../../store/database.ts';
import { nameIn, personAnswer } from '../api/answers.ts';
import { expectJourney } from '../api/journeys.ts';
import { noSuchPerson } from '../api/people.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { published } from '../published.ts';

export interface EntryDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const params = z.object({ key: z.string().describe('The journey') });

const entryBody = z.strictObject({
  userId: z.string().min(1).max(1_000).describe('Who enters; somebody new is made known by it'),
  properties: z.record(z.string(), z.json()).default({}).describe('What templates see as `event`'),
  idempotencyKey: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The same key for the same journey is the same request, however often it is sent'),
});

const refusalAnswer = z.object({
  id: z.int(),
  journey: z.string(),
  person: personAnswer,
  instance: z.string().nullable().describe('Which of the runs side by side it would have been'),
  at: z.date(),
  reason: z.string(),
});

export function entryRoutes({ db, clock }: EntryDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.post(
      '/api/journeys/:key/entries',
      {
        schema: {
          summary: 'Asks a person into a journey that says `enter: { request: true }`',
          params,
          body: entryBody,
          response: {
            202: z.object({ id: z.string().describe('The idempotency key, which was made where none was sent') }),
            400: errorAnswer,
            401: errorAnswer,
            404: errorAnswer,
            409: errorAnswer,
          },
        },
      },
      async ({ params: { key: journey }, body: { userId, properties, idempotencyKey } }, reply) => {
        try {
          expectRequestable(journey, (await published(db)).workspace);
        } catch (cause) {
          if (!(cause instanceof NotByRequestError)) throw cause;
          const status = cause.code === 'not-found' ? 404 : 409;
          throw new HttpProblem(status, cause.code, cause.message, { fix: cause.fix, cause });
        }
        const key = idempotencyKey ?? randomUUID();
        await putInInbox(db, [entryRequest({ journey, userId, properties, key }, clock.now())]);
        return reply.code(202).send({ id: key });
      },
    );

    app.get(
      '/api/journeys/:key/refusals',
      {
        schema: {
          summary: 'People who qualified for a journey and did not enter, with why; newest first',
          params,
          querystring: pageQuery.extend({ person: z.string().optional().describe('A user id, or an anonymous id') }),
          response: { 200: pageOf(refusalAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { key: journey }, query: { limit, cursor, person } }) => {
        const profileId = person === undefined ? undefined : await findPersonId(db, person);
        if (person !== undefined && profileId === null) throw noSuchPerson(person, 'person');
        const after = decodeCursor(cursor, z.int());
        const rows = await readEntryRefusals(db, {
          journey,
          profileId: profileId ?? undefined,
          after,
          limit: limit + 1,
        });
        if (rows.length === 0) await expectJourney(db, journey);
        const { items, next } = cutPage(rows, limit, ({ id }) => id);
        const names = await namesOf(
          db,
          items.map((refusal) => refusal.profileId),
        );
        return {
          items: items.map(({ profileId: id, ...refusal }) => ({ ...refusal, person: nameIn(names, id) })),
          next,
        };
      },
    );
  };
  return routes;
}
