import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createClock } from '../../src/core/time.ts';
import { buildServer, type ServerDeps } from '../../src/server/app.ts';
import type { Database } from '../../src/store/database.ts';

export const WRITE_KEY = 'write-key';
export const API_KEY = 'api-key';

/** A server that is asked by `inject`, or told to listen. */
export function testServer(db: Database, deps: Partial<ServerDeps> = {}): Promise<FastifyInstance> {
  return buildServer({
    db,
    clock: createClock(),
    writeKey: WRITE_KEY,
    apiKey: API_KEY,
    publicUrl: 'http://localhost:8080',
    log: pino({ level: 'silent' }),
    ready: async () => ({ postgres: 'ok' }),
    ...deps,
  });
}

export function basic(user: string, password = ''): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export const bearer = { authorization: `Bearer ${API_KEY}` };
