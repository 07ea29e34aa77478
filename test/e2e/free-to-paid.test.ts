import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isHeldOut } from '../../src/core/entry.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';

import { checkedWorkspace } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyFor } from './story.ts';

const SHIPPED = fileURLToPath(new URL('../../journeys', import.meta.url));

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;
/** What happens while the mail server is asked to take a message for this address; it then answers 451 once. */
const meanwhile = new Map<string, () => Promise<void>>();

beforeAll(async () => {
  mailbox = await testMailbox({
    defer: async (address) => {
      const happens = meanwhile.get(address);
      meanwhile.delete(address);
      await happens?.();
      return happens !== undefined;
    },
  });
  workspace = await checkedWorkspace(SHIPPED);
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const story = (userId: string) => storyFor(engine, userId, 'free-to-paid');
const addressOf = (userId: string) => `${userId}@example.test`;
const upgrade = (userId: string) => engine.send({ name: 'Account Upgraded', userId, properties: { plan: 'pro' } });
const actionsOf = async (userId: string) =>
  (await engine.messagesOf(userId)).map(({ step, status }) => `${step}: ${status}`);

/** A user id that chance puts on that side of the hold-out. */
function person(name: string, heldOut = false): string {
  const journey = workspace.journeys['free-to-paid']?.journey;
  if (journey === undefined) throw new Error('There is no journey free-to-paid');
  for (let index = 0; ; index += 1) if (isHeldOut(journey, `${name}-${index}`) === heldOut) return `${name}-${index}`;
}

/** Does what brings somebody into the audience, the last thing now. */
async function enter(userId: string): Promise<void> {
  const createdAt = new Date(engine.clock.now() - 20 * DAY).toISOString();
  await engine.identify(userId, { email: addressOf(userId), firstName: 'Ada', plan: 'free', createdAt });
  await engine.send(
    { name: 'Premium Feature Attempted', userId, properties: { feature: 'scheduled exports' } },
    ...[1, 2, 3, 4].map(() => ({ name: 'Export Completed', userId })),
  );
  await engine.settled();
  expect(await engine.audiencesOf(userId)).toContain('high-intent-free-users');
}

const VIEWED = [
  '0s wait-1h: waiting until 1h',
  '1h wait-1h: waited, time',
  '1h branch-upgrade-page-viewed: took if 1',
  '1h sales-task-upgrade-conversation: acted',
  '1h email-upgrade-direct: acted',
];
const NOT_VIEWED = [
  '0s wait-1h: waiting until 1h',
  '1h wait-1h: waited, time',
  '1h branch-upgrade-page-viewed: took else',
  '1h in-app-unlock-exports: acted',
];
const UPGRADED = 'ended converted, the goal was reached';

describe('A7 the expansion journey', () => {
  test('whoever saw the upgrade page in the last 7 days gets a sales task and an email after one hour', async () => {
    const userId = person('viewer');
    await engine.send({ name: 'Upgrade Page Viewed', userId });
    await engine.pass(3 * DAY);
    await enter(userId);
    await engine.pass(HOUR - MINUTE);
    expect(await actionsOf(userId)).toEqual([]);
    await engine.pass(MINUTE);
    expect(await story(userId)).toEqual(VIEWED);

    expect(await actionsOf(userId)).toEqual(['sales-task-upgrade-conversation: sent', 'email-upgrade-direct: sent']);
    const [email, ...more] = mailbox.messagesTo(addressOf(userId));
    expect(more).toEqual([]);
    expect(email?.text).toMatch(/Ada/);
    const [task] = await engine.tasksOf(userId);
    expect(task).toMatchObject({ owner: 'expansion', status: 'open' });
    expect(task?.brief).toContain('Exports in the last 30 days: 4');
    expect(task?.brief).toContain('(scheduled exports)');
  });

  test.each([
    ['did not see the upgrade page', undefined],
    ['saw it 8 days ago', 8 * DAY],
  ])('whoever %s gets an in-app message and nothing else', async (name, ago) => {
    const userId = person(name);
    if (ago !== undefined) {
      await engine.send({ name: 'Upgrade Page Viewed', userId });
      await engine.pass(ago);
    }
    await enter(userId);
    await engine.pass(2 * HOUR);
    expect(await story(userId)).toEqual(NOT_VIEWED);
    const [message, ...more] = await engine.messagesOf(userId);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ channel: 'in-app', status: 'sent' });
    expect(mailbox.messagesTo(addressOf(userId))).toEqual([]);
    expect(await engine.tasksOf(userId)).toEqual([]);
  });

  test('a page view within the hour of waiting counts', async () => {
    const userId = person('late-viewer');
    await enter(userId);
    await engine.pass(59 * MINUTE);
    await engine.send({ name: 'Upgrade Page Viewed', userId });
    await engine.pass(MINUTE);
    expect(await story(userId)).toEqual(VIEWED);
  });

  test('an upgrade ends the run at that moment', async () => {
    const userId = person('convert');
    await enter(userId);
    await engine.pass(5 * DAY);
    await upgrade(userId);
    await engine.settled();
    expect(await story(userId)).toEqual([...NOT_VIEWED, `5d run: ${UPGRADED}`]);
    const [run] = await engine.runsOf(userId);
    expect(await engine.client.workflow.getHandle(run?.id ?? '').result()).toBe('converted');
  });

  test('without an upgrade the run ends after 14 days', async () => {
    const userId = person('idle');
    await enter(userId);
    await engine.pass(15 * DAY);
    expect(await story(userId)).toEqual([...NOT_VIEWED, '14d run: ended timed-out, the time limit was reached']);
  });

  test('a support ticket ends the run, and the person is left alone', async () => {
    const userId = person('troubled');
    await enter(userId);
    await engine.pass(30 * MINUTE);
    await engine.send({ name: 'Support Ticket Opened', userId });
    await engine.pass(2 * HOUR);
    expect((await story(userId)).slice(1)).toEqual(['30m wait-1h: ended exited, the exit condition holds']);
    expect(await actionsOf(userId)).toEqual([]);
  });

  test('people held out go the same way at the same times and get nothing', async () => {
    const userId = person('held', true);
    await engine.send({ name: 'Upgrade Page Viewed', userId });
    await enter(userId);
    await engine.pass(15 * DAY);
    expect(await story(userId)).toEqual([
      ...VIEWED.slice(0, 3),
      '1h sales-task-upgrade-conversation: refused, held-out',
      '1h email-upgrade-direct: refused, held-out',
      '14d run: ended timed-out, the time limit was reached',
    ]);
    expect(mailbox.messagesTo(addressOf(userId))).toEqual([]);
    expect(await engine.tasksOf(userId)).toEqual([]);
  });
});

describe('A8 whoever has upgraded gets nothing more, at once', () => {
  test('an upgrade during the first wait: nothing at all', async () => {
    const userId = person('hasty');
    await engine.send({ name: 'Upgrade Page Viewed', userId });
    await enter(userId);
    await engine.pass(10 * MINUTE);
    await upgrade(userId);
    await engine.pass(20 * DAY);
    expect((await story(userId)).slice(1)).toEqual([`10m wait-1h: ${UPGRADED}`]);
    expect(await actionsOf(userId)).toEqual([]);
    expect(mailbox.messagesTo(addressOf(userId))).toEqual([]);
  });

  test('an upgrade at the very end of the first wait: nothing at all', async () => {
    const userId = person('just-in-time');
    await enter(userId);
    await engine.pass(HOUR - 1);
    await upgrade(userId);
    await engine.pass(HOUR);
    expect((await story(userId)).slice(1)).toEqual([`59m 59s 999ms wait-1h: ${UPGRADED}`]);
    expect(await actionsOf(userId)).toEqual([]);
  });

  test('an upgrade between reservation and delivery: the email stays here, and the record says why', async () => {
    const userId = person('between');
    meanwhile.set(addressOf(userId), async () => {
      await upgrade(userId);
      await eventually(async () => expect((await engine.runsOf(userId))[0]?.status).toBe('converted'));
    });
    await engine.send({ name: 'Upgrade Page Viewed', userId });
    await enter(userId);
    await engine.pass(HOUR);
    await engine.settled();
    await eventually(async () =>
      expect((await engine.messagesOf(userId)).at(-1)).toMatchObject({
        channel: 'email',
        status: 'refused',
        refusal: { reason: 'ended', outcome: 'converted' },
      }),
    );
    expect(mailbox.messagesTo(addressOf(userId))).toEqual([]);
    const [run] = await engine.runsOf(userId);
    expect(await engine.client.workflow.getHandle(run?.id ?? '').result()).toBe('converted');
  });

  test('an upgrade after the messages: the run is over, and re-qualifying starts none for 90 days', async () => {
    const userId = person('again');
    await enter(userId);
    await engine.pass(2 * HOUR);
    await upgrade(userId);
    await engine.identify(userId, { plan: 'pro' });
    await engine.pass(31 * DAY);
    expect(await engine.audiencesOf(userId)).not.toContain('high-intent-free-users');
    await enter(userId);
    await engine.pass(2 * HOUR);
    expect(await engine.runsOf(userId, 'free-to-paid')).toHaveLength(1);
    expect(await actionsOf(userId)).toEqual(['in-app-unlock-exports: sent']);
  });
});
