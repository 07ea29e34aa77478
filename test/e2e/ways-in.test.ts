import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/core/time.ts';
import { fileOf, importInto } from '../import/kit.ts';
import { type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { factsServer } from './facts-server.ts';
import { API_KEY, ask, type TestServer, testServer, WRITE_KEY } from './server.ts';

const SETTINGS = `settings: test
timezone: UTC
sender: Test <test@example.com>
traits: { email: string, plan: string, since: date }
accountTraits: { name: string, domain: string, headcount: number, funding: string }
---
audience: pro
trait: plan
is: pro
---
audience: buyers
event: Bought
---
audience: of-large-accounts
trait: account.headcount
atLeast: 100
---
audience: wants-enterprise
event: Support Ticket Created
where: { tiers: { contains: enterprise } }
---
audience: soon
all: [{ event: Bought }, { not: { event: Bought, within: 10d } }]
---
journey: welcome-pro
enter: { audience: pro }
steps: [{ wait: 1d }]
---
journey: after-purchase
enter: { event: Bought, again: always }
goal: { event: Renewed }
exit: { after: 300d, when: { trait: plan, is: gone } }
steps: [{ wait: 200d }]
---
journey: win-back
enter: { audience: soon, again: always }
steps: [{ wait: 1d }]
---
tags: support
event: Support Ticket Created
text: [subject, body]
table:
  - { feature: audit-log, tier: enterprise, keywords: [audit log, SIEM] }
  - { feature: exports, keywords: [csv] }
`;
const enrichment = (url: string) => `enrichment: size
of: accounts
url: ${url}/companies/{{ account.domain }}
fields: { headcount: $.company.staff, funding: $.round }
`;

let engine: TestEngine;
let server: TestServer;
let facts: Awaited<ReturnType<typeof factsServer>>;
beforeAll(async () => {
  facts = await factsServer({
    '/companies/navy.example': { company: { staff: 250 }, round: 'B' },
    '/companies/army.example': { company: { staff: 3 } },
  });
  const workspace = await workspaceOf({ 'settings.yaml': SETTINGS, 'size.yaml': enrichment(facts.url) });
  engine = await testEngine({ workspace, smtpUrl: 'smtp://127.0.0.1:9' });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await facts?.close();
});

const runs = () => engine.database.db.selectFrom('runs').select(['journey', 'status', 'person']).execute();
const put = (path: string, body: object, key = API_KEY) =>
  fetch(`${server.url}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const daysAgo = (days: number) => new Date(engine.clock.now() - days * 24 * 60 * MINUTE).toISOString();
const person = (id: string) =>
  server.api<{
    traits: object;
    audiences: { audience: string }[];
    accounts: { traits: object }[];
    events: { name: string; properties: object }[];
  }>(`/api/people/${id}`);
const audiencesOf = async (id: string) => (await person(id)).audiences.map(({ audience }) => audience).sort();

describe('import', () => {
  it('history changes audiences as of its own time and starts no journey: not by event, by audience or by the clock', async () => {
    const people = await fileOf('p.csv', 'userId,plan\nimp1,pro\nimp2,free\n');
    const events = await fileOf(
      'e.csv',
      `userId,event,timestamp\nimp1,Bought,${daysAgo(60)}\nimp1,Bought,${daysAgo(30)}\n`,
    );
    const { db } = engine.database;
    await importInto(db, 'events', events, { clock: engine.clock });
    await importInto(db, 'people', people, { clock: engine.clock });
    await engine.settled();
    expect(await audiencesOf('imp1')).toEqual(['buyers', 'pro', 'soon']);
    expect(await runs()).toEqual([]);
    const changes = await db
      .selectFrom('audience_changes')
      .select(['audience', 'at', 'entered', 'cause'])
      .where('audience', '!=', 'pro')
      .orderBy('id')
      .execute();
    expect(changes.map(({ audience, entered, cause }) => [audience, entered, cause])).toEqual([
      ['buyers', true, 'event'],
      ['soon', true, 'clock'],
      ['soon', false, 'event'],
      ['soon', true, 'clock'],
    ]);
  });

  it('ends runs that are under way, by goal and by exit', async () => {
    await engine.send({ userId: 'run1', name: 'Bought' }, { userId: 'run2', name: 'Bought' });
    await engine.settled();
    const { db } = engine.database;
    const now = new Date(engine.clock.now()).toISOString();
    await importInto(db, 'events', await fileOf('g.csv', `userId,event,timestamp\nrun1,Renewed,${now}\n`), {
      clock: engine.clock,
    });
    await importInto(db, 'people', await fileOf('x.csv', 'userId,plan\nrun2,gone\n'), { clock: engine.clock });
    await eventually(async () => {
      const ended = (await runs()).filter(({ person: who }) => who.startsWith('run'));
      expect(ended.map(({ person: who, status }) => [who, status]).sort()).toEqual([
        ['run1', 'converted'],
        ['run2', 'exited'],
      ]);
    });
  });

  it('--live rows start journeys like any event; and what an imported person does later is live', async () => {
    const file = await fileOf('l.csv', 'userId,plan\nlive1,pro\n');
    await importInto(engine.database.db, 'people', file, { clock: engine.clock, silent: false });
    await engine.send({ userId: 'imp2', name: 'Bought' });
    await engine.settled();
    const entered = (await runs()).map(({ journey, person: who }) => `${who} ${journey}`);
    expect(entered).toContain('live1 welcome-pro');
    expect(entered).toContain('imp2 after-purchase');
  });

  it('the same rows twice count once', async () => {
    const { db } = engine.database;
    const text = `userId,event,timestamp\ntwice,Bought,${daysAgo(3)}\n`;
    await importInto(db, 'events', await fileOf('t.csv', text), { clock: engine.clock });
    await db.deleteFrom('imports').execute();
    await importInto(db, 'events', await fileOf('t.csv', text), { clock: engine.clock });
    await engine.settled();
    expect((await person('twice')).events).toHaveLength(1);
  });
});

describe('facts', () => {
  it('about people and accounts by PUT: memberships follow, also of an account that has no people yet', async () => {
    expect(
      (await put('/api/accounts/acme/traits', { traits: { headcount: 500, name: 'Acme' }, source: 'crm' })).status,
    ).toBe(202);
    await engine.settled();
    await engine.send({ userId: 'fact1', name: 'group', type: 'group', groupId: 'acme' });
    expect((await put('/api/people/fact1/traits', { traits: { plan: 'pro' } })).status).toBe(202);
    await engine.settled();
    expect(await audiencesOf('fact1')).toEqual(['of-large-accounts', 'pro']);
    expect((await person('fact1')).accounts).toMatchObject([{ traits: { headcount: 500, name: 'Acme' } }]);
    await put('/api/accounts/acme/traits', { traits: { headcount: 5 } });
    await engine.settled();
    expect(await audiencesOf('fact1')).toEqual(['pro']);
  });

  it('of a visitor go to the visitor', async () => {
    await engine.send({ anonymousId: 'anon-1', name: 'Bought' });
    await engine.settled();
    await put('/api/people/anon-1/traits', { traits: { plan: 'pro' } });
    await engine.settled();
    expect(await person('anon-1')).toMatchObject({ userId: null, traits: { plan: 'pro' } });
  });

  it.each([
    [{}, 400, 'traits'],
    [{ traits: {} }, 400, 'traits'],
    [{ traits: { text: 'x'.repeat(40_000) } }, 400, 'body'],
  ])('%j is refused with %i', async (body, status, field) => {
    const response = await put('/api/accounts/acme/traits', body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { field } });
  });

  it('want the API key', async () => {
    expect((await put('/api/people/x/traits', { traits: { a: 1 } }, WRITE_KEY)).status).toBe(401);
  });
});

describe('enrichment', () => {
  it('asks once when the account has what the address names, and its people’s memberships follow', async () => {
    await engine.send({ userId: 'sailor', name: 'group', type: 'group', groupId: 'navy', traits: { name: 'Navy' } });
    await engine.settled();
    expect(facts.askedFor).toEqual([]);
    await put('/api/accounts/navy/traits', { traits: { domain: 'navy.example' } });
    await eventually(async () => expect(await audiencesOf('sailor')).toEqual(['of-large-accounts']));
    expect((await person('sailor')).accounts).toMatchObject([{ traits: { headcount: 250, funding: 'B' } }]);
    await put('/api/accounts/navy/traits', { traits: { domain: 'army.example' } });
    await eventually(async () => expect(await audiencesOf('sailor')).toEqual([]));
    expect(facts.askedFor).toEqual(['/companies/navy.example', '/companies/army.example']);
    expect((await server.api<{ audiences: object[] }>('/api/accounts/navy')).audiences).toEqual([]);
  });

  it('what is not known and what fails is listed', async () => {
    await put('/api/accounts/nobody/traits', { traits: { domain: 'nobody.example' } });
    await put('/api/accounts/broken/traits', { traits: { domain: 'broken' } });
    await eventually(async () => {
      const { items } = await ask<{ items: { id: string; status: string }[] }>(
        `${server.url}/api/enrichments`,
        API_KEY,
      );
      expect(items.map(({ id, status }) => [id, status]).sort()).toEqual([
        ['broken', 'failing'],
        ['navy', 'done'],
        ['nobody', 'not-found'],
      ]);
    });
    const failing = await server.api<{ items: object[]; next: null }>(
      '/api/enrichments?status=failing&enrichment=size',
    );
    expect(failing).toMatchObject({
      items: [{ id: 'broken', of: 'account', attempts: 1, problem: expect.stringContaining('answered 500') }],
      next: null,
    });
    expect(await server.api('/api/enrichments/retry', { enrichment: 'size' })).toEqual({ due: 1 });
  });
});

describe('support tickets', () => {
  it('are tagged before conditions see them, and keep their tags', async () => {
    await engine.send(
      {
        userId: 'asks',
        name: 'Support Ticket Created',
        properties: { subject: 'Help', body: 'Can I export the Audit  Log as CSV?' },
      },
      { userId: 'asks-not', name: 'Support Ticket Created', properties: { subject: 'Auditlogs?', body: 'siemens' } },
    );
    await engine.settled();
    expect(await audiencesOf('asks')).toEqual(['wants-enterprise']);
    expect((await person('asks')).events[0]?.properties).toMatchObject({
      features: ['audit-log', 'exports'],
      tiers: ['enterprise'],
    });
    expect(await audiencesOf('asks-not')).toEqual([]);
    expect((await person('asks-not')).events[0]?.properties).toMatchObject({ features: [], tiers: [] });
  });
});
