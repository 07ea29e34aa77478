/**
 * `PUT /api/people/:id/traits` and `PUT /api/accounts/:id/traits`: facts that somebody else knows. They take the way of
 * every event, so that nothing that looks at traits misses them.
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { putInInbox } from '../../ingest/inbox.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { type ParsedCall, parseAccount, parseCall } from '../../ingest/segment-spec.ts';
import { isAnonymousOnly } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';

const factsRequest = z.object({
  traits: z
    .record(z.string(), z.unknown())
    .refine((traits) => Object.keys(traits).length > 0, { error: 'must hold at least one trait' })
    .describe('What is known; null takes a value away. Other traits stay as they are'),
  source: z.string().min(1).max(200).optional().describe('Who says so; kept with the event'),
  messageId: z.string().min(1).max(100).optional().describe('The same again counts once'),
});
type FactsRequest = z.infer<typeof factsRequest>;

const acceptedAnswer = z.object({ messageId: z.string() }).describe('Stored for good; processed a moment later');
const RESPONSES = { 202: acceptedAnswer, 400: errorAnswer, 401: errorAnswer, 503: errorAnswer };

export function factRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  const take = async (parsed: ParsedCall) => {
    if ('event' in parsed) {
      await putInInbox(db, [parsed.event]);
      return { messageId: parsed.event.messageId };
    }
    const [{ field = 'traits', message = 'cannot be taken', fix } = {}] = parsed.problems;
    throw new HttpProblem(400, 'invalid', `${field}: ${message}`, { field, fix });
  };
  const arrival = () => ({ now: clock.now(), wall: clock.wall(), speed: clock.speed });

  return async (app) => {
    app.put(
      '/api/people/:id/traits',
      {
        schema: {
          summary: 'Facts about a person',
          params: z.object({
            id: z.string().describe('A user id, or an anonymous id; one that is not known makes a person'),
          }),
          body: factsRequest,
          response: RESPONSES,
        },
      },
      async ({ params: { id }, body }, reply) => {
        const name = (await isAnonymousOnly(db, id)) ? { anonymousId: id } : { userId: id };
        return reply.code(202).send(await take(parseCall('identify', { ...name, ...callOf(body) }, arrival())));
      },
    );

    app.put(
      '/api/accounts/:id/traits',
      {
        schema: {
          summary: 'Facts about an account',
          params: z.object({
            id: z.string().describe('The id of the account; one that is not known makes an account'),
          }),
          body: factsRequest,
          response: RESPONSES,
        },
      },
      async ({ params: { id }, body }, reply) =>
        reply.code(202).send(await take(parseAccount({ groupId: id, ...callOf(body) }, arrival()))),
    );
  };
}

function callOf({ traits, source, messageId = randomUUID() }: FactsRequest) {
  return { traits, messageId, ...(source === undefined ? {} : { context: { source } }) };
}
