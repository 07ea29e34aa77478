import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { USUAL_RESUMPTION } from '../../src/core/pausing.ts';
import { currentPublication, publish } from '../../src/definitions/publish.ts';
import type { JourneyPolicy } from '../../src/definitions/workspace-types.ts';
import { pauseJourney, startJourney, stopJourney } from '../../src/runs/journey-controls.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMember, addPerson, addRun, publishWorkspace } from './rows.ts';
import { API_KEY, basic, bearer, testServer, WRITE_KEY } from './test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;
const served: { method: string; url: string }[] = [];
let parts: Record<string, string> = {};

/** Stands for the routes of other rooms. */
const otherRoom: FastifyPluginAsync = async (app) => {
  app.addHook('onRoute', ({ method, url }) => void served.push({ method: String(method), url }));
  app.get('/api/other', async () => ({ fine: true }));
  app.get('/api/own', { config: { auth: 'own' } }, async () => ({ fine: true }));
  app.post('/api/echo', async ({ body }) => ({ body }));
  app.get('/api/broken', async () => {
    throw new Error('a secret detail');
  });
};

beforeAll(async () => {
  database = await testDatabase();
  app = await testServer(database.db, {
    plugins: [otherRoom],
    ready: async () => parts,
    pages: [{ label: 'Mail"box', url: 'http://localhost:1080/?a=1&b=2' }],
  });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function get(url: string, headers: Record<string, string> = {}) {
  const answer = await app.inject({ url, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe('the API key', () => {
  const fix = 'Send `Authorization: Bearer <API key>`';
  const missing = { error: { code: 'unauthorized', message: 'The API key is missing', fix } };
  const unknown = { error: { code: 'unauthorized', message: 'The API key is not known', fix } };

  test.each(['/api/audiences', '/api/people/x', '/api/journeys', '/api/messages', '/api/other', '/api/none'])(
    'is asked for by %s',
    async (url) => {
      expect(await get(url)).toEqual({ status: 401, body: missing });
      expect(await get(url, { authorization: basic(API_KEY) })).toEqual({ status: 401, body: missing });
      expect(await get(url, { authorization: `Bearer ${WRITE_KEY}` })).toEqual({ status: 401, body: unknown });
      expect((await get(url, bearer)).status).not.toBe(401);
    },
  );

  test('is not asked for where a route looks after itself', async () => {
    expect(await get('/api/own')).toEqual({ status: 200, body: { fine: true } });
  });
});

describe('errors have one shape', () => {
  test('what is not served', async () => {
    expect(await get('/v1/track?x=1')).toEqual({
      status: 404,
      body: { error: { code: 'not-found', message: 'GET /v1/track is not served here', fix: 'See /docs for what is' } },
    });
  });

  test('a fault of ours keeps its details to itself', async () => {
    expect(await get('/api/broken', bearer)).toEqual({
      status: 500,
      body: { error: { code: 'internal', message: 'Something went wrong here; it was written to the log' } },
    });
  });

  test('broken JSON to any route', async () => {
    const headers = { ...bearer, 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/api/echo', headers, payload: '{"a":' });
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      {
        error: { code: 'broken-json', message: 'The body is not JSON: line 1, column 6: the text ends too early' },
      },
    ]);
    const empty = await app.inject({ method: 'POST', url: '/api/echo', headers, payload: '' });
    expect(empty.statusCode).toBe(200);
  });

  test('Postgres away', async () => {
    const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' });
    const server = await testServer(away);
    const answer = await server.inject({ url: '/api/audiences', headers: bearer });
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().error.code]).toEqual([
      503,
      '2',
      'unavailable',
    ]);
    const page = await server.inject({ url: '/' });
    expect([page.statusCode, page.body.includes('The database cannot be reached')]).toEqual([503, true]);
    expect((await server.inject({ url: '/metrics' })).body).toMatch(/^throughline_inbox_depth nan$/im);
    await server.close();
    await away.destroy();
  });
});

describe('operation', () => {
  test('it is up, and says what it lacks', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, body: { up: true } });
    parts = { postgres: 'ok', temporal: 'ok' };
    expect(await get('/readyz')).toEqual({ status: 200, body: { ready: true, parts } });
    parts = { postgres: 'ok', temporal: 'cannot be reached at 127.0.0.1:7233' };
    expect(await get('/readyz')).toEqual({ status: 503, body: { ready: false, parts } });
  });

  test('metrics count what was stored, how long requests took and what waits', async () => {
    const batch = ['a', 'b'].map((messageId) => ({ type: 'track', userId: 'ada', event: 'x', messageId }));
    const headers = { authorization: basic(WRITE_KEY) };
    await app.inject({ method: 'POST', url: '/v1/batch', headers, payload: { batch: [...batch, { type: 'track' }] } });
    const { body } = await app.inject({ url: '/metrics' });
    expect(body).toContain('throughline_events_accepted_total{type="track"} 2');
    expect(body).toContain('throughline_inbox_depth 2');
    expect(body).toContain(
      'throughline_http_request_duration_seconds_count{method="POST",route="/v1/batch",status="400"} 1',
    );
  });
});

describe('the description of the API', () => {
  type Operation = { responses: Record<string, object>; security?: object[]; parameters?: { name: string }[] };
  type Description = {
    openapi: string;
    info: { title: string; version: string };
    paths: Record<string, Record<string, Operation>>;
    components: { securitySchemes: object };
  };

  test('lists every route with its answers and the key it wants', async () => {
    const { body } = await get('/openapi.json');
    const { openapi, info, paths, components }: Description = body;
    expect([openapi, info.title, Object.keys(components.securitySchemes)]).toEqual([
      '3.1.0',
      'Throughline',
      ['writeKey', 'apiKey', 'userToken'],
    ]);
    const tracking = ['track', 'identify', 'group', 'page', 'screen', 'alias', 'batch'].map((kind) => `/v1/${kind}`);
    const reading = ['/api/audiences', '/api/audiences/{key}/members', '/api/people/{id}', '/api/journeys'];
    const accounts = ['/api/accounts', '/api/accounts/{id}'];
    const facts = [
      '/api/people/{id}/traits',
      '/api/people/{id}/refusals',
      '/api/people/{id}/offers',
      '/api/accounts/{id}/traits',
    ];
    const enrichments = ['/api/enrichments', '/api/enrichments/retry'];
    const experiment = '/api/journeys/{key}/experiments/{experiment}';
    const measured = ['/api/journeys/{key}/steps', '/api/journeys/{key}/experiments', `${experiment}/audiences`];
    const decided = ['/api/holdout', '/api/drift', `${experiment}/choose`, `${experiment}/undo`];
    const control = ['pause', 'resume', 'stop', 'start'].map((what) => `/api/journeys/{key}/${what}`);
    const more = [
      '/api/audit',
      '/api/journeys/{key}/runs',
      '/api/runs/log',
      ...['advance', 'move', 'exit'].map((what) => `/api/runs/{id}/${what}`),
      '/api/messages',
      '/healthz',
      '/readyz',
      '/metrics',
    ];
    const others = served.filter(({ method }) => method !== 'HEAD').map(({ url }) => url);
    expect(others).toHaveLength(4);
    expect(Object.keys(paths).sort()).toEqual(
      [
        ...tracking,
        ...reading,
        ...accounts,
        ...facts,
        ...enrichments,
        ...measured,
        ...decided,
        ...control,
        ...more,
        ...others,
      ].sort(),
    );
    expect(paths['/v1/track']?.post).toMatchObject({ security: [{ writeKey: [] }] });
    expect(paths['/api/messages']?.get).toMatchObject({ security: [{ apiKey: [] }] });
    expect(paths['/api/own']?.get?.security).toBeUndefined();
    expect(Object.keys(paths['/v1/batch']?.post?.responses ?? {})).toEqual(['200', '400', '401', '413', '415', '503']);
    expect(paths['/api/messages']?.get?.parameters?.map(({ name }) => name)).toEqual([
      'limit',
      'cursor',
      'journey',
      'channel',
      'status',
      'person',
      'account',
    ]);
  });

  test('refers to nothing that is not in it, and names every parameter of a path', async () => {
    const { body } = await get('/openapi.json');
    const refs = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, ref = '']) => ref.split('/'));
    for (const ref of refs) {
      const found = ref.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], body);
      expect(found, ref.join('/')).toBeDefined();
    }
    for (const [path, operations] of Object.entries((body as Description).paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [], responses } of Object.values(operations)) {
        expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(inPath));
        expect(Object.keys(responses).length).toBeGreaterThan(0);
      }
    }
  });

  test('can be read by people without another host', async () => {
    const { statusCode, body } = await app.inject({ url: '/docs' });
    expect(statusCode).toBe(200);
    const sources = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source);
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      expect(source).not.toMatch(/^(?:https?:)?\/\//);
      expect((await app.inject({ url: new URL(source, 'http://x/docs/').pathname })).statusCode).toBe(200);
    }
  });
});

describe('the start page', () => {
  test('before anything is published', async () => {
    const { statusCode, headers, body } = await app.inject({ url: '/' });
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).toContain('throughline publish journeys');
  });

  test('counts runs and members, and escapes what others wrote', async () => {
    const { db } = database;
    await publishWorkspace(db);
    const profileId = await addPerson(db, 'ada');
    await addMember(db, profileId, 'high-intent');
    for (const id of ['r1', 'r2']) await addRun(db, { id, profileId, enteredAt: AT });
    await addRun(db, { id: 'r3', profileId, converted: true });
    const { body } = await app.inject({ url: '/' });
    const text = body
      .replace(/<style>.*<\/style>/s, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    expect(text).toContain('free-to-paid published whoever enters high-intent → no goal 2 1 0 0 0 0');
    expect(text).toContain('gone-quiet 0');
    expect(text).toContain('Send the first event');
    expect(text).toContain('high-intent Want &lt;more&gt; 1');
    expect(body).toContain('<a href="http://localhost:1080/?a=1&amp;b=2">Mail&quot;box</a>');
    expect(body).toContain('<a href="/docs">');
  });

  test('says how each journey stands, and leaves out what is archived once nobody is in it', async () => {
    const { db } = database;
    const text = async () => {
      const { body } = await app.inject({ url: '/' });
      return body
        .replace(/<style>.*<\/style>/s, '')
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ');
    };
    const byHand = { journey: 'free-to-paid', by: 'ada', reason: 'a <wrong> price' };
    await pauseJourney(db, { ...byHand, refuses: false }, Date.now());
    expect(await text()).toContain(
      'free-to-paid paused whoever enters high-intent → no goal Paused just now by ada: a &lt;wrong&gt; price 2 1',
    );
    await stopJourney(db, { ...byHand, ends: false, resumption: USUAL_RESUMPTION }, Date.now());
    expect(await text()).toContain('free-to-paid stopped whoever enters high-intent → no goal Stopped just now by ada');
    await startJourney(db, byHand, Date.now());
    expect(await text()).toContain('free-to-paid published whoever enters high-intent → no goal 2 1');

    const as = async (hash: string, policy: JourneyPolicy) => {
      const current = await currentPublication(db);
      if (current === null) throw new Error('Nothing is published');
      const journeys = Object.entries(current.workspace.journeys).map(([key, one]) => [key, { ...one, policy }]);
      await publish(db, { ...current.workspace, hash, journeys: Object.fromEntries(journeys) }, new Date());
    };
    await as('w2', { status: 'draft' });
    expect(await text()).toContain('free-to-paid draft whoever enters high-intent → no goal Nobody enters yet 2 1');
    await as('w3', { status: 'archived' });
    expect(await text()).toContain('free-to-paid archived whoever enters high-intent → no goal Nobody enters any more');
    await db.updateTable('runs').set({ status: 'completed' }).where('status', '=', 'active').execute();
    expect(await text()).not.toContain('free-to-paid archived');
    expect(await text()).toContain('Converted 1');
  });
});
