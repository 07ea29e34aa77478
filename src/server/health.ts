/**
 * Is the process up, and can it work?
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** `ok`, or what is missing, by part. */
export type Readiness = () => Promise<Record<string, 'ok' | string>>;

const readyAnswer = z.object({ ready: z.boolean(), parts: z.record(z.string(), z.string()) });

/** `GET /healthz` and `GET /readyz`. */
export function healthRoutes(ready: Readiness): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/healthz',
      { schema: { tags: ['operation'], summary: 'Is it up?', response: { 200: z.object({ up: z.literal(true) }) } } },
      async () => ({ up: true as const }),
    );
    app.get(
      '/readyz',
      {
        schema: {
          tags: ['operation'],
          summary: 'Can it work? If not, the part says what is missing',
          response: { 200: readyAnswer, 503: readyAnswer },
        },
      },
      async (_request, reply) => {
        const parts = await ready();
        const isReady = Object.values(parts).every((part) => part === 'ok');
        return reply.code(isReady ? 200 : 503).send({ ready: isReady, parts });
      },
    );
  };
}
