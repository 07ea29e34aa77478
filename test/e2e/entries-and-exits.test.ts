import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyFor, timeText } from './story.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

const WORKSPACE = `
journey: once
enter: { event: Enter Once }
steps: [{ in-app: note }]
---
journey: again-after-a-week
enter: { event: Enter Again, again: after 7d }
steps: [{ in-app: note }]
---
journey: again-always
enter: { event: Enter Always, again: always }
goal: { event: Bought }
exit: { after: 2d }
steps: [{ in-app: note }]
---
journey: twice
enter: { event: Enter Twice, again: { after: 1d, atMost: 2 } }
exit: { after: 1d }
steps: [{ in-app: note }]
---
audience: on-trial
all: [{ event: Trial Started, within: 3d }]
---
journey: after-trial
enter: { leaves: on-trial, again: always }
exit: { after: 1d }
steps: [{ in-app: note }]
---
journey: half-held-out
enter: { event: Try Something }
holdout: 50%
goal: { event: Bought }
exit: { after: 10d }
steps:
  - wait: 1h
  - email: news
  - in-app: note
  - sales-task: call
  - set-trait: { treated: true }
---
audience: unhappy
any: [{ event: Complained, within: 5d }]
---
audience: asleep
all: [{ event: Opened App }, { event: Opened App, times: { exactly: 0 }, within: 4d }]
---
journey: not-for-the-unhappy
enter: { event: Start Selling }
exit: { after: 30d, when: { audience: unhappy } }
steps: [{ wait: 3d }, { in-app: note }]
---
journey: not-for-the-sleeping
enter: { event: Start Waking }
exit: { after: 30d, when: { audience: asleep } }
steps: [{ wait: 6d }, { in-app: note }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string, treated: boolean }\n'),
    'workspace.yaml': WORKSPACE,
    'note.yaml': inAppFile('note', 'note'),
    'call.yaml': salesTaskFile('call', 'call'),
    'news.mjml': emailFile('news', 'news'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const story = (userId: string, journey: string) => storyFor(engine, userId, journey);
const outcomes = async (userId: string) =>
  (await engine.messagesOf(userId)).map(({ step, status, refusal }) =>
    refusal === null ? `${step}: ${status}` : `${step}: ${refusal.reason}`,
  );

const refusalsOf = async (userId: string, journey: string) => {
  const rows = await engine.db
    .selectFrom('entry_refusals')
    .select('reason')
    .where('profile_id', '=', await findPersonId(engine.db, userId))
    .where('journey', '=', journey)
    .orderBy('id')
    .execute();
  return rows.map(({ reason }) => reason);
};

describe('re-entry', () => {
  const enterEveryTwoDays = async (name: string, userId: string) => {
    const startedAt = engine.clock.now();
    for (const _visit of [0, 2, 4, 6, 8]) {
      await engine.send({ name, userId });
      await engine.pass(2 * DAY);
    }
    return (await engine.runsOf(userId)).map(({ enteredAt }) => timeText(enteredAt.getTime() - startedAt));
  };

  test('never: the first entry is the only one', async () => {
    expect(await enterEveryTwoDays('Enter Once', 'once')).toEqual(['0s']);
  });

  test('after a time: counted from the last entry', async () => {
    expect(await enterEveryTwoDays('Enter Again', 'weekly')).toEqual(['0s', '8d']);
  });

  test('always: as soon as the run before has ended', async () => {
    expect(await enterEveryTwoDays('Enter Always', 'often')).toEqual(['0s', '2d', '4d', '6d', '8d']);
  });

  test('so many times and no more', async () => {
    expect(await enterEveryTwoDays('Enter Twice', 'twice')).toEqual(['0s', '2d']);
    expect(await refusalsOf('twice', 'twice')).toEqual([
      'entered before, and the journey is entered 2 times at most',
      'entered before, and the journey is entered 2 times at most',
      'entered before, and the journey is entered 2 times at most',
    ]);
  });

  test('nobody is in a journey twice at once, and why they did not enter is kept', async () => {
    await engine.send({ name: 'Enter Always', userId: 'doubled' });
    await engine.pass(DAY);
    await engine.send({ name: 'Enter Always', userId: 'doubled' });
    await engine.settled();
    const [run, ...more] = await engine.runsOf('doubled');
    expect(more).toEqual([]);
    expect(run).toBeDefined();
    expect(await refusalsOf('doubled', 'again-always')).toEqual(['already in the journey']);
  });
});

describe('leaving an audience', () => {
  test('enters a journey when time alone ends the membership, and again with each time that it ends', async () => {
    const startedAt = engine.clock.now();
    await engine.send({ name: 'Trial Started', userId: 'leaver' });
    await engine.pass(2 * DAY);
    await engine.send({ name: 'Trial Started', userId: 'leaver' });
    await engine.pass(8 * DAY);
    await engine.send({ name: 'Trial Started', userId: 'leaver' });
    await engine.pass(4 * DAY);
    const runs = await engine.runsOf('leaver', 'after-trial');
    expect(runs.map(({ enteredAt }) => timeText(enteredAt.getTime() - startedAt))).toEqual(['5d', '13d']);
    expect(runs.map(({ entry }) => entry)).toEqual([
      { by: 'leaving', audience: 'on-trial' },
      { by: 'leaving', audience: 'on-trial' },
    ]);
  });
});

describe('hold-out', () => {
  test('people held out go the same way at the same times, and nothing reaches them', async () => {
    const people = Array.from({ length: 12 }, (_, index) => `trial-${index}`);
    for (const userId of people) await engine.identify(userId, { email: `${userId}@example.test` });
    await engine.send(...people.map((userId) => ({ name: 'Try Something', userId })));
    await engine.pass(2 * HOUR);
    const runs = await Promise.all(people.map(async (userId) => (await engine.runsOf(userId))[0]));
    const heldOut = people.filter((_, index) => runs[index]?.heldOut);
    const treated = people.filter((_, index) => runs[index]?.heldOut === false);
    expect(heldOut.length).toBeGreaterThan(0);
    expect(treated.length).toBeGreaterThan(0);

    for (const userId of treated) {
      expect(await outcomes(userId)).toEqual(['email-news: sent', 'in-app-note: sent', 'sales-task-call: sent']);
      expect(mailbox.messagesTo(`${userId}@example.test`)).toHaveLength(1);
    }
    for (const userId of heldOut) {
      expect((await story(userId, 'half-held-out')).slice(1)).toEqual([
        '1h wait-1h: waited, time',
        '1h email-news: refused, held-out',
        '1h in-app-note: refused, held-out',
        '1h sales-task-call: refused, held-out',
        '1h set-trait-treated: refused, held-out',
      ]);
      expect(mailbox.messagesTo(`${userId}@example.test`)).toEqual([]);
      expect(await engine.tasksOf(userId)).toEqual([]);
      expect(await server.api(`/api/people/${userId}`)).toMatchObject({
        traits: { email: `${userId}@example.test` },
        events: expect.not.arrayContaining([expect.objectContaining({ byEngine: true })]),
      });
    }
    await engine.send(...people.map((userId) => ({ name: 'Bought', userId })));
    await engine.settled();
    for (const userId of people)
      expect((await story(userId, 'half-held-out')).at(-1)).toBe('2h run: ended converted, the goal was reached');
  });
});

describe('an exit condition', () => {
  test('ends the run as soon as the audience is entered', async () => {
    await engine.send({ name: 'Start Selling', userId: 'unhappy' });
    await engine.pass(DAY);
    await engine.send({ name: 'Complained', userId: 'unhappy' });
    await engine.pass(5 * DAY);
    expect((await story('unhappy', 'not-for-the-unhappy')).slice(1)).toEqual([
      '1d wait-3d: ended exited, the exit condition holds',
    ]);
    expect(await outcomes('unhappy')).toEqual([]);
  });

  test('ends the run when the clock alone brings the person into the audience', async () => {
    await engine.send({ name: 'Opened App', userId: 'sleeper' });
    await engine.pass(90 * MINUTE);
    await engine.send({ name: 'Start Waking', userId: 'sleeper' });
    await engine.pass(7 * DAY);
    expect((await story('sleeper', 'not-for-the-sleeping')).slice(1)).toEqual([
      '3d 22h 30m wait-6d: ended exited, the exit condition holds',
    ]);
    expect(await outcomes('sleeper')).toEqual([]);
  });

  test('keeps people out for whom it holds already', async () => {
    await engine.send({ name: 'Complained', userId: 'was-unhappy' });
    await engine.send({ name: 'Start Selling', userId: 'was-unhappy' });
    await engine.settled();
    expect(await engine.runsOf('was-unhappy')).toEqual([]);
  });
});
