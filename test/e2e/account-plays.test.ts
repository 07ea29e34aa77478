import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { checkedWorkspace } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';

const PLAYS = fileURLToPath(new URL('../../plays/workspace', import.meta.url));

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await checkedWorkspace(PLAYS);
  // Nobody is held out here, whatever the names of the accounts.
  const journeys = Object.fromEntries(
    Object.entries(workspace.journeys).map(([key, one]) => [key, { ...one, journey: { ...one.journey, holdout: 0 } }]),
  );
  engine = await timeSkippingEngine({ workspace: { ...workspace, journeys }, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const group = (userId: string, groupId: string, traits: JsonObject = {}) =>
  engine.send({ type: 'group', name: 'group', userId, groupId, traits });
const does = (userId: string, name: string, properties: JsonObject = {}) => engine.send({ name, userId, properties });

async function team(account: string, people: Readonly<Record<string, JsonObject>>, traits: JsonObject = {}) {
  for (const [userId, own] of Object.entries(people)) {
    await engine.identify(userId, { email: `${userId}@example.test`, firstName: userId, ...own });
    await group(userId, account, traits);
  }
  await engine.settled();
}

interface Page {
  runs: { journey: string; status: string }[];
  messages: { template: string; status: string; person: { userId: string } | null }[];
  tasks: { id: string; title: string; brief: string }[];
}
const page = (account: string) => server.api<Page>(`/api/accounts/${account}`);
/** Oldest first. */
async function sentIn(account: string) {
  const { messages } = await page(account);
  const sent = messages.filter(({ status }) => status === 'sent');
  return sent.reverse().map(({ template, person }) => [template, person?.userId ?? null]);
}
const complete = async (account: string, outcome: string) => {
  const { tasks } = await page(account);
  await server.api(`/api/tasks/${encodeURIComponent(tasks[0]?.id ?? '')}/complete`, { by: 'sam', outcome });
  engine.nudge();
};

describe('E11 capacity ceiling, E8 the rep’s outcome steers, E9 the champion’s pack', () => {
  test('the champion has a report to pass on before a rep hears of the buyer, and the buyer hears from us last', async () => {
    await team('acme', { ann: { role: 'buyer' }, ben: {}, cem: {}, dora: {} }, { licensed_seats: 5, name: 'Acme' });
    for (const userId of ['ben', 'ben', 'ben', 'cem', 'ann']) await does(userId, 'Session Started');
    await engine.settled();
    expect((await page('acme')).runs).toEqual([]);
    await does('dora', 'Session Started');
    await engine.pass(MINUTE);
    expect(await sentIn('acme')).toEqual([['usage-report', 'ben']]);
    expect(mailbox.messagesTo('ben@example.test')[0]?.text).toContain(
      '4 people were active in the last 30 days, on 5 seats.',
    );
    expect(mailbox.messagesTo('ann@example.test')).toEqual([]);

    await engine.pass(3 * DAY);
    const { tasks } = await page('acme');
    expect(tasks[0]?.title).toBe('Acme is running out of seats');
    expect(tasks[0]?.brief).toContain('- champion: ben, ben@example.test\n- buyer: ann, ann@example.test\n');
    await complete('acme', 'not-now');
    await engine.pass(4 * DAY + MINUTE);
    expect(await sentIn('acme')).toEqual([
      ['usage-report', 'ben'],
      ['more-seats', null],
      ['seats-case-study', 'ann'],
    ]);
    await does('cem', 'Account Upgraded');
    await engine.settled();
    expect((await page('acme')).runs).toMatchObject([{ journey: 'capacity-ceiling', status: 'converted' }]);
  });

  test('a deal that is won gets no case study', async () => {
    await team('won', { wes: { role: 'buyer' }, xi: {} }, { licensed_seats: 2 });
    for (const userId of ['wes', 'xi']) await does(userId, 'Session Started');
    await engine.pass(3 * DAY + MINUTE);
    await complete('won', 'won');
    await engine.pass(10 * DAY);
    expect(await sentIn('won')).toEqual([
      ['usage-report', 'xi'],
      ['more-seats', null],
    ]);
  });
});

describe('E11 feature gap', () => {
  test('those who ran into it see what closes it; where nobody looks at the plans, the champion gets it on a page', async () => {
    await team('gap', { gil: { role: 'buyer' }, hal: {}, ivy: {} }, { name: 'Gap' });
    await does('ivy', 'Session Started');
    const tries = (userId: string, feature: string) => does(userId, 'Premium Feature Attempted', { feature });
    await tries('hal', 'audit log');
    await tries('hal', 'audit log');
    await tries('hal', 'roles');
    await engine.settled();
    expect((await page('gap')).runs).toEqual([]);
    await tries('ivy', 'roles');
    await engine.pass(MINUTE);
    expect(await sentIn('gap')).toEqual([
      ['feature-preview', 'hal'],
      ['feature-preview', 'ivy'],
    ]);
    await engine.pass(8 * DAY);
    expect(await sentIn('gap')).toEqual([
      ['feature-preview', 'hal'],
      ['feature-preview', 'ivy'],
      ['feature-brief', 'ivy'],
      ['feature-conversation', null],
    ]);
    const { tasks } = await page('gap');
    expect(tasks[0]?.title).toBe('Gap wants audit log, roles');
    expect(tasks[0]?.brief).toContain('- champion, blocked: ivy');
  });
});

describe('E11 department expansion', () => {
  test('newcomers are welcomed, and once they work with it their colleague and a rep hear of them', async () => {
    await team(
      'grown',
      { kim: { department: 'sales', role: 'buyer' }, leo: { department: 'sales' } },
      { name: 'Grown' },
    );
    await engine.pass(40 * DAY);
    await team('grown', { mia: { department: 'legal' } });
    await engine.pass(MINUTE);
    expect(await sentIn('grown')).toEqual([['department-welcome', 'mia']]);
    await engine.pass(6 * DAY);
    await does('leo', 'Session Started');
    for (let times = 0; times < 4; times += 1) await does('mia', 'Session Started');
    await engine.pass(DAY + HOUR);
    expect(await sentIn('grown')).toEqual([
      ['department-welcome', 'mia'],
      ['department-story', 'mia'],
      ['department-introduction', null],
    ]);
    expect((await page('grown')).tasks[0]?.title).toBe('legal of Grown came on board');
  });
});
