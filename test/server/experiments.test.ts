import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { appendEvents } from '../../src/ingest/event-log.ts';
import { jsonb } from '../../src/store/columns.ts';
import type { StoredVariant } from '../../src/store/tables-runs.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';
import { AT, addMessage, addPerson, addRun } from '../measurement/rows.ts';
import { bearer, testServer } from './test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;

const SETTINGS = 'settings: shop\ntimezone: UTC\nsender: Shop <shop@example.com>\n';
const JOURNEYS = `
journey: cart
enter: { event: Product Added, again: always }
goal: { event: Order Completed }
value: total
steps:
  - experiment: copy
    variants:
      short: { id: short, in-app: one }
      long: { id: long, in-app: two, stopped: true }
      new: { id: new, in-app: two }
---
audience: keen
event: Praised
---
audience: shy
event: Complained
---
in-app: one
placement: banner
title: one
body: one
---
in-app: two
placement: banner
title: two
body: two
`;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  app = await testServer(db);
  const workspace = await workspaceOf({ 'settings.yaml': SETTINGS, 'all.yaml': JOURNEYS });
  await publish(db, workspace, AT);
  const version = workspace.journeys.cart?.hash ?? '';
  for (let index = 0; index < 12; index += 1) {
    const id = await addPerson(db, `user-${index}`);
    const got = index % 2 === 0 ? 'short' : 'new';
    const at = AT.getTime();
    const variants: Record<string, StoredVariant> = { copy: { variant: got, by: 'chance', at, version } };
    const row = { journey: 'cart', version, person: `p${id}`, exposedAt: AT, variants, heldOut: index >= 10 } as const;
    const run = await addRun(db, { ...row, status: got === 'new' ? 'converted' : 'active' });
    const said = { visit: 0, at: AT, recorded_at: AT };
    for (const [visit, entry] of [
      { did: 'took', way: got, kind: 'experiment', step: 'experiment-copy' },
      { did: 'acted', kind: 'in-app', step: got },
      { did: 'ended', kind: 'run', step: null },
    ].entries())
      await db
        .insertInto('run_log')
        .values({
          ...said,
          visit,
          run_id: run,
          step: entry.step,
          kind: entry.kind,
          entry: jsonb({ ...entry, visit, at }),
        })
        .execute();
    await db
      .insertInto('audience_changes')
      .values({
        profile_id: id,
        audience: 'keen',
        entered: true,
        cause: 'event',
        because: null,
        at: AT,
        recorded_at: AT,
      })
      .execute();
    if (got === 'new')
      await appendEvents(db, [
        {
          ...{ profileId: id, name: 'Order Completed', type: 'track', byEngine: false, at: at + HOUR },
          ...{ receivedAt: AT.toISOString(), messageId: `o${id}`, properties: { total: 20 }, context: {} },
        },
      ]);
    const message = await addMessage(db, run, 'in-app', 'sent');
    const seen = { step: got, template: got === 'new' ? 'two' : 'one', seen_at: AT, clicked_at: index < 4 ? AT : null };
    await db.updateTable('messages').set(seen).where('id', '=', message).execute();
  }
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const get = async (url: string) => {
  const answer = await app.inject({ url, headers: bearer });
  return { status: answer.statusCode, body: answer.json() };
};
const post = async (url: string, payload: object = {}) => {
  const answer = await app.inject({ method: 'POST', url, payload, headers: bearer });
  return { status: answer.statusCode, body: answer.json() };
};

test('a journey’s experiments and its hold-out, each side against the control', async () => {
  const { status, body } = await get('/api/journeys/cart/experiments');
  expect(status).toBe(200);
  expect(body.experiments).toMatchObject([
    {
      ...{ experiment: 'copy', control: 'short', isRunning: true, tooFew: true, winner: null },
      sides: [
        { variant: 'short', exposed: 5, converted: 0, revenue: 0, lift: null },
        { variant: 'long', exposed: 0, rate: null, lift: null },
        {
          variant: 'new',
          exposed: 5,
          converted: 5,
          rate: 1,
          revenue: 100,
          medianTimeToConversion: HOUR,
          lift: { difference: 1 },
        },
        { variant: null, exposed: 2, converted: 1 },
      ],
    },
  ]);
  expect(body.holdout).toMatchObject({ control: null, sides: [{ variant: 'treated', exposed: 10 }, { exposed: 2 }] });
});

test('which variant does best in which audience, page by page', async () => {
  const { body } = await get('/api/journeys/cart/experiments/copy/audiences?limit=1');
  expect(body).toMatchObject({ items: [{ audience: 'keen', best: 'new', isSure: true }], next: null });
});

test('what each step came to, page by page', async () => {
  const first = await get('/api/journeys/cart/steps?limit=2');
  expect(first.body.items).toMatchObject([
    {
      ...{ step: 'experiment-copy', kind: 'experiment', entries: 10, people: 10, converted: 5, messages: null },
      ways: { short: 6, new: 6 },
      heldOut: { entries: 2, people: 2, converted: 1 },
    },
    {
      ...{ step: 'short', entries: 5, converted: 0, ways: null },
      messages: {
        channel: 'in-app',
        template: 'one',
        sent: 6,
        opened: 6,
        clicked: 2,
        dismissed: 0,
        refused: 0,
        failed: 0,
      },
    },
  ]);
  const second = await get(`/api/journeys/cart/steps?limit=2&cursor=${first.body.next}`);
  expect(second.body).toMatchObject({ items: [{ step: 'new', converted: 5 }], next: null });
});

describe('a winner', () => {
  test('is chosen by hand, replaced, and taken back', async () => {
    const url = '/api/journeys/cart/experiments/copy';
    expect(await post(`${url}/choose`, { variant: 'new' })).toEqual({ status: 200, body: { variant: 'new' } });
    expect(await post(`${url}/choose`, { variant: 'short' })).toEqual({ status: 200, body: { variant: 'short' } });
    const { body } = await get('/api/journeys/cart/experiments');
    expect(body.experiments[0].winner).toMatchObject({ variant: 'short', byHand: true, figures: null, undoneAt: null });
    expect(await post(`${url}/undo`)).toEqual({ status: 200, body: { undone: 'short' } });
    expect(await post(`${url}/undo`)).toEqual({ status: 200, body: { undone: null } });
  });

  test.each([
    [
      '/api/journeys/crat/experiments/copy/choose',
      404,
      'There is no journey `crat`',
      'Did you mean `cart`?',
      'journey',
    ],
    [
      '/api/journeys/cart/experiments/cpoy/choose',
      404,
      'The journey `cart` has no experiment `cpoy`',
      'Did you mean `copy`?',
      'experiment',
    ],
    [
      '/api/journeys/cart/experiments/copy/choose',
      400,
      'The experiment `copy` has no variant `long` that goes on',
      'There is short, new',
      'variant',
    ],
  ])('is refused where there is none such: %s', async (url, status, message, fix, field) => {
    const refused = await post(url, { variant: 'long' });
    expect(refused).toEqual({ status, body: { error: { code: 'not-found', message, fix, field } } });
  });
});

test('of a journey that there is not, nothing is told', async () => {
  for (const what of ['experiments', 'steps'])
    expect(await get(`/api/journeys/crat/${what}`)).toMatchObject({
      status: 404,
      body: { error: { fix: 'Did you mean `cart`?' } },
    });
});
