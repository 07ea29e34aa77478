import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyFor, storyOf } from './story.ts';
import { inAppFile, settingsFile } from './templates.ts';

const JOURNEYS = `
journey: waiting
enter: { event: Wait }
steps:
  - wait: 90m
  - wait: 30d
exit: { after: 60d }
---
journey: wait-for-event
enter: { event: Wait For Event }
steps:
  - wait-until: { event: Looked, since: entry }
    timeout: 2d
    onTimeout:
      - in-app: too-late
  - in-app: after
---
journey: wait-for-silence
enter: { event: Wait For Silence }
steps:
  - wait-until: { event: '*', times: { exactly: 0 }, within: 3d }
    timeout: 20d
  - in-app: after
---
journey: wait-for-nothing
enter: { event: Wait For Nothing }
steps:
  - wait-until: { event: Looked, within: 7d }
    timeout: 2d
  - in-app: after
---
journey: branching
enter: { event: Branch }
steps:
  - branch:
      - if: { trait: plan, is: pro }
        then:
          - in-app: for-pros
      - if: { trait: seats, atLeast: 10 }
        then:
          - in-app: for-many
      - else:
          - in-app: for-others
  - in-app: after
---
journey: without-else
enter: { event: Branch Without Else }
steps:
  - branch:
      - if: { trait: plan, is: pro }
        then:
          - in-app: for-pros
  - in-app: after
---
journey: splitting
enter: { event: Split, again: always }
steps:
  - split:
      left: { share: 30%, steps: [{ in-app: for-pros }] }
      right: { share: 70%, steps: [] }
---
journey: leaving
enter: { event: Leave }
steps:
  - branch:
      - if: { trait: plan, is: pro }
        then:
          - exit: is on Pro already
  - in-app: after
---
journey: limited
enter: { event: Limit }
goal: { event: Bought }
exit: { after: 3d }
steps:
  - wait: 1d
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { plan: string, seats: number }\n'),
    'journeys.yaml': JOURNEYS,
    ...Object.fromEntries(
      ['after', 'too-late', 'for-pros', 'for-many', 'for-others'].map((key) => [`${key}.yaml`, inAppFile(key, key)]),
    ),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const story = (userId: string, journey: string) => storyFor(engine, userId, journey);

describe('a wait', () => {
  test('ends exactly when it is over, and the next one begins there', async () => {
    await engine.send({ name: 'Wait', userId: 'patient' });
    await engine.pass(40 * DAY);
    expect(await story('patient', 'waiting')).toEqual([
      '0s wait-90m: waiting until 1h 30m',
      '1h 30m wait-90m: waited, time',
      '1h 30m wait-30d: waiting until 30d 1h 30m',
      '30d 1h 30m wait-30d: waited, time',
      '30d 1h 30m run: ended completed, all steps are done',
    ]);
  });
});

describe('past its last step', () => {
  test('a run stays for its goal', async () => {
    await engine.send({ name: 'Limit', userId: 'buyer' });
    await engine.pass(2 * DAY);
    await engine.send({ name: 'Bought', userId: 'buyer' });
    await engine.settled();
    expect((await story('buyer', 'limited')).slice(1)).toEqual([
      '1d wait-1d: waited, time',
      '2d run: ended converted, the goal was reached',
    ]);
  });

  test('a run stays no longer than the time limit', async () => {
    await engine.send({ name: 'Limit', userId: 'looker' });
    await engine.pass(6 * DAY);
    expect((await story('looker', 'limited')).slice(1)).toEqual([
      '1d wait-1d: waited, time',
      '3d run: ended timed-out, the time limit was reached',
    ]);
  });
});

describe('a wait until something happens', () => {
  test('ends when it happens', async () => {
    await engine.send({ name: 'Wait For Event', userId: 'quick' });
    await engine.pass(5 * HOUR);
    await engine.send({ name: 'Looked', userId: 'quick' });
    await engine.pass(2 * DAY);
    expect(await story('quick', 'wait-for-event')).toEqual([
      '0s wait-until-looked: waiting until 2d',
      '5h wait-until-looked: waited, condition',
      '5h in-app-after: acted',
      '5h run: ended completed, all steps are done',
    ]);
  });

  test('ends at its timeout otherwise, and the steps for that come first', async () => {
    await engine.send({ name: 'Wait For Event', userId: 'slow' });
    await engine.pass(3 * DAY);
    await engine.send({ name: 'Looked', userId: 'slow' });
    await engine.settled();
    expect(await story('slow', 'wait-for-event')).toEqual([
      '0s wait-until-looked: waiting until 2d',
      '2d wait-until-looked: waited, timeout',
      '2d in-app-too-late: acted',
      '2d in-app-after: acted',
      '2d run: ended completed, all steps are done',
    ]);
  });

  test('ends when the clock alone makes it true, counted from the last event', async () => {
    await engine.send({ name: 'Wait For Silence', userId: 'silent' });
    await engine.pass(DAY + 7 * MINUTE);
    await engine.send({ name: 'Looked', userId: 'silent' });
    await engine.pass(4 * DAY);
    expect(await story('silent', 'wait-for-silence')).toEqual([
      '0s wait-until-any-event: waiting until 20d',
      '4d 7m wait-until-any-event: waited, condition',
      '4d 7m in-app-after: acted',
      '4d 7m run: ended completed, all steps are done',
    ]);
  });

  test('is over at once where it is true on arrival', async () => {
    await engine.send({ name: 'Looked', userId: 'early' }, { name: 'Wait For Nothing', userId: 'early' });
    await engine.settled();
    expect(await story('early', 'wait-for-nothing')).toEqual([
      '0s wait-until-looked: waited, condition',
      '0s in-app-after: acted',
      '0s run: ended completed, all steps are done',
    ]);
  });
});

describe('a branch', () => {
  test.each([
    ['the first way whose condition holds', { plan: 'pro', seats: 20 }, 'if 1', 'in-app-for-pros'],
    ['the second where the first does not hold', { plan: 'free', seats: 20 }, 'if 2', 'in-app-for-many'],
    ['the else where none holds', { plan: 'free', seats: 2 }, 'else', 'in-app-for-others'],
  ])('takes %s, and goes on after it', async (_what, traits, way, step) => {
    const userId = `at-branch-${way}`;
    await engine.identify(userId, traits);
    await engine.send({ name: 'Branch', userId });
    await engine.settled();
    expect(await story(userId, 'branching')).toEqual([
      `0s branch-plan: took ${way}`,
      `0s ${step}: acted`,
      '0s in-app-after: acted',
      '0s run: ended completed, all steps are done',
    ]);
  });

  test('without an else is passed where nothing holds', async () => {
    await engine.send({ name: 'Branch Without Else', userId: 'nobody-in-particular' });
    await engine.settled();
    expect(await story('nobody-in-particular', 'without-else')).toEqual([
      '0s branch-plan: took else',
      '0s in-app-after: acted',
      '0s run: ended completed, all steps are done',
    ]);
  });
});

test('a split gives every way its share, and a person the same way every time', async () => {
  const people = Array.from({ length: 60 }, (_, index) => `drawn-${index}`);
  const split = people.map((userId) => ({ name: 'Split', userId }));
  await engine.send(...split);
  await engine.settled();
  await engine.pass(HOUR);
  await engine.send(...split);
  await engine.settled();

  const ways = await Promise.all(
    people.map(async (userId) => {
      const log = await engine.logOf(userId, 'splitting');
      return storyOf(log, 0).flatMap((line) => /took (\w+)/.exec(line)?.[1] ?? []);
    }),
  );
  for (const [first, second, ...more] of ways) expect([second, more]).toEqual([first, []]);
  const left = ways.filter(([way]) => way === 'left').length;
  expect(left).toBeGreaterThan(60 * 0.15);
  expect(left).toBeLessThan(60 * 0.45);
});

test('an exit ends the run for its reason', async () => {
  await engine.identify('pro', { plan: 'pro' });
  await engine.send({ name: 'Leave', userId: 'pro' }, { name: 'Leave', userId: 'not-pro' });
  await engine.settled();
  expect((await story('pro', 'leaving')).at(-1)).toBe('0s exit-is-on-pro-already: ended exited, is on Pro already');
  expect((await story('not-pro', 'leaving')).at(-1)).toBe('0s run: ended completed, all steps are done');
});

test('the workflow in Temporal ends as its run does', async () => {
  await engine.identify('in-temporal', { plan: 'pro' });
  await engine.send({ name: 'Leave', userId: 'in-temporal' });
  await engine.settled();
  const [run] = await engine.runsOf('in-temporal');
  expect(await engine.client.workflow.getHandle(run?.id ?? '').result()).toBe('exited');
});
