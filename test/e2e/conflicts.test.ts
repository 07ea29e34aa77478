import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, SECOND } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

/** Twenty journeys that one event enters, of priorities from 0 to 95, in an order that is neither. */
const RUSH = Array.from({ length: 20 }, (_, index) => (index * 7) % 20)
  .map((index) => `journey: rush-${index}\nenter: { event: Rush }\npriority: ${index * 5}\nsteps: [{ in-app: note }]\n`)
  .join('---\n');

const WORKSPACE = `
journey: small
priority: 10
enter: { event: Small, again: always }
steps: [{ in-app: note }]
---
journey: great
priority: 90
enter: { event: Great, again: always }
steps: [{ email: news }]
---
journey: sales
priority: 50
enter: { event: Sales, again: always }
steps: [{ sales-task: call }]
---
journey: patient
priority: 5
enter: { event: Patient }
steps: [{ in-app: note, refused: wait }]
---
journey: team
enter: { event: Team }
steps: [{ in-app: team-note }]
`;
const MEMBERS = 12;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(`traits: { email: string }
settle: 30s
caps:
  - { category: marketing, atMost: 1, within: 1d }
  - { category: team, of: account, atMost: 3, within: 7d }
`),
    'workspace.yaml': WORKSPACE,
    'rush.yaml': RUSH,
    'note.yaml': inAppFile('note', 'note'),
    'team-note.yaml': inAppFile('team-note', 'note', 'category: team\n'),
    'call.yaml': `${salesTaskFile('call', 'call')}category: marketing\n`,
    'news.mjml': emailFile('news', 'news'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const outcomes = async (userId: string) =>
  Object.fromEntries(
    (await engine.messagesOf(userId)).map(({ journey, refusal }) => [journey, refusal?.reason ?? 'sent']),
  );

describe('messages of one person that want the same slot', () => {
  test('wait for each other, and the highest priority has it though it came last', async () => {
    await engine.identify('ada', { email: 'ada@example.test' });
    await engine.send({ name: 'Small', userId: 'ada' });
    await engine.pass(10 * SECOND);
    await engine.send({ name: 'Sales', userId: 'ada' });
    await engine.pass(10 * SECOND);
    await engine.send({ name: 'Great', userId: 'ada' });
    await engine.settled();
    expect(await engine.messagesOf('ada')).toEqual([]);
    await engine.pass(HOUR);
    expect(await outcomes('ada')).toEqual({ small: 'cap', sales: 'cap', great: 'sent' });
    expect(mailbox.messagesTo('ada@example.test')).toHaveLength(1);
  });

  test('one of them that has ended meanwhile leaves its slot to the next', async () => {
    await engine.send({ name: 'Sales', userId: 'bea' });
    await engine.pass(10 * SECOND);
    await engine.send({ name: 'Great', userId: 'bea' });
    await engine.pass(10 * SECOND);
    await engine.db
      .updateTable('runs')
      .set({ status: 'exited' })
      .where('journey', '=', 'great')
      .where('status', '=', 'active')
      .execute();
    await engine.pass(HOUR);
    expect(await outcomes('bea')).toEqual({ sales: 'sent' });
  });

  test('are settled by priority where twenty journeys want the same person at once', async () => {
    await engine.send({ name: 'Rush', userId: 'wanted' });
    await engine.pass(HOUR);
    const all = await outcomes('wanted');
    expect(Object.entries(all).filter(([, outcome]) => outcome === 'sent')).toEqual([['rush-19', 'sent']]);
    expect(Object.keys(all)).toHaveLength(20);
  });

  test('and wait for a cap are weighed again when it is free', async () => {
    await engine.send({ name: 'Small', userId: 'cleo' });
    await engine.pass(HOUR);
    await engine.send({ name: 'Patient', userId: 'cleo' });
    await engine.pass(DAY - HOUR + 30 * SECOND);
    // The slot is free at this very instant, and the patient one is a candidate for it.
    await engine.send({ name: 'Sales', userId: 'cleo' });
    await engine.pass(HOUR);
    expect(await outcomes('cleo')).toEqual({ small: 'sent', sales: 'sent' });
    await engine.pass(2 * DAY);
    expect(await outcomes('cleo')).toEqual({ small: 'sent', sales: 'sent', patient: 'sent' });
  });
});

test('a cap of an account holds over all its people at once, and counts no other account’s', async () => {
  const members = (account: string) => Array.from({ length: MEMBERS }, (_, index) => `${account}-${index}`);
  const everybody = [...members('acme'), ...members('umbrella'), 'loner'];
  for (const account of ['acme', 'umbrella'])
    await engine.send(
      ...members(account).map((userId) => ({
        type: 'group' as const,
        name: 'group',
        userId,
        groupId: account,
        traits: {},
      })),
    );
  await engine.settled();
  await engine.send(...everybody.map((userId) => ({ name: 'Team', userId })));
  await engine.pass(HOUR);
  const sentTo = async (userIds: string[]) =>
    (await Promise.all(userIds.map(outcomes))).filter(({ team }) => team === 'sent').length;
  expect(await sentTo(members('acme'))).toBe(3);
  expect(await sentTo(members('umbrella'))).toBe(3);
  expect(await sentTo(['loner'])).toBe(1);
});
