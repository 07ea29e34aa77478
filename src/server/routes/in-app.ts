/**
 * The in-app API: a person's page fetches what to show and says what became of it. The caller's own server hands the
 * page a token for the person who is logged in.
 * @module
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import ms from 'ms';
import { z } from 'zod';
import { signUserToken, verifyUserToken } from '../../channels/tokens.ts';
import { type Clock, DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import { inAppMessagesOf, REACTIONS, reactToMessage, type ShownMessage } from '../../runs/in-app-messages.ts';
import type { Database } from '../../store/database.ts';
import { requireApiKey } from '../auth.ts';

export interface InAppDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signingSecret: string;
  readonly apiKey: string;
}

const TOKEN_LIFE = { shortest: MINUTE, usual: HOUR, longest: 30 * DAY };

const tokenRequest = z.object({
  userId: z.string().min(1).describe('Your own id of the person who is logged in'),
  expiresIn: z
    .int()
    .min(TOKEN_LIFE.shortest / SECOND)
    .max(TOKEN_LIFE.longest / SECOND)
    .default(TOKEN_LIFE.usual / SECOND)
    .describe(`Seconds; ${ms(TOKEN_LIFE.usual, { long: true })} where absent`),
});

const messageAnswer = z.object({
  id: z.string(),
  placement: z.string(),
  title: z.string(),
  body: z.string().describe('Plain text, not HTML'),
  button: z.object({ label: z.string(), url: z.string() }).nullable(),
  sentAt: z.date().nullable(),
  expiresAt: z.date().nullable(),
  seenAt: z.date().nullable(),
  clickedAt: z.date().nullable(),
});

const content = messageAnswer
  .pick({ placement: true, title: true, body: true })
  .extend({ button: messageAnswer.shape.button.default(null) });

export function inAppRoutes(deps: InAppDeps): FastifyPluginAsync {
  return async (app) => {
    await app.register(tokenRoute(deps));
    await app.register(messageRoutes(deps));
  };
}

function tokenRoute({ clock, signingSecret, apiKey }: InAppDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/in-app/tokens',
      {
        onRequest: requireApiKey(apiKey),
        schema: {
          summary: 'A token with which the page of one user reads that user’s in-app messages',
          body: tokenRequest,
          response: { 200: z.object({ token: z.string(), expiresAt: z.date() }), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ body: { userId, expiresIn } }) => ({
        token: await signUserToken({ secret: signingSecret, userId, expiresIn: expiresIn * SECOND, clock }),
        expiresAt: new Date(clock.wall() + expiresIn * SECOND),
      }),
    );
  };
}

function messageRoutes({ db, clock, signingSecret }: InAppDeps): FastifyPluginAsyncZod {
  return async (app) => {
    openToEveryOrigin(app);
    const personOf = async (request: FastifyRequest) =>
      findPersonId(db, await userOf(request, { secret: signingSecret, clock }));

    app.get(
      '/in-app/messages',
      {
        schema: {
          summary: 'What to show to the user of the token, newest first',
          tags: ['in-app'],
          response: { 200: z.object({ messages: z.array(messageAnswer) }), 401: errorAnswer },
        },
      },
      async (request, reply) => {
        const profileId = await personOf(request);
        const shown = profileId === null ? [] : await inAppMessagesOf(db, profileId, clock.now());
        reply.header('cache-control', 'no-store');
        return { messages: shown.map(answerOf) };
      },
    );

    for (const reaction of REACTIONS) {
      app.post(
        `/in-app/messages/:id/${reaction}`,
        {
          schema: {
            summary: `The user has ${reaction} the message; the second time changes nothing`,
            tags: ['in-app'],
            params: z.object({ id: z.string().describe('URL-encoded') }),
            response: { 200: z.object({ success: z.literal(true) }), 401: errorAnswer, 404: errorAnswer },
          },
        },
        async (request) => {
          const { id } = request.params;
          const profileId = await personOf(request);
          const noted = profileId !== null && (await reactToMessage(db, { profileId, id, reaction, now: clock.now() }));
          if (!noted) throw new HttpProblem(404, 'not-found', `This user has no in-app message \`${id}\``);
          return { success: true as const };
        },
      );
    }
  };
}

/** Pages of any site may call: the token says who asks, no cookie is involved. */
function openToEveryOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*');
  });
  app.options('/in-app/*', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .code(204)
      .header('access-control-allow-methods', 'GET, POST')
      .header('access-control-allow-headers', 'authorization, content-type')
      .header('access-control-max-age', '86400')
      .send(),
  );
}

async function userOf(
  { headers: { authorization } }: FastifyRequest,
  { secret, clock }: { secret: string; clock: Clock },
): Promise<string> {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const verified = token === undefined ? { problem: 'missing' } : await verifyUserToken({ secret, token, clock });
  if ('userId' in verified) return verified.userId;
  const said = { missing: 'is missing', expired: 'has expired', invalid: 'is not one of ours' }[verified.problem];
  throw new HttpProblem(401, 'unauthorized', `The user token ${said}`, {
    fix: 'Have your server ask for one at POST /api/in-app/tokens and send it as `Authorization: Bearer <token>`',
    headers: { 'www-authenticate': 'Bearer realm="in-app"' },
  });
}

function answerOf({ content: stored, ...message }: ShownMessage) {
  return { ...message, ...content.parse(stored) };
}
