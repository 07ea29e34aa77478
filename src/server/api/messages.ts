/**
 * `GET /api/messages`: everything that journeys wanted to send, whether it went out or not.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId, namesOf } from '../../profiles/find.ts';
import { CHANNELS, MESSAGE_STATUSES, readMessages } from '../../runs/read-messages.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { expectAccount } from './accounts.ts';
import { messageAnswer, messageIn } from './answers.ts';
import { noSuchPerson } from './people.ts';

const messagePlace = z.object({ reservedAt: z.iso.datetime(), id: z.string() });

const messageQuery = pageQuery.extend({
  journey: z.string().optional(),
  channel: z.enum(CHANNELS).optional(),
  status: z.enum(MESSAGE_STATUSES).optional(),
  person: z.string().optional().describe('A user id, or an anonymous id'),
  account: z.string().optional().describe('The `groupId` of an account: what its runs sent'),
});

export function messageRoutes(db: Database): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/messages',
      {
        schema: {
          summary: 'Messages, newest first',
          querystring: messageQuery,
          response: { 200: pageOf(messageAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ query: { limit, cursor, person, account, ...filter } }) => {
        const after = decodeCursor(cursor, messagePlace);
        const profileId = person === undefined ? undefined : await findPersonId(db, person);
        if (person !== undefined && profileId === null) throw noSuchPerson(person, 'person');
        const accountId = account === undefined ? undefined : (await expectAccount(db, account, 'account')).profileId;
        const of = { profileId: profileId ?? undefined, accountId };
        const rows = await readMessages(db, { ...filter, ...of, after, limit: limit + 1 });
        const { items, next } = cutPage(rows, limit, ({ reservedAt, id }) => ({ reservedAt, id }));
        const names = await namesOf(
          db,
          items.flatMap(({ profileId, accountId }) => [profileId, accountId ?? []].flat()),
        );
        return { items: items.map((message) => messageIn(message, names)), next };
      },
    );
  };
}
