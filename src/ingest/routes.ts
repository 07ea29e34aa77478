/**
 * `POST /v1/{track,identify,group,page,screen,alias,batch}`: Segment's tracking API. 200 is answered after the commit.
 *
 * Of a batch in which some items are wrong, the others are stored, and the answer is 400 with `accepted` and `rejected`:
 * the official clients do not send a batch again after 400, and a caller that looks at the answer learns which items to
 * mend. Where Postgres is away the answer is 503, after which clients do send again; an event counts once per `messageId`.
 * @module
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../core/time.ts';
import type { Database } from '../store/database.ts';
import { batchSchema, CALL_TYPES, callSchemas, isObject } from './call-schemas.ts';
import { createGroupCommit, OverloadedError, type Unstorable } from './group-commit.ts';
import { errorBody, type FieldProblem, HttpProblem, sayProblem, storageAway } from './http-problem.ts';
import { type CallType, type IncomingEvent, putInInbox } from './inbox.ts';
import type { Arrival } from './occurred-at.ts';
import { readBody } from './read-body.ts';
import { errorAnswer, rejectionAnswer, successAnswer } from './route-schemas.ts';
import { isSameSecret } from './same-secret.ts';
import { BATCH_LIMIT, EVENT_LIMIT, parseBatch, parseCall, type RejectedItem } from './segment-spec.ts';

export interface IngestDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly writeKey: string;
  /** Told of events once they are durable. */
  readonly onStored?: (events: readonly IncomingEvent[]) => void;
}

type Kind = CallType | 'batch';

/** The one-letter paths are those that the browser client uses. */
const PATHS = [...CALL_TYPES, 'batch' as const].flatMap((kind: Kind) => [
  { kind, url: `/v1/${kind}`, isDescribed: true },
  { kind, url: `/v1/${kind.slice(0, 1)}`, isDescribed: false },
]);

const LISTED = 3;

/** The tracking API as a plugin, with parsers and headers of its own. */
export function ingestRoutes({ db, clock, writeKey, onStored = () => undefined }: IngestDeps): FastifyPluginAsync {
  const store = createGroupCommit((events) => putInInbox(db, events));
  const arrivals = new WeakMap<FastifyRequest, Arrival>();
  const arrivalOf = (request: FastifyRequest) => arrivals.get(request) ?? arrivalNow();
  const arrivalNow = (): Arrival => ({ now: clock.now(), wall: clock.wall(), speed: clock.speed });

  return async (app) => {
    app.removeAllContentTypeParsers();
    // `text/plain` is what browsers may send to another host without asking it first.
    app.addContentTypeParser(
      ['application/json', 'text/plain'],
      { parseAs: 'buffer' },
      (request: FastifyRequest, bytes: Buffer) =>
        readBody(bytes, request.headers['content-encoding'], request.routeOptions.bodyLimit),
    );
    app.setValidatorCompiler(() => (value) => ({ value }));
    app.setSerializerCompiler(() => (value) => JSON.stringify(value));

    app.addHook('onRequest', async (request, reply) => {
      reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'retry-after');
      if (request.method === 'OPTIONS') return;
      arrivals.set(request, arrivalNow());
      if (request.headers.authorization !== undefined) checkWriteKey(userOf(request.headers.authorization));
    });
    app.addHook('preHandler', async ({ method, headers, body }) => {
      if (method !== 'OPTIONS' && headers.authorization === undefined) {
        checkWriteKey(isObject(body) && typeof body.writeKey === 'string' ? body.writeKey : null);
      }
    });

    for (const { kind, url, isDescribed } of PATHS) {
      app.options(url, { schema: { hide: true } }, async (_request, reply) =>
        reply
          .code(204)
          .header('access-control-allow-methods', 'POST')
          .header('access-control-allow-headers', 'authorization, content-type, content-encoding, x-retry-count')
          .header('access-control-max-age', '86400')
          .send(),
      );
      app.post(
        url,
        {
          bodyLimit: kind === 'batch' ? BATCH_LIMIT : EVENT_LIMIT,
          schema: {
            tags: ['tracking'],
            summary: kind === 'batch' ? 'Many calls at once' : `Segment’s ${kind} call`,
            body: kind === 'batch' ? batchSchema : callSchemas[kind],
            response: {
              200: successAnswer,
              400: rejectionAnswer,
              401: errorAnswer,
              413: errorAnswer,
              415: errorAnswer,
              503: errorAnswer,
            },
            security: [{ writeKey: [] }],
            ...(isDescribed ? {} : { hide: true }),
          },
        },
        kind === 'batch' ? takeBatch : (request, reply) => takeCall(kind, request, reply),
      );
    }
  };

  async function takeCall(type: CallType, request: FastifyRequest, reply: FastifyReply) {
    const parsed = parseCall(type, request.body, arrivalOf(request));
    if ('problems' in parsed) return refuse(reply, parsed.problems);
    const [unstorable] = await keep([parsed.event]);
    return unstorable === undefined ? { success: true } : refuse(reply, [cannotBeKept('body', unstorable)]);
  }

  async function takeBatch(request: FastifyRequest, reply: FastifyReply) {
    const parsed = parseBatch(request.body, arrivalOf(request));
    if ('problems' in parsed) return refuse(reply, parsed.problems);
    const { events } = parsed;
    const unstorable = await keep(events.map(({ event }) => event));
    const rejected: RejectedItem[] = [...parsed.rejected];
    for (const one of unstorable) {
      const { index, event } = events[one.index] ?? {};
      if (index === undefined) continue;
      rejected.push({ index, messageId: event?.messageId ?? null, problems: [cannotBeKept(`batch[${index}]`, one)] });
    }
    if (rejected.length === 0) return { success: true };
    return refuse(
      reply,
      rejected.flatMap(({ problems }) => problems),
      { accepted: events.length - unstorable.length, rejected },
    );
  }

  async function keep(events: readonly IncomingEvent[]): Promise<readonly Unstorable[]> {
    if (events.length === 0) return [];
    const unstorable = await store(events).catch((cause) => {
      throw cause instanceof OverloadedError ? overloaded(cause) : storageAway(cause);
    });
    const lost = new Set(unstorable.map(({ index }) => index));
    onStored(lost.size === 0 ? events : events.filter((_, index) => !lost.has(index)));
    return unstorable;
  }

  function checkWriteKey(given: string | null): void {
    if (given !== null && isSameSecret(given, writeKey)) return;
    throw new HttpProblem(
      401,
      'unauthorized',
      given === null ? 'The write key is missing' : 'The write key is not known',
      {
        fix: 'Send the write key as the user name of Basic authorization with an empty password, or as `writeKey` in the body',
        headers: { 'www-authenticate': 'Basic realm="throughline"' },
      },
    );
  }
}

/** The user name in a Basic authorization; null for any other kind. */
function userOf(authorization: string): string | null {
  const encoded = /^basic +(\S+)$/i.exec(authorization)?.[1];
  return encoded === undefined ? null : (Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? null);
}

function refuse(
  reply: FastifyReply,
  problems: readonly FieldProblem[],
  batch: { accepted: number; rejected: readonly RejectedItem[] } | null = null,
) {
  const said = problems.slice(0, LISTED).map(sayProblem).join('; ');
  const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : '';
  const count =
    batch === null
      ? ''
      : `${batch.rejected.length} of ${batch.accepted + batch.rejected.length} items were not stored: `;
  const { field, fix } = problems[0] ?? {};
  const problem = new HttpProblem(400, 'invalid', `${count}${said}${more}`, { field, fix });
  return reply.code(400).send({ ...errorBody(problem), ...(batch ?? { accepted: 0, problems }) });
}

function cannotBeKept(field: string, { reason }: Unstorable): FieldProblem {
  return { field, message: `cannot be stored (${reason})`, fix: 'Send other values' };
}

function overloaded(cause: Error): HttpProblem {
  return new HttpProblem(503, 'busy', 'More events are waiting than can be stored right now', {
    fix: 'Send the same request again in a few seconds',
    headers: { 'retry-after': '2' },
    cause,
  });
}
