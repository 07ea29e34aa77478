import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyOf, timeText } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const WORKSPACE = `
journey: upsell
enter: { event: Pricing Viewed }
exit: { after: 10d }
steps:
  - set-trait: { looked: true }
  - email: receipt
  - in-app: tip
  - wait: 1d
  - email: news
---
journey: welcome
enter: { event: Pricing Viewed }
beforeMilestone: act
steps: [{ in-app: tip }]
---
journey: pushy
enter: { event: Pricing Viewed }
beforeMilestone: leave
steps: [{ in-app: tip }]
---
journey: by-day
enter: { event: Pricing Viewed }
exit: { after: 10d }
steps: [{ in-app: tip, send: { from: 9:00, to: 17:00 } }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;

beforeAll(async () => {
  mailbox = await testMailbox();
  workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'traits: { email: string, looked: boolean }\nmilestone: { any: [{ event: Project Created }, { trait: email, is: old@example.test }] }\n',
    ),
    'workspace.yaml': WORKSPACE,
    'tip.yaml': inAppFile('tip', 'tip'),
    'news.mjml': emailFile('news', 'news'),
    'receipt.mjml': emailFile('receipt', 'receipt', 'transactional: true\n'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

/** The stories of the person's runs by journey; the simulation is held against each. */
async function live(userId: string, createdAfter: number | null) {
  const traits = { email: `${userId}@example.test` };
  await engine.identify(userId, traits);
  await engine.settled();
  const start = engine.clock.now();
  await engine.send({ name: 'Pricing Viewed', userId });
  await engine.settled();
  if (createdAfter !== null) {
    await engine.pass(createdAfter);
    await engine.send({ name: 'Project Created', userId });
    await engine.settled();
  }
  await engine.pass(start + 11 * DAY - engine.clock.now());
  const events = [
    { event: 'Pricing Viewed', at: { after: 0 }, properties: {} },
    ...(createdAfter === null ? [] : [{ event: 'Project Created', at: { after: createdAfter }, properties: {} }]),
  ];
  const stories: Record<string, string[]> = {};
  for (const journey of ['upsell', 'welcome', 'pushy', 'by-day']) {
    const log = await engine.logOf(userId, journey);
    const simulated = simulate({ workspace, journey, persona: { userId, traits, start, events } });
    expect(simulated.runs.flatMap((run) => run.log)).toEqual(log);
    stories[journey] = storyOf(log, start);
  }
  return stories;
}

test('nothing is sent before the milestone, and the message that waited for it goes out at its instant', async () => {
  const { upsell, welcome, pushy } = await live('new', 2 * DAY + HOUR);
  expect(upsell).toEqual([
    '0s set-trait-looked: acted',
    '0s email-receipt: acted',
    '0s in-app-tip: held until 10d, milestone',
    '2d 1h in-app-tip: acted',
    '2d 1h wait-1d: waiting until 3d 1h',
    '3d 1h wait-1d: waited, time',
    '3d 1h email-news: acted',
    '3d 1h run: ended completed, all steps are done',
  ]);
  expect(welcome?.[0]).toBe('0s in-app-tip: acted');
  expect(pushy).toEqual(['0s run: ended exited, the first value milestone was not reached']);
});

test('whoever reaches it at night gets in the morning what goes out by day', async () => {
  const night = DAY - ((engine.clock.now() - 3 * HOUR) % DAY);
  const { 'by-day': story = [] } = await live('owl', night);
  const [reached, open] = [timeText(night), timeText(night + 6 * HOUR)];
  expect(story.slice(0, 3)).toEqual([
    '0s in-app-tip: held until 10d, milestone',
    `${reached} in-app-tip: held until ${open}, hours`,
    `${open} in-app-tip: acted`,
  ]);
});

test('whoever never reaches it gets nothing but receipts', async () => {
  const { upsell } = await live('never', null);
  expect(upsell?.slice(2)).toEqual([
    '0s in-app-tip: held until 10d, milestone',
    '10d run: ended timed-out, the time limit was reached',
  ]);
  expect(mailbox.messagesTo('never@example.test')).toHaveLength(1);
});

test('whoever has reached it long before notices nothing of it', async () => {
  expect((await live('old', null)).upsell?.[2]).toBe('0s in-app-tip: acted');
});
