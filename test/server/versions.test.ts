import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishRoutes } from '../../src/publishing/routes.ts';
import { versionRoutes } from '../../src/server/routes/versions.ts';
import { jsonb } from '../../src/store/columns.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addPerson } from './rows.ts';
import { bearer, testServer } from './test-server.ts';

const clock = { now: () => AT.getTime(), wall: () => Date.now(), speed: 1 };
const journey = (step: string) => `
journey: welcome
enter: { event: Signed Up }
steps:
  - ${step}
  - in-app: note
`;
const files = (step: string) => ({
  'settings.yaml': settingsFile(),
  'templates/note.yaml': inAppFile('note', 'note'),
  'welcome.yaml': journey(step),
});
const FIRST = files('{ id: pause, wait: 1d }');
const SECOND = files('{ id: rest, wait: 3d }');

let database: TestDatabase;
let app: FastifyInstance;

const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload, headers: bearer });
const get = async (url: string) => (await app.inject({ url, headers: bearer })).json();

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  app = await testServer(db, { clock, plugins: [versionRoutes({ db, clock }), publishRoutes({ db, clock })] });
  await post('/api/publish', { files: FIRST });
  const [version] = (await get('/api/journeys/welcome/versions')).items;
  const at = AT.getTime();
  await db
    .insertInto('runs')
    .values({
      ...{ id: 'welcome/1/0', journey: 'welcome', version: version.hash, profile_id: await addPerson(db, 'ada') },
      ...{ person: 'ada', visit: 0, held_out: false, entered_at: AT, entry: jsonb({}) },
      cursor: jsonb({ phase: 'waiting', step: 'pause', at, until: at + 86_400_000, visit: 0 }),
      ...{ woken_at: null, due_at: null, ended_at: null, end_reason: null },
    })
    .execute();
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

describe('a workspace sent to be published', () => {
  test('is shown first, and changes nothing by that', async () => {
    const preview = await post('/api/publish/preview', { files: SECOND });
    expect(preview.statusCode).toBe(200);
    expect(preview.json()).toMatchObject({
      isInForce: false,
      journeys: [
        {
          ...{ key: 'welcome', is: 'changed', underWay: 1 },
          diff: { added: [{ id: 'rest', kind: 'wait' }], removed: [{ id: 'pause', kind: 'wait' }] },
          ifMoved: [{ step: 'pause', people: 1, goes: null, waits: [], ends: {}, messages: [] }],
        },
      ],
    });
    expect((await get('/api/journeys/welcome/versions')).items).toHaveLength(1);
  });

  test('with something wrong in it is refused with file, line and fix', async () => {
    const broken = await post('/api/publish', { files: { ...FIRST, 'welcome.yaml': journey('{ wiat: 1d }') } });
    expect(broken.statusCode).toBe(400);
    expect(broken.json().error).toMatchObject({ code: 'invalid-definition', field: 'files' });
    expect(broken.json().error.message).toMatch(/^welcome\.yaml:5:7 {2}.*Did you mean `wait`\?$/);
    const outside = await post('/api/publish', { files: { ...FIRST, '../x.yaml': '' } });
    expect(outside.json().error.message).toBe(
      '../x.yaml:1:1  The file is not inside the workspace. Name it from the folder of the workspace on, as in `templates/welcome.mjml`.',
    );
  });

  test('that comes to another hash than where it was tried is not published', async () => {
    const refused = await post('/api/publish', { files: SECOND, hash: 'somethingelse' });
    expect(refused.statusCode).toBe(409);
    const { hash } = (await post('/api/publish/preview', { files: SECOND })).json();
    expect(refused.json().error).toEqual({
      code: 'other-hash',
      message: `The files come to ${hash} here, and not to somethingelse; nothing was published`,
      field: 'hash',
      fix: 'Publish from the version of Throughline that runs here',
    });
    expect((await get('/api/journeys/welcome/versions')).items).toHaveLength(1);
  });

  test('is published under the hash that it has everywhere', async () => {
    const { hash } = (await post('/api/publish/preview', { files: SECOND })).json();
    const published = await post('/api/publish', { files: SECOND, hash });
    expect(published.json()).toEqual({ publication: 2, hash, isNew: true });
    expect((await post('/api/publish', { files: SECOND, hash })).json()).toEqual({
      publication: 2,
      hash,
      isNew: false,
    });
  });
});

describe('versions of a journey', () => {
  test('are listed with who is on them, page by page', async () => {
    const { items } = await get('/api/journeys/welcome/versions');
    expect(items).toHaveLength(2);
    expect(items).toContainEqual(
      expect.objectContaining({ isInForce: false, people: 1, steps: [{ step: 'pause', people: 1 }] }),
    );
    expect(items).toContainEqual(expect.objectContaining({ isInForce: true, people: 0, steps: [] }));
    const first = await get('/api/journeys/welcome/versions?limit=1');
    const second = await get(`/api/journeys/welcome/versions?limit=1&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual(items);
    expect(second.next).toBeNull();
  });

  test('are told apart by how their hashes begin', async () => {
    const { items } = await get('/api/journeys/welcome/versions');
    const [old, now] = [
      items.find((one: { isInForce: boolean }) => !one.isInForce),
      items.find((one: { isInForce: boolean }) => one.isInForce),
    ];
    const diff = await get(`/api/journeys/welcome/versions/diff?from=${old.hash.slice(0, 8)}&to=${now.hash}`);
    expect(diff).toEqual({
      ...{ from: old.hash, to: now.hash, fields: [], changed: [] },
      ...{ added: [{ id: 'rest', kind: 'wait' }], removed: [{ id: 'pause', kind: 'wait' }] },
    });
    const unknown = await app.inject({ url: '/api/journeys/welcome/versions/diff?from=zz', headers: bearer });
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json().error.message).toBe('No version begins with `zz`');
  });

  test('of a journey that there is not are not found', async () => {
    const answer = await app.inject({ url: '/api/journeys/welcom/versions', headers: bearer });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toEqual({
      code: 'not-found',
      message: 'No journey `welcom` was ever published',
      fix: 'Did you mean `welcome`?',
    });
  });
});

describe('moving people to the version in force', () => {
  const url = '/api/journeys/welcome/migrations';

  test('needs a map where their step is gone', async () => {
    const answer = await post(url, {});
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toEqual({
      code: 'stranded',
      message:
        '1 person stands at `pause`, which the new version does not have, and there is no map to say where they go',
      fix: 'Name a step of the new version, `end`, `stay` or `out` for them, or say `others: stay`',
    });
  });

  test('says what is wrong with a map', async () => {
    const answer = await post(url, { map: 'journey: welcome\nsteps: { pause: res }\n' });
    expect(answer.json().error).toEqual({
      code: 'invalid-map',
      message: 'map:2:17  The new version has no step `res`. Did you mean `rest`?',
      field: 'map',
    });
  });

  test('can be looked at before', async () => {
    const answer = await post(url, { map: { journey: 'welcome', steps: { pause: 'rest' } }, preview: true });
    expect(answer.json()).toMatchObject({
      people: 1,
      met: [
        {
          ...{ step: 'pause', goes: { to: 'rest' }, people: 1, lookedAt: 1 },
          waits: [{ step: 'rest', people: 1, soonest: '2026-03-04T12:00:00.000Z', latest: '2026-03-04T12:00:00.000Z' }],
        },
      ],
    });
    expect((await get(url)).items).toEqual([]);
  });

  test('is stored at once and done by the processor; another has to wait', async () => {
    const map = 'journey: welcome\nsteps: { pause: rest }\n';
    const asked = await post(url, { map });
    expect(asked.statusCode).toBe(202);
    expect(asked.json()).toMatchObject({ id: 1, people: 1, left: 1, moved: 0, doneAt: null, askedBy: 'the API' });
    expect((await get(url)).items).toEqual([asked.json()]);
    const { version } = asked.json();
    expect((await get('/api/audit?journey=welcome')).items).toMatchObject([
      { by: 'the API', did: 'migrated', reason: null, run: null, detail: { migration: 1, version, people: 1 } },
    ]);
    const another = await post(url, { map });
    expect(another.statusCode).toBe(409);
    expect(another.json().error).toEqual({
      code: 'under-way',
      message: 'People of `welcome` are being moved already: migration 1 has 1 of them left',
      fix: 'GET /api/journeys/welcome/migrations says how far it is',
    });
    expect((await get('/api/audit?journey=welcome')).items).toHaveLength(1);
  });
});
