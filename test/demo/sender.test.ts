import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, createClock, type Instant } from '../../src/core/time.ts';
import { readClickstream, type ShopCall } from '../../src/demo/clickstream.ts';
import { createSender, NotAcknowledgedError } from '../../src/demo/sender.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { testServer, WRITE_KEY } from '../server/test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;
let host: string;
/** Everything in the file has happened, and speed as in the demo: what clients say of times is taken as it is. */
const clock: Clock = { ...createClock(), speed: 86_400 };

beforeEach(async () => {
  database = await testDatabase();
  app = await testServer(database.db, { clock });
  await app.listen({ port: 0, host: '127.0.0.1' });
  host = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

function sender(
  calls: readonly ShopCall[],
  said: { writeKey?: string; onRound?: (before: Instant) => Promise<void> } = {},
) {
  const { signal } = new AbortController();
  return createSender({ calls, host, writeKey: WRITE_KEY, clock, onRound: async () => undefined, signal, ...said });
}

async function inbox(): Promise<IncomingEvent[]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map((row) => row.body as IncomingEvent);
}

describe('the sender', () => {
  it('hands over every call once, in order, with its own time, and counts what was acknowledged', async () => {
    const calls = (await readClickstream()).slice(0, 600);
    const shop = sender(calls);
    await shop.run();
    const events = await inbox();
    expect(events.map(({ messageId }) => messageId)).toEqual(calls.map(({ messageId }) => messageId));
    expect(events.map(({ occurredAt }) => Date.parse(occurredAt))).toEqual(calls.map(({ at }) => at));
    const tracked = calls.filter(({ type }) => type === 'track').length;
    expect(shop.sent()).toEqual({ events: tracked, acknowledged: tracked, identifies: calls.length - tracked });
  });

  it('says after every round before which instant everything is safe', async () => {
    const calls = (await readClickstream()).slice(0, 300);
    const rounds: { before: Instant; safe: number }[] = [];
    await sender(calls, {
      onRound: async (before) => void rounds.push({ before, safe: (await inbox()).length }),
    }).run();
    for (const { before, safe } of rounds) {
      expect(before).toBe(calls[safe]?.at ?? Number.POSITIVE_INFINITY);
      expect(calls.slice(0, safe).every(({ at }) => at <= before)).toBe(true);
    }
    expect(rounds.at(-1)?.before).toBe(Number.POSITIVE_INFINITY);
  });

  it('stops with an error that says why when the engine does not take an event', async () => {
    const calls = (await readClickstream()).slice(0, 5);
    await expect(sender(calls, { writeKey: 'nobody-knows-it' }).run()).rejects.toThrow(NotAcknowledgedError);
    await expect(sender(calls, { writeKey: 'nobody-knows-it' }).run()).rejects.toThrow(
      'The engine did not acknowledge 5 of the events it was sent: [401] Unauthorized',
    );
    expect(await inbox()).toEqual([]);
  });
});
