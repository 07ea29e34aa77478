import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, SECOND } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type Call, type Receiver, receiver } from '../sync/receiver.ts';
import { API_KEY, type TestServer, testServer } from './server.ts';
import { settingsFile } from './templates.ts';

const definitions = (url: string) => `
audience: eager
event: Premium Feature Attempted
times: { atLeast: 2 }
within: 7d
---
audience: on-free
trait: plan
is: free
---
trait: attempts
count: { event: Premium Feature Attempted, within: 7d }
---
sync: crm-upsell
audience: eager
url: ${url}/upsell
onEntry:
  upsell_ready: true
  upsell_signal: '{{ person.plan }} hit {{ person.attempts }} of {{ account.name }}'
  attempts: { trait: attempts }
  seats: { trait: account.seats }
  missing: { trait: lastName }
onExit: { upsell_ready: false, attempts: { trait: attempts } }
traits: [plan]
`;
const SYNC_OF_FREE = (url: string, more: string) =>
  `---\nsync: free\naudience: on-free\nurl: ${url}/free\nonEntry: { free: true }\nonExit: { free: false }\n${more}`;

let mailbox: TestMailbox;
let engine: TimeSkippingEngine;
let server: TestServer;
let crm: Receiver;
beforeAll(async () => {
  mailbox = await testMailbox();
  crm = await receiver(() => 200);
  engine = await timeSkippingEngine({ workspace: await workspaceWith(''), smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server.close();
  await engine.stop();
  await crm.close();
  await mailbox.close();
});

const TRAITS = 'traits: { plan: string, lastName: string }\naccountTraits: { name: string, seats: number }\n';
const workspaceWith = (more: string, free = 'is: free') =>
  workspaceOf({
    'settings.yaml': settingsFile(TRAITS),
    'all.yaml': definitions(crm.url).replace('is: free', free) + more,
  });

const attempted = (userId: string) => engine.send({ name: 'Premium Feature Attempted', userId });
const callsAbout = (userId: string, sync = 'crm-upsell'): readonly Call[] =>
  crm.calls.filter(({ body }) => body.person.userId === userId && body.sync === sync);

/** Everything that was to be told has been told. */
const told = async () => {
  await engine.settled();
  await eventually(async () => {
    const { items } = await server.api<{ items: { waiting: number }[] }>('/api/syncs');
    expect(items.map(({ waiting }) => waiting)).toEqual(items.map(() => 0));
  });
};

describe('a live sync', () => {
  test('tells of an entry by event and an exit by the clock, with fields as they were at that instant', async () => {
    const occurredAt = new Date(engine.clock.now() - SECOND).toISOString();
    const ada = { userId: 'ada', occurredAt };
    await engine.send(
      { type: 'group', name: 'group', groupId: 'navy', traits: { name: 'Navy', seats: 12 }, ...ada },
      { type: 'identify', name: 'identify', anonymousId: 'browser-1', traits: { plan: 'free' }, ...ada },
      { name: 'Premium Feature Attempted', ...ada },
      { name: 'Premium Feature Attempted', ...ada },
      // In the same batch, and later than the entry.
      { type: 'identify', name: 'identify', userId: 'ada', traits: { plan: 'team' } },
      { name: 'Premium Feature Attempted', userId: 'ada' },
    );
    await told();
    expect(callsAbout('ada').map(({ body }) => body)).toEqual([
      {
        id: expect.stringMatching(/^crm-upsell\/\d+\/\d+$/),
        sync: 'crm-upsell',
        audience: 'eager',
        type: 'entered',
        at: occurredAt,
        person: { userId: 'ada', anonymousId: 'browser-1', traits: { plan: 'free' } },
        fields: { upsell_ready: true, upsell_signal: 'free hit 2 of Navy', attempts: 2, seats: 12, missing: null },
      },
    ]);
    await engine.pass(7 * DAY);
    await told();
    expect(callsAbout('ada')[1]?.body).toMatchObject({
      type: 'left',
      at: new Date(Date.parse(occurredAt) + 7 * DAY).toISOString(),
      fields: { upsell_ready: false, attempts: 1 },
    });
  });

  test('tells each change once: as many as the log of the audience has', async () => {
    for (const userId of ['bob', 'cid', 'dan']) {
      await attempted(userId);
      await attempted(userId);
    }
    await engine.pass(8 * DAY);
    for (const userId of ['bob', 'cid']) {
      await attempted(userId);
      await attempted(userId);
    }
    await told();
    expect(callsAbout('bob').map(({ body }) => body.type)).toEqual(['entered', 'left', 'entered']);
    const { db } = engine.database;
    const logged = await db.selectFrom('audience_changes').select('id').where('audience', '=', 'eager').execute();
    const rows = await db.selectFrom('sync_deliveries').select('change_id').where('sync', '=', 'crm-upsell').execute();
    expect(rows.map((row) => row.change_id).sort()).toEqual(logged.map(({ id }) => id).sort());
    expect(crm.calls.filter(({ before }) => before > 0)).toEqual([]);
  });

  test('tells of those who are there already, or who come by a new definition, only where it is asked to', async () => {
    await engine.identify('eve', { plan: 'free' });
    await engine.identify('fay', { plan: 'team' });
    await engine.settled();
    await engine.publish(await workspaceWith(SYNC_OF_FREE(crm.url, '')));
    await told();
    expect(crm.calls.filter(({ body }) => body.sync === 'free')).toEqual([]);

    await engine.publish(await workspaceWith(''));
    await engine.publish(await workspaceWith(SYNC_OF_FREE(crm.url, 'includeExisting: true\n')));
    await told();
    await eventually(() => expect(callsAbout('eve', 'free')).toHaveLength(1));
    expect(callsAbout('eve', 'free')[0]?.body).toMatchObject({ type: 'entered', fields: { free: true } });

    const sync = SYNC_OF_FREE(crm.url, 'includeExisting: true\n');
    await engine.publish(await workspaceWith(sync, 'in: [free, team]'));
    await told();
    await eventually(() => expect(callsAbout('fay', 'free')).toHaveLength(1));
    expect(callsAbout('eve', 'free')).toHaveLength(1);
    await engine.identify('fay', { plan: 'pro' });
    await told();
    expect(callsAbout('fay', 'free').map(({ body }) => body.type)).toEqual(['entered', 'left']);
  });

  test('tells that a visitor has left who turns out to be somebody known, and of that person with the joint history', async () => {
    const visitor = { anonymousId: 'browser-2' };
    await attempted('gus');
    await engine.send({ name: 'Premium Feature Attempted', ...visitor });
    await engine.send({ name: 'Premium Feature Attempted', ...visitor });
    await told();
    await engine.send({ type: 'identify', name: 'identify', userId: 'gus', ...visitor });
    await told();
    const calls = crm.calls.filter(({ body }) => body.person.anonymousId === 'browser-2');
    // Two people to whoever is told, so only the visitor's own calls are in order.
    const said = calls.map(({ body }) => [body.person.userId, body.type, body.fields.attempts]);
    expect(said.filter(([userId]) => userId === null)).toEqual([
      [null, 'entered', 2],
      [null, 'left', 2],
    ]);
    expect(said.filter(([userId]) => userId === 'gus')).toEqual([['gus', 'entered', 3]]);
  });

  test('is shown with what it told, page by page, and sends it again with the same ids', async () => {
    const { items } = await server.api<{ items: { key: string; delivered: number }[] }>('/api/syncs');
    const crmUpsell = items.find(({ key }) => key === 'crm-upsell');
    expect(crmUpsell).toMatchObject({ audience: 'eager', failed: 0, oldestWaiting: null, stopped: null });
    const seen: string[] = [];
    let cursor = '';
    do {
      type Page = { items: { id: string; status: string }[]; next: string | null };
      const page = await server.api<Page>(`/api/syncs/crm-upsell/deliveries?limit=3${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(crmUpsell?.delivered ?? -1);

    const before = crm.calls.length;
    expect(await server.api('/api/syncs/crm-upsell/replay', { personId: 'bob' })).toEqual({ changes: 3, people: 1 });
    await told();
    const again = crm.calls.slice(before);
    expect(again.map(({ body }) => body.id)).toEqual(
      callsAbout('bob')
        .slice(0, 3)
        .map(({ body }) => body.id),
    );
    expect(again.map(({ text }) => text)).toEqual(
      callsAbout('bob')
        .slice(0, 3)
        .map(({ text }) => text),
    );
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('throughline_sync_waiting{sync="crm-upsell"} 0');
    expect(metrics).toMatch(/throughline_sync_delivered\{sync="crm-upsell"\} [1-9]/);
  });

  test.each([
    ['/api/syncs/crm-upsel/replay', { failed: true }, 404, 'Did you mean `crm-upsell`?'],
    ['/api/syncs/crm-upsell/replay', { personId: 'nobody' }, 404, 'There is no person'],
    ['/api/syncs/crm-upsell/replay', { from: '2026-03-02T00:00:00Z', to: '2026-03-01T00:00:00Z' }, 400, 'Send a later'],
    ['/api/syncs/crm-upsell/replay', {}, 400, '`from` and `to`, or `personId`'],
  ])('%s with %j is refused', async (path, body, status, message) => {
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
    const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(message);
  });
});
