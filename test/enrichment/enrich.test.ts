import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { type Clock, DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { EnrichmentDefinition } from '../../src/definitions/enrichment-types.ts';
import { enrich } from '../../src/enrichment/enrich.ts';
import { followEnrichments } from '../../src/enrichment/follow.ts';
import { readEnrichments, retryEnrichments } from '../../src/enrichment/read-enrichments.ts';
import { inboxOf } from '../import/kit.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

interface Asked {
  readonly url: string;
  readonly key: string | undefined;
}

let database: TestDatabase;
let base: string;
let close: () => void;
let answer: (asked: Asked) => { status: number; body?: string; headers?: Record<string, string> };
const asked: Asked[] = [];
let now = Date.UTC(2026, 0, 1);
const clock: Clock = { now: () => now, wall: () => now, speed: 1 };

beforeAll(async () => {
  database = await testDatabase();
  const server = createServer((request, response) => {
    const one = { url: request.url ?? '', key: request.headers['x-key'] as string | undefined };
    asked.push(one);
    const { status, body = '', headers = {} } = answer(one);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => server.close();
});
beforeEach(async () => {
  asked.length = 0;
  for (const table of ['inbox', 'enrichments', 'identities', 'profiles'] as const) {
    await database.db.deleteFrom(table).execute();
  }
  answer = () => ({ status: 200, body: JSON.stringify({ company: { staff: 250, sites: [{ city: 'Bonn' }] } }) });
});
afterAll(async () => {
  close();
  await database.drop();
});

const definitionOf = (more: Partial<EnrichmentDefinition> = {}): EnrichmentDefinition => ({
  ...{ key: 'size', of: 'account', audience: 'enrichment/size', url: `${base}/c/{{ account.domain }}` },
  ...{
    headers: { 'x-key': '{{ secret.acme }}' },
    named: ['domain'],
    fields: { headcount: 'company.staff', cities: 'company.sites.city' },
  },
  ...{ refresh: 30 * DAY, timeout: 5_000, attempts: 3, notFound: 'keep' },
  ...more,
});
const pass = (definition = definitionOf(), secrets: Record<string, string> = { acme: 'hush' }) =>
  enrich([definition], { db: database.db, clock, secrets });

/** An account that has just come into the audience. */
async function account(traits: JsonObject, id = 'navy'): Promise<number> {
  const row = await database.db
    .insertInto('profiles')
    .values({
      kind: 'account',
      user_id: id,
      traits: JSON.stringify(traits),
      created_at: new Date(now),
      applied_at: new Date(0),
      filled_to: 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await follow(row.id, [{ audience: 'enrichment/size', entered: true }]);
  return row.id;
}
const follow = (id: number, changes: { audience: string; entered: boolean }[], changedTraits: string[] = []) =>
  followEnrichments(
    database.db,
    [definitionOf()],
    [{ id, kind: 'account', changes, changedTraits: new Set(changedTraits) }],
    now,
  );
const setTraits = (id: number, traits: JsonObject) =>
  database.db
    .updateTable('profiles')
    .set({ traits: JSON.stringify(traits) })
    .where('id', '=', id)
    .execute();
const rows = () => readEnrichments(database.db, { after: null, limit: 10 });

describe('an answer', () => {
  it('becomes traits through the inbox, with its source; values in the address are encoded', async () => {
    await account({ domain: 'navy mil&x' });
    expect(await pass()).toBe(1);
    expect(asked).toEqual([{ url: '/c/navy%20mil%26x', key: 'hush' }]);
    expect(await inboxOf(database.db)).toMatchObject([
      {
        ...{ type: 'group', groupId: 'navy', traits: { headcount: 250, cities: ['Bonn'] } },
        context: { source: 'enrichment:size' },
      },
    ]);
    expect(await rows()).toMatchObject([
      { status: 'done', dueAt: new Date(now + 30 * DAY), answer: { headcount: 250 } },
    ]);
  });

  it('is good for `refresh`: no second call for the same address, whatever comes in between', async () => {
    const id = await account({ domain: 'a' });
    await pass();
    await follow(id, [], ['domain']);
    await follow(id, [{ audience: 'enrichment/size', entered: false }]);
    await follow(id, [{ audience: 'enrichment/size', entered: true }]);
    await pass();
    now += 30 * DAY - 1;
    expect(await pass()).toBe(0);
    expect(asked).toHaveLength(1);
    expect(await inboxOf(database.db)).toHaveLength(1);
    now += 1;
    await pass();
    expect(asked).toHaveLength(2);
  });

  it('of an address that was left and taken again is put back without a call', async () => {
    const id = await account({ domain: 'a' });
    answer = ({ url }) => ({ status: 200, body: JSON.stringify({ company: { staff: url === '/c/a' ? 1 : 2 } }) });
    for (const domain of ['a', 'b', 'a']) {
      await setTraits(id, { domain });
      await follow(id, [], ['domain']);
      await pass();
    }
    expect(asked.map(({ url }) => url)).toEqual(['/c/a', '/c/b']);
    expect((await inboxOf(database.db)).map(({ traits }) => traits)).toEqual([
      { headcount: 1 },
      { headcount: 2 },
      { headcount: 1 },
    ]);
  });

  it('404 leaves the traits, or clears them, and is good for `refresh` too', async () => {
    answer = () => ({ status: 404 });
    await account({ domain: 'a' });
    await pass();
    expect(await inboxOf(database.db)).toEqual([]);
    expect(await rows()).toMatchObject([{ status: 'not-found', dueAt: new Date(now + 30 * DAY) }]);
    await account({ domain: 'b' }, 'army');
    await pass(definitionOf({ notFound: 'clear' }));
    expect(await inboxOf(database.db)).toMatchObject([{ groupId: 'army', traits: { headcount: null, cities: null } }]);
  });
});

describe('who is asked about', () => {
  it('nobody who is not in the audience any more', async () => {
    const id = await account({ domain: 'a' });
    await follow(id, [{ audience: 'enrichment/size', entered: false }]);
    expect(await pass()).toBe(0);
    expect(asked).toEqual([]);
  });

  it('a change while the question is under way is not lost', async () => {
    const id = await account({ domain: 'a' });
    let changed: Promise<unknown> = Promise.resolve();
    answer = () => {
      changed = setTraits(id, { domain: 'b' }).then(() => follow(id, [], ['domain']));
      return { status: 404 };
    };
    await pass();
    await changed;
    answer = () => ({ status: 200, body: '{}' });
    await pass();
    expect(asked.map(({ url }) => url)).toEqual(['/c/a', '/c/b']);
  });

  it('two at work at once ask once', async () => {
    await account({ domain: 'a' });
    await Promise.all([pass(), pass()]);
    expect(asked).toHaveLength(1);
  });

  it('a process that dies while it asks is made up for', async () => {
    await account({ domain: 'a' });
    await database.db
      .updateTable('enrichments')
      .set({ due_at: new Date(now + 35_000) })
      .execute();
    expect(await pass()).toBe(0);
    now += 35_000;
    expect(await pass()).toBe(1);
  });
});

describe('failures', () => {
  it('are tried again with growing pauses, then left for `refresh`, and say what is wrong', async () => {
    await account({ domain: 'a' });
    answer = () => ({ status: 500, body: 'oops' });
    await pass();
    expect(await rows()).toMatchObject([
      {
        status: 'failing',
        attempts: 1,
        dueAt: new Date(now + MINUTE),
        problem: expect.stringMatching(/^127.* answered 500: oops$/),
      },
    ]);
    now += MINUTE;
    await pass();
    expect(await rows()).toMatchObject([{ status: 'failing', attempts: 2, dueAt: new Date(now + 2 * MINUTE) }]);
    now += 2 * MINUTE;
    await pass();
    expect(await rows()).toMatchObject([{ status: 'failed', dueAt: new Date(now + 30 * DAY) }]);
    expect(asked).toHaveLength(3);
    expect(await retryEnrichments(database.db, 'other', now)).toBe(0);
    expect(await retryEnrichments(database.db, 'size', now)).toBe(1);
    answer = () => ({ status: 200, body: '{"company":{"staff":3}}' });
    await pass();
    expect(await rows()).toMatchObject([{ status: 'done', attempts: 0, problem: null }]);
  });

  it.each([
    ['an answer that is no JSON', () => ({ status: 200, body: '<html>' }), /answered what is not JSON$/],
    ['a redirect', () => ({ status: 302, headers: { location: '/x' } }), /answered 302$/],
    ['an answer without end', () => ({ status: 200, body: 'x'.repeat(1_100_000) }), /more than 1000000 characters$/],
  ])('%s', async (_, answered, problem) => {
    await account({ domain: 'a' });
    answer = answered;
    await pass();
    expect(await rows()).toMatchObject([{ status: 'failing', problem: expect.stringMatching(problem) }]);
  });

  it('nobody there, no secret: both say so', async () => {
    await account({ domain: 'a' });
    await pass(definitionOf({ url: 'http://127.0.0.1:9/{{ account.domain }}' }));
    expect(await rows()).toMatchObject([{ problem: expect.stringMatching(/^No answer from 127\.0\.0\.1:9: /) }]);
    now += HOUR;
    await pass(definitionOf(), {});
    expect(await rows()).toMatchObject([{ problem: 'There is no SECRET_ACME in the environment' }]);
    expect(asked).toEqual([]);
  });

  it('`Retry-After` is kept to', async () => {
    await account({ domain: 'a' });
    answer = () => ({ status: 429, headers: { 'retry-after': '7200' } });
    await pass();
    expect(await rows()).toMatchObject([{ dueAt: new Date(now + 2 * HOUR) }]);
  });

  it('secrets in the address are not kept', async () => {
    await account({ domain: 'a' });
    await pass(definitionOf({ url: `${base}/c/{{ account.domain }}?k={{ secret.acme }}` }));
    expect(asked[0]?.url).toBe('/c/a?k=hush');
    expect(await rows()).toMatchObject([{ url: `${base}/c/a?k=***` }]);
    expect(JSON.stringify(await database.db.selectFrom('enrichments').selectAll().execute())).not.toContain('hush');
  });
});
