import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Occasion } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyOf } from './story.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

/** The same banner three times, a day apart, with an email and a sales task between. */
const WORKSPACE = `
journey: nudges
enter: { event: Start, again: always }
steps:
  - { id: first, in-app: banner }
  - wait: 1d
  - { id: second, in-app: banner }
  - { id: mail, email: news }
  - wait: 1d
  - { id: third, in-app: banner }
  - { id: other, in-app: tip }
  - sales-task: call
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;

beforeAll(async () => {
  mailbox = await testMailbox();
  workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'workspace.yaml': WORKSPACE,
    'banner.yaml': inAppFile('banner', 'banner', 'category: product\n'),
    'tip.yaml': inAppFile('tip', 'tip', 'category: product\n'),
    'call.yaml': salesTaskFile('call', 'call'),
    'news.mjml': emailFile('news', 'news', 'category: news\n'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

/** What became of the messages, by the engine; the simulation of the same is held against it. */
async function live(userId: string, ...said: { after: number; name: string; properties: JsonObject }[]) {
  const traits = { email: `${userId}@example.test` };
  await engine.identify(userId, traits);
  await engine.settled();
  const start = engine.clock.now();
  await engine.send({ name: 'Start', userId });
  await engine.settled();
  for (const { after, name, properties } of said) {
    await engine.pass(start + after - engine.clock.now());
    await engine.send({ name, userId, properties });
    await engine.settled();
  }
  await engine.pass(start + 3 * DAY - engine.clock.now());
  const events: Occasion[] = [
    { event: 'Start', at: { after: 0 }, properties: {} },
    ...said.map(({ after, name: event, properties }) => ({ event, at: { after }, properties })),
  ];
  const simulated = simulate({ workspace, journey: 'nudges', persona: { userId, traits, start, events } });
  const story = storyOf(await engine.logOf(userId, 'nudges'), start);
  expect(simulated.runs.flatMap(({ log }) => storyOf(log, start))).toEqual(story);
  return story
    .filter((line) => !line.includes('wait') && !line.includes('run:'))
    .map((line) => line.replace(/^\S+ /, ''));
}

const dismissed = (after: number, properties: JsonObject) => ({
  after,
  name: 'In-App Message Dismissed',
  properties: { template: 'banner', ...properties },
});

describe('what a person says is respected by every step from then on', () => {
  test('dismissed: this run does not bring it up again, the next one may', async () => {
    expect(await live('dismisser', dismissed(HOUR, {}))).toEqual([
      'first: acted',
      'second: refused, dismissed',
      'mail: acted',
      'third: refused, dismissed',
      'other: acted',
      'sales-task-call: acted',
    ]);
    await engine.send({ name: 'Start', userId: 'dismisser' });
    await engine.settled();
    expect((await engine.messagesOf('dismisser')).at(-1)).toMatchObject({ step: 'first', status: 'sent' });
  });

  test('snoozed: not before the instant, and from it on', async () => {
    const snoozeUntil = (days: number) => new Date(engine.clock.now() + days * DAY).toISOString();
    expect(await live('snoozer', dismissed(HOUR, { choice: 'snooze', snoozeUntil: snoozeUntil(1.5) }))).toEqual([
      'first: acted',
      'second: refused, snoozed',
      'mail: acted',
      'third: acted',
      'other: acted',
      'sales-task-call: acted',
    ]);
  });

  test('never this', async () => {
    expect(await live('never', dismissed(HOUR, { choice: 'never-this' }))).toEqual([
      'first: acted',
      'second: refused, never-this',
      'mail: acted',
      'third: refused, never-this',
      'other: acted',
      'sales-task-call: acted',
    ]);
  });

  test('never any of the category', async () => {
    expect(await live('category', dismissed(25 * HOUR, { choice: 'never-any' }))).toEqual([
      'first: acted',
      'second: acted',
      'mail: acted',
      'third: refused, suppressed',
      'other: refused, suppressed',
      'sales-task-call: acted',
    ]);
  });

  test('nothing of this journey', async () => {
    const story = await live('journey', dismissed(HOUR, { choice: 'never-this', of: 'journey', journey: 'nudges' }));
    expect(story.slice(1)).toEqual([
      'second: refused, never-this',
      'mail: refused, never-this',
      'third: refused, never-this',
      'other: refused, never-this',
      'sales-task-call: refused, never-this',
    ]);
  });

  test('unsubscribed elsewhere, as a mail service tells it', async () => {
    const story = await live('elsewhere', {
      after: HOUR,
      name: 'Unsubscribed',
      properties: { unsubscribed_from: 'news' },
    });
    expect(story.filter((line) => line.startsWith('mail'))).toEqual(['mail: refused, suppressed']);
  });
});
