import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { emailFile, settingsFile } from './templates.ts';

const TRAITS = `
trait: active_users
of: accounts
people: { event: '*', within: 30d }
---
trait: seat_use
of: accounts
ratio: { of: active_users, to: licensed_seats }
---
trait: users
of: accounts
people: { event: Member Joined }
---
trait: user_growth
of: accounts
growth: { of: users, over: 30d }
---
trait: new_departments
of: accounts
newList: { event: [Member Joined, Member Changed], property: department, within: 30d }
`;

const AUDIENCES = `
audience: at-capacity
of: accounts
trait: seat_use
atLeast: 0.8
---
audience: growing
of: accounts
trait: user_growth
atLeast: 0.2
---
audience: legal-is-new
of: accounts
trait: new_departments
contains: legal
---
audience: has-power-user
of: accounts
people: { audience: power-users }
---
audience: power-users
event: Export Completed
times: { atLeast: 2 }
---
audience: admins-at-capacity
all:
  - { trait: role, is: admin }
  - { account: { audience: at-capacity } }
---
audience: colleagues-of-power-users
account: { audience: has-power-user }
---
audience: on-enterprise
trait: account.plan
is: enterprise
`;

const JOURNEY = `
journey: capacity-ceiling
enter: { audience: admins-at-capacity }
steps: [{ email: more-seats }]
`;

const LATER = `
audience: big
of: accounts
people: { that: { trait: role, exists: true }, howMany: { atLeast: 2 } }
---
audience: admins-of-big
all:
  - { trait: role, is: admin }
  - { account: { audience: big } }
`;

const SETTINGS = settingsFile(
  'traits: { email: string, role: string, department: string }\naccountTraits: { licensed_seats: number, plan: string }\n',
);

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

const files = {
  'settings.yaml': SETTINGS,
  'traits.yaml': TRAITS,
  'audiences.yaml': AUDIENCES,
  'journey.yaml': JOURNEY,
  'more-seats.mjml': emailFile('more-seats', 'Your team is nearly out of seats, {{ account.plan }}'),
};

beforeAll(async () => {
  mailbox = await testMailbox();
  engine = await timeSkippingEngine({ workspace: await workspaceOf(files), smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const group = (userId: string, groupId: string, traits: JsonObject = {}) =>
  engine.send({ type: 'group', name: 'group', userId, groupId, traits });
const active = (userId: string, context: JsonObject = {}) => engine.send({ name: 'Logged In', userId, context });

interface AccountPage {
  id: string;
  traits: JsonObject;
  people: number;
  members: { person: { userId: string } }[];
  audiences: { audience: string }[];
  events: { name: string; person: { userId: string }; properties: JsonObject }[];
}
const page = (id: string) => server.api<AccountPage>(`/api/accounts/${id}`);
const audiencesOf = async (id: string) => {
  await engine.settled();
  return (await page(id)).audiences.map(({ audience }) => audience);
};

describe('E1 capacity of an account', () => {
  test('active seats against licensed seats: entered with the person who fills it, left when one falls silent', async () => {
    await engine.identify('boss', { role: 'admin', email: 'boss@example.test' });
    await group('boss', 'acme', { licensed_seats: 5, plan: 'team' });
    for (const userId of ['a1', 'a2', 'a3']) await group(userId, 'acme');
    for (const userId of ['boss', 'a1', 'a1', 'a2']) await active(userId);
    expect(await audiencesOf('acme')).toEqual([]);
    expect(await engine.audiencesOf('boss')).toEqual([]);

    await engine.pass(HOUR);
    await active('a3');
    expect(await audiencesOf('acme')).toEqual(['at-capacity']);
    await engine.pass(0);
    // The admin hears of it, enters by it, and nobody else does.
    expect(await engine.audiencesOf('boss')).toEqual(['admins-at-capacity']);
    expect(await engine.audiencesOf('a1')).toEqual([]);
    const runs = await engine.runsOf('boss', 'capacity-ceiling');
    expect(runs).toHaveLength(1);
    expect(runs[0]?.enteredAt.getTime()).toBe(engine.clock.now());
    await engine.pass(MINUTE);
    expect(mailbox.messagesTo('boss@example.test')[0]?.text).toContain('out of seats, team');

    await engine.pass(30 * DAY - HOUR - 2 * MINUTE);
    expect(await audiencesOf('acme')).toEqual(['at-capacity']);
    await engine.pass(MINUTE);
    expect(await audiencesOf('acme')).toEqual([]);
    expect(await engine.audiencesOf('boss')).toEqual([]);
  });

  test('users grow by a fifth over 30 days', async () => {
    for (const userId of ['g1', 'g2', 'g3', 'g4', 'g5']) await group(userId, 'grow');
    await engine.pass(40 * DAY);
    expect(await audiencesOf('grow')).toEqual([]);
    await group('g1', 'grow');
    expect(await audiencesOf('grow')).toEqual([]);
    await group('g6', 'grow');
    expect(await audiencesOf('grow')).toEqual(['growing']);
    await engine.pass(30 * DAY);
    expect(await audiencesOf('grow')).toEqual([]);
  });
});

describe('E11 departments', () => {
  test('one that nobody of the account had before is new, whether its people join or move', async () => {
    await engine.identify('d1', { department: 'sales' });
    await group('d1', 'dept');
    await engine.pass(40 * DAY);
    await engine.identify('d2', { department: 'sales' });
    await group('d2', 'dept');
    expect(await audiencesOf('dept')).toEqual(['growing']);

    await engine.identify('d2', { department: 'legal' });
    expect(await audiencesOf('dept')).toEqual(['growing', 'legal-is-new']);
    const { events } = await page('dept');
    expect(events.map(({ name, person, properties }) => [name, person.userId, properties.department])).toEqual([
      ['Member Changed', 'd2', 'legal'],
      ['Member Joined', 'd2', 'sales'],
      ['Member Joined', 'd1', 'sales'],
    ]);
    await engine.pass(31 * DAY);
    await engine.identify('d3', { department: 'legal' });
    await group('d3', 'dept');
    expect(await audiencesOf('dept')).not.toContain('legal-is-new');
  });
});

describe('C1 people and accounts', () => {
  test('an event belongs to the account it names, else to the one its person joined last', async () => {
    await group('u1', 'first');
    await engine.pass(MINUTE);
    await group('u1', 'second');
    await active('u1');
    await active('u1', { groupId: 'first' });
    await active('u1', { groupId: 'never-heard-of' });
    await engine.settled();
    const names = async (id: string) => (await page(id)).events.map(({ name }) => name);
    expect(await names('first')).toEqual(['Logged In', 'Member Joined']);
    expect(await names('second')).toEqual(['Logged In', 'Member Joined']);
    expect(await names('never-heard-of')).toEqual(['Logged In']);
    expect((await page('never-heard-of')).people).toBe(0);
  });

  test('a colleague’s doing reaches a person over the account, and a newcomer finds things as they are', async () => {
    await group('c1', 'chain');
    await group('c2', 'chain');
    await engine.send({ name: 'Export Completed', userId: 'c1' }, { name: 'Export Completed', userId: 'c1' });
    expect(await audiencesOf('chain')).toEqual(['has-power-user']);
    expect(await engine.audiencesOf('c2')).toEqual(['colleagues-of-power-users']);
    await group('c3', 'chain');
    await engine.settled();
    expect(await engine.audiencesOf('c3')).toEqual(['colleagues-of-power-users']);
  });

  test('a trait of the account reaches everybody in it, and whoever says it at once', async () => {
    await group('t1', 'traits');
    await engine.settled();
    await group('t2', 'traits', { plan: 'enterprise' });
    await engine.settled();
    expect(await engine.audiencesOf('t1')).toEqual(['on-enterprise']);
    expect(await engine.audiencesOf('t2')).toEqual(['on-enterprise']);
    await group('t1', 'traits', { plan: 'team' });
    await engine.settled();
    expect(await engine.audiencesOf('t2')).toEqual([]);
    expect((await page('traits')).traits).toEqual({ plan: 'team' });
  });

  test('two visitors who turn out to be one person are one of the account’s people', async () => {
    await group('m1', 'merging', { licensed_seats: 2 });
    await engine.send({ type: 'group', name: 'group', anonymousId: 'visitor', groupId: 'merging', traits: {} });
    await engine.send({ name: 'Logged In', anonymousId: 'visitor' });
    await active('m1');
    expect(await audiencesOf('merging')).toEqual(['at-capacity']);
    await engine.send({ type: 'identify', name: 'identify', userId: 'm1', anonymousId: 'visitor', traits: {} });
    expect(await audiencesOf('merging')).toEqual([]);
    expect((await page('merging')).people).toBe(1);
  });

  test('lists of accounts and of an audience of accounts, and why one is in it', async () => {
    await group('l1', 'listed', { licensed_seats: 1 });
    await active('l1');
    await engine.settled();
    const first = await server.api<{ items: { id: string; people: number }[]; next: string }>('/api/accounts?limit=1');
    expect(first.items).toMatchObject([{ id: 'acme', people: 4 }]);
    const second = await server.api<{ items: { id: string }[] }>(`/api/accounts?limit=1&cursor=${first.next}`);
    expect(second.items.map(({ id }) => id)).toEqual(['grow']);
    const { items } = await server.api<{ items: unknown[] }>('/api/audiences/at-capacity/members');
    expect(items).toMatchObject([{ account: 'listed' }]);
    expect((await page('listed')).members).toMatchObject([{ person: { userId: 'l1' } }]);

    const why = await server.api('/api/accounts/listed/explain?audience=at-capacity');
    expect(why).toMatchObject({
      holds: true,
      explanation: { clause: expect.stringContaining('at least 0.8'), found: 1 },
    });
    const wrong = await server.app.inject({
      url: '/api/accounts/listed/explain?audience=power-users',
      headers: { authorization: 'Bearer api-key' },
    });
    expect(wrong.json().error).toMatchObject({ message: 'The audience `power-users` is of people' });
  });

  test('audiences of both kinds that are published later fill in silence', async () => {
    const joins = 'journey: welcome-big\nenter: { audience: admins-of-big }\nsteps: [{ email: more-seats }]\n';
    await engine.identify('p1', { role: 'admin', email: 'p1@example.test' });
    await engine.identify('p2', { role: 'user' });
    await group('p1', 'later');
    await group('p2', 'later');
    await engine.settled();
    await engine.publish(await workspaceOf({ ...files, 'later.yaml': LATER, 'welcome.yaml': joins }));
    await engine.settled();
    expect(await audiencesOf('later')).toContain('big');
    expect(await engine.audiencesOf('p1')).toContain('admins-of-big');
    expect(await engine.runsOf('p1', 'welcome-big')).toEqual([]);
    // Whoever comes to be in it from now on enters.
    await engine.identify('p2', { role: 'admin', email: 'p2@example.test' });
    await engine.settled();
    expect(await engine.runsOf('p2', 'welcome-big')).toHaveLength(1);
  });
});
