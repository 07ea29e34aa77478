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
import { type Answer, CHOICES, WISH_SUBJECTS } from '../../core/wishes.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import { inAppMessagesOf, type Reaction, reactToMessage, type ShownMessage } from '../../runs/in-app-messages.ts';
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

const dismissal = z.object({
  choice: z
    .enum(CHOICES)
    .default('dismiss')
    .describe('`snooze`: not before `snoozeUntil`; `never-this`: not this again; `never-any`: nothing of its category'),
  of: z
    .enum(WISH_SUBJECTS)
    .optional()
    .describe('What is meant, where not the usual: of `snooze` and `never-this` the offer, else the template'),
  snoozeUntil: z.iso.datetime({ offset: true }).optional(),
});

/** @throws {HttpProblem} 400 where a snooze does not end after now */
function answerIn({ choice = 'dismiss', of, snoozeUntil }: Partial<z.infer<typeof dismissal>>, clock: Clock): Answer {
  const until = snoozeUntil === undefined ? undefined : Date.parse(snoozeUntil);
  if (choice === 'snooze' && (until === undefined || until <= clock.now())) {
    const message = `snoozeUntil: ${until === undefined ? 'is missing' : 'lies in the past'}`;
    const fix = `Send an instant after ${new Date(clock.now()).toISOString()}`;
    throw new HttpProblem(400, 'invalid', message, { field: 'snoozeUntil', fix });
  }
  return { choice, of, until };
}

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

    const note = async (request: FastifyRequest, id: string, reaction: Reaction, answer?: Answer) => {
      const profileId = await personOf(request);
      const noted =
        profileId !== null && (await reactToMessage(db, { profileId, id, reaction, now: clock.now(), answer }));
      if (!noted) throw new HttpProblem(404, 'not-found', `This user has no in-app message \`${id}\``);
      return { success: true as const };
    };
    const params = z.object({ id: z.string().describe('URL-encoded') });
    const response = { 200: z.object({ success: z.literal(true) }), 401: errorAnswer, 404: errorAnswer };

    for (const reaction of ['seen', 'clicked'] as const) {
      const summary = `The user has ${reaction} the message; the second time changes nothing`;
      app.post(
        `/in-app/messages/:id/${reaction}`,
        { schema: { summary, tags: ['in-app'], params, response } },
        (request) => note(request, request.params.id, reaction),
      );
    }

    app.post(
      '/in-app/messages/:id/dismissed',
      {
        schema: {
          summary:
            'The user has put the message away, and may say for how long and what else; the second time changes nothing',
          tags: ['in-app'],
          params,
          body: dismissal.nullish(),
          response: { ...response, 400: errorAnswer },
        },
      },
      (request) => note(request, request.params.id, 'dismissed', answerIn(request.body ?? {}, clock)),
    );
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
