import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../src/core/time.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { basic, testServer, WRITE_KEY } from '../server/test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;

beforeAll(async () => {
  database = await testDatabase();
  app = await testServer(database.db);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});
beforeEach(() => database.db.deleteFrom('inbox').execute());

const json = { authorization: basic(WRITE_KEY), 'content-type': 'application/json' };

function post(url: string, payload: object | string | Buffer, headers: Record<string, string> = json) {
  return app.inject({ method: 'POST', url, headers, payload });
}

async function inbox(): Promise<IncomingEvent[]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map((row) => row.body as IncomingEvent);
}

const track = { userId: 'ada', event: 'Order Completed', messageId: 'm1' };

describe('what is taken', () => {
  test('every kind of call is stored before it is answered', async () => {
    const calls: [string, object][] = [
      ['track', { event: 'x' }],
      ['identify', { traits: { plan: 'pro' } }],
      ['group', { groupId: 'acme' }],
      ['page', { name: 'Pricing' }],
      ['screen', { name: 'Home' }],
      ['alias', { previousId: 'a1' }],
      ['batch', { batch: [{ type: 'track', userId: 'ada', event: 'y' }] }],
    ];
    for (const [kind, body] of calls) {
      const answer = await post(`/v1/${kind}`, { userId: 'ada', ...body });
      expect([answer.statusCode, answer.body]).toEqual([200, '{"success":true}']);
    }
    expect((await inbox()).map(({ name }) => name)).toEqual([
      'x',
      'identify',
      'group',
      'Page Viewed',
      'Screen Viewed',
      'alias',
      'y',
    ]);
  });

  test('the same message again is answered like the first time', async () => {
    for (let time = 0; time < 2; time += 1) expect((await post('/v1/track', track)).statusCode).toBe(200);
  });

  test('gzip, text/plain from browsers, and the write key in the body', async () => {
    const gzipped = gzipSync(JSON.stringify(track));
    expect((await post('/v1/track', gzipped, { ...json, 'content-encoding': 'gzip' })).statusCode).toBe(200);
    const fromBrowser = JSON.stringify({ ...track, writeKey: WRITE_KEY });
    const answer = await post('/v1/t', fromBrowser, { 'content-type': 'text/plain;charset=UTF-8' });
    expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([200, '*']);
    expect(await inbox()).toHaveLength(2);
  });

  test('what a client says of time is settled by the clock of the server', async () => {
    const now = Date.parse('2026-03-01T12:00:00Z');
    const fixed = await testServer(database.db, { clock: { ...createClock(), now: () => now, wall: () => now } });
    const sentAt = '2026-03-01T13:00:00Z';
    const payload = { batch: [{ type: 'track', ...track, timestamp: '2026-03-01T12:59:00Z' }], sentAt };
    await fixed.inject({ method: 'POST', url: '/v1/batch', headers: json, payload });
    await fixed.close();
    const [row] = await database.db.selectFrom('inbox').selectAll().execute();
    expect(row).toMatchObject({
      occurred_at: new Date('2026-03-01T11:59:00Z'),
      received_at: new Date(now),
      body: { occurredAt: '2026-03-01T11:59:00.000Z' },
    });
  });

  test('200 requests at once are all stored, once each', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => post('/v1/track', { ...track, messageId: `m${index}` })),
    );
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([200]));
    const stored = (await inbox()).map(({ messageId }) => messageId);
    expect(stored).toHaveLength(200);
    expect(new Set(stored).size).toBe(200);
  });

  test('text that Postgres cannot keep is mended, not refused', async () => {
    const body = '{"userId":"ada","event":"x","properties":{"text":"a\\u0000b \\ud83d"}}';
    expect((await post('/v1/track', body)).statusCode).toBe(200);
    expect((await inbox())[0]?.properties).toEqual({ text: 'a\ufffdb \ufffd' });
  });

  test('a browser may ask first', async () => {
    const answer = await app.inject({ method: 'OPTIONS', url: '/v1/track', headers: { origin: 'https://shop.test' } });
    expect([answer.statusCode, answer.headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'authorization, content-type, content-encoding, x-retry-count',
      },
    ]);
  });
});

describe('what is refused changes nothing', () => {
  const KEY_FIX =
    'Send the write key as the user name of Basic authorization with an empty password, or as `writeKey` in the body';
  const SIZE_FIX = 'Send fewer events at once or shorter properties: 32 kB for one call, 500 kB for a batch';
  const text = (size: number) => 'x'.repeat(size);

  test.each<[string, string, object | string | Buffer, Record<string, string>, number, object]>([
    [
      'an unknown write key',
      '/v1/track',
      { ...track, writeKey: WRITE_KEY },
      { ...json, authorization: basic('other') },
      401,
      { code: 'unauthorized', message: 'The write key is not known', fix: KEY_FIX },
    ],
    [
      'no write key',
      '/v1/track',
      track,
      { 'content-type': 'application/json' },
      401,
      { code: 'unauthorized', message: 'The write key is missing', fix: KEY_FIX },
    ],
    [
      'an unknown write key in the body',
      '/v1/batch',
      { batch: [], writeKey: 'other' },
      { 'content-type': 'application/json' },
      401,
      { code: 'unauthorized', message: 'The write key is not known', fix: KEY_FIX },
    ],
    [
      'another kind of authorization',
      '/v1/track',
      track,
      { ...json, authorization: `Bearer ${WRITE_KEY}` },
      401,
      { code: 'unauthorized', message: 'The write key is missing', fix: KEY_FIX },
    ],
    [
      'broken JSON',
      '/v1/track',
      '{"event": "x",\n "userId": }',
      json,
      400,
      { code: 'broken-json', message: 'The body is not JSON: line 2, column 12: unexpected "}"' },
    ],
    [
      'an empty body',
      '/v1/track',
      '',
      json,
      400,
      { code: 'empty-body', message: 'The body is empty', fix: 'Send a JSON object' },
    ],
    [
      'a wrong shape',
      '/v1/track',
      { userId: 'ada' },
      json,
      400,
      {
        code: 'invalid',
        message: 'event: required',
        field: 'event',
        fix: 'Name what happened, as in "Order Completed"',
      },
    ],
    [
      'a call beyond 32 kB',
      '/v1/track',
      { ...track, properties: { text: text(32_768) } },
      json,
      413,
      { code: 'too-large', message: 'The body has more than 32768 bytes', fix: SIZE_FIX },
    ],
    [
      'a batch beyond 500 kB',
      '/v1/batch',
      { batch: [{ type: 'track', ...track, properties: { text: text(512_000) } }] },
      json,
      413,
      { code: 'too-large', message: 'The body has more than 512000 bytes', fix: SIZE_FIX },
    ],
    [
      'a body that is small only while compressed',
      '/v1/batch',
      gzipSync(Buffer.alloc(100_000_000)),
      { ...json, 'content-encoding': 'gzip' },
      413,
      { code: 'too-large', message: 'The body has more than 512000 bytes', fix: SIZE_FIX },
    ],
    [
      'what is not gzip',
      '/v1/track',
      randomBytes(64),
      { ...json, 'content-encoding': 'gzip' },
      400,
      { code: 'broken-gzip', message: 'The body is not gzip, although Content-Encoding says so' },
    ],
    [
      'another compression',
      '/v1/track',
      JSON.stringify(track),
      { ...json, 'content-encoding': 'br' },
      415,
      {
        code: 'unsupported-encoding',
        message: 'Content-Encoding `br` is not understood',
        fix: 'Send gzip, or the body as it is',
      },
    ],
    [
      'another type of content',
      '/v1/track',
      'event=x',
      { ...json, 'content-type': 'application/x-www-form-urlencoded' },
      415,
      {
        code: 'unsupported-type',
        message: 'Content-Type `application/x-www-form-urlencoded` is not understood',
        fix: 'Send application/json',
      },
    ],
  ])('%s', async (_, url, payload, headers, status, error) => {
    const answer = await post(url, payload, headers);
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
    expect(await inbox()).toEqual([]);
  });

  test('of a partly bad batch the good items are stored and the others are named', async () => {
    const batch = [
      { type: 'track', ...track, messageId: 'good 1' },
      { type: 'track', userId: 'ada', messageId: 'bad 1' },
      { type: 'identify', messageId: 'bad 2', traits: 7 },
      { type: 'track', ...track, messageId: 'good 2' },
    ];
    const answer = await post('/v1/batch', { batch });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({
      error: {
        code: 'invalid',
        message:
          '2 of 4 items were not stored: batch[1].event: required; batch[2].userId: required; ' +
          'batch[2].traits: must be an object; got 7',
        field: 'batch[1].event',
        fix: 'Name what happened, as in "Order Completed"',
      },
      accepted: 2,
      rejected: [
        {
          index: 1,
          messageId: 'bad 1',
          problems: [
            { field: 'batch[1].event', message: 'required', fix: 'Name what happened, as in "Order Completed"' },
          ],
        },
        {
          index: 2,
          messageId: 'bad 2',
          problems: [
            {
              field: 'batch[2].userId',
              message: 'required',
              fix: 'Send userId, or anonymousId for a visitor who is not known yet',
            },
            {
              field: 'batch[2].traits',
              message: 'must be an object; got 7',
              fix: 'Send { "trait": value, … }, or leave it out',
            },
          ],
        },
      ],
    });
    expect((await inbox()).map(({ messageId }) => messageId)).toEqual(['good 1', 'good 2']);
  });

  test.each([
    ['Postgres away', { url: 'postgres://nobody@127.0.0.1:1/none' }],
    ['tables that are not there yet', { schema: 'nobody_made_this' }],
  ])('with %s the client is asked to come back', async (_, settings) => {
    const db = openDatabase({ url: database.url, ...settings });
    const server = await testServer(db);
    const answer = await server.inject({ method: 'POST', url: '/v1/track', headers: json, payload: track });
    expect([answer.statusCode, answer.headers['retry-after'], answer.json()]).toEqual([
      503,
      '2',
      {
        error: {
          code: 'unavailable',
          message: 'The database cannot be used right now; nothing was changed',
          fix: 'Send the same request again in a few seconds',
        },
      },
    ]);
    await server.close();
    await db.destroy();
  });
});
