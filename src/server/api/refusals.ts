/**
 * `/api/people/:id/refusals`: what a person does not want, for your own settings pages and for support.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { subjectOf, WISH_SUBJECTS, wishKey } from '../../core/wishes.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import { changeWishes, readRefusals, type StoredRefusal } from '../../runs/preferences.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { noSuchPerson } from './people.ts';

const of = z.enum(WISH_SUBJECTS).describe('What is not wanted: a category, all of them, or one thing');
const name = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Of the category, offer, template or journey; absent for `all`');
const meant = z.object({ of, name });

const refusalAnswer = z.object({
  of,
  name: z.string().nullable().describe('Null for `all`'),
  until: z.date().nullable().describe('Null: for ever'),
  at: z.date(),
  cause: z.record(z.string(), z.unknown()).describe('What made it so'),
});

const refusalRequest = meant.extend({
  until: z.iso.datetime({ offset: true }).optional().describe('Ends by itself then; for ever where absent'),
  by: z.string().min(1).max(200).optional().describe('Who does this; kept with it'),
});

const params = z.object({ id: z.string().describe('A user id, or an anonymous id') });
const faults = { 400: errorAnswer, 401: errorAnswer, 404: errorAnswer };
const place = z.object({ what: z.string() });

export function refusalRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  const personOf = async (id: string) => {
    const profileId = await findPersonId(db, id);
    if (profileId === null) throw noSuchPerson(id);
    return profileId;
  };

  return async (app) => {
    app.get(
      '/api/people/:id/refusals',
      {
        schema: {
          summary: 'What a person does not want; snoozes that are over are left out',
          params,
          querystring: pageQuery,
          response: { 200: pageOf(refusalAnswer), ...faults },
        },
      },
      async ({ params: { id }, query: { limit, cursor } }) => {
        const profileId = await personOf(id);
        const after = decodeCursor(cursor, place)?.what ?? '';
        const rows = await readRefusals(db, profileId, { now: clock.now(), after, limit: limit + 1 });
        const { items, next } = cutPage(rows, limit, ({ what }) => ({ what }));
        return { items: items.map(answerOf), next };
      },
    );

    app.post(
      '/api/people/:id/refusals',
      {
        schema: {
          summary: 'Notes what a person does not want, from this instant on; of two about one thing the longer holds',
          params,
          body: refusalRequest,
          response: { 204: z.null(), ...faults },
        },
      },
      async ({ params: { id }, body: { until, by, ...what } }, reply) => {
        const ends = until === undefined ? null : Date.parse(until);
        if (ends !== null && ends <= clock.now()) {
          const fix = `Send an instant after ${new Date(clock.now()).toISOString()}`;
          throw new HttpProblem(400, 'invalid', 'until: lies in the past', { field: 'until', fix });
        }
        const cause = { by: 'api', ...(by === undefined ? {} : { who: by }) };
        const wish = { what: keyOf(what), until: ends };
        await changeWishes(db, await personOf(id), { refused: [wish], lifted: [], cause }, clock.now());
        return reply.code(204).send(null);
      },
    );

    app.delete(
      '/api/people/:id/refusals',
      {
        schema: {
          summary: 'Takes back what a person did not want',
          params,
          querystring: meant,
          response: { 204: z.null(), ...faults },
        },
      },
      async ({ params: { id }, query }, reply) => {
        const change = { refused: [], lifted: [keyOf(query)], cause: { by: 'api' } };
        await changeWishes(db, await personOf(id), change, clock.now());
        return reply.code(204).send(null);
      },
    );
  };
}

function keyOf({ of, name }: z.infer<typeof meant>): string {
  if (of === 'all' || name !== undefined) return wishKey(of, name ?? '');
  throw new HttpProblem(400, 'invalid', 'name: is missing', { field: 'name', fix: `Send the name of the ${of}` });
}

function answerOf({ what, ...refusal }: StoredRefusal) {
  const { of, name } = subjectOf(what);
  return { ...refusal, of, name: of === 'all' ? null : name, cause: { ...refusal.cause } };
}
