/**
 * Who may use the management API: whoever has its key.
 * @module
 */
import type { onRequestAsyncHookHandler } from 'fastify';
import { HttpProblem } from '../ingest/http-problem.ts';
import { isSameSecret } from '../ingest/same-secret.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route under `/api` looks after its own authorization, such as a user token. */
    auth?: 'own';
  }
}

/** A hook that answers 401 unless `Authorization: Bearer <API key>` is sent. */
export function requireApiKey(apiKey: string): onRequestAsyncHookHandler {
  return async ({ headers: { authorization } }) => {
    const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given !== undefined && isSameSecret(given, apiKey)) return;
    const message = given === undefined ? 'The API key is missing' : 'The API key is not known';
    throw new HttpProblem(401, 'unauthorized', message, {
      fix: 'Send `Authorization: Bearer <API key>`',
      headers: { 'www-authenticate': 'Bearer realm="throughline"' },
    });
  };
}
