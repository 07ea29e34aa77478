import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isHeldOut } from '../../src/core/entry.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const JOURNEYS = `
journey: letters
enter: { event: Letters Wanted }
goal: { event: Upgraded }
steps:
  - wait: 1h
  - email: first
  - wait: 1d
  - email: second
---
journey: noted
enter: { event: Notes Wanted }
steps: [{ wait: 1m }, { in-app: note }, { wait: 1h }, { in-app: other-note }, { wait: 1d }, { in-app: news-note }]
---
journey: on-demand
enter: { event: On Demand }
steps:
  - wait-until: { event: Go, since: entry }
    timeout: 10d
  - email: first
  - wait: 1d
  - email: second
---
journey: tried
enter: { event: Try }
holdout: 50%
steps:
  - wait: 1h
  - in-app: note
  - wait: 2d
  - in-app: other-note
---
journey: once
enter: { event: Enter Once, again: never }
steps: [{ in-app: news-note }]
---
journey: capped
enter: { event: Capped, again: always }
caps: [{ channel: in-app, atMost: 2, within: 3d }]
steps: [{ in-app: note }]
---
audience: keen
event: Praised
---
journey: thanks
enter: { audience: keen, again: always }
steps: [{ in-app: news-note }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;
/** What the mail server does with the next message: takes it, or says "later" once this is settled. */
let answer: Promise<boolean> = Promise.resolve(false);
/** Whoever it says "later" to, as often as it is asked. */
let putOff = '';
let asked = 0;

beforeAll(async () => {
  mailbox = await testMailbox({
    defer: async (address) => {
      if (address === putOff) return true;
      asked += 1;
      const own = answer;
      answer = Promise.resolve(false);
      return own;
    },
  });
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'journeys.yaml': JOURNEYS,
    'first.mjml': emailFile('first', 'first', 'category: news\n'),
    'second.mjml': emailFile('second', 'second', 'category: news\n'),
    'note.yaml': inAppFile('note', 'note'),
    'other-note.yaml': inAppFile('other-note', 'other'),
    'news-note.yaml': inAppFile('news-note', 'news', 'category: news\n'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});
beforeEach(() => {
  asked = 0;
  putOff = '';
});

const addressOf = (name: string) => `${name}@example.test`;
const subjectsTo = (name: string) => mailbox.messagesTo(addressOf(name)).map(({ subject }) => subject);
const visit = async (visitor: string, ...events: string[]) => {
  const traits = { email: addressOf(visitor) };
  await engine.send(
    { type: 'identify', name: 'identify', anonymousId: visitor, traits },
    ...events.map((name) => ({ name, anonymousId: visitor })),
  );
  await engine.settled();
};
const join = (userId: string, anonymousId: string) =>
  engine.send({ type: 'identify', name: 'identify', userId, anonymousId, traits: {} });
const runs = async (who: string, journey: string) =>
  (await engine.runsOf(who, journey)).map(({ id, status, heldOut }) => ({ id, status, heldOut }));
const outcomes = async (who: string) =>
  (await engine.messagesOf(who)).map(({ step, status, refusal }) => `${step}: ${refusal?.reason ?? status}`);
const resultOf = (run: string) => engine.client.workflow.getHandle(run).result();

describe('two runs of one journey, when their people turn out to be one', () => {
  test('the known person’s goes on and sends what the visitor’s had not; the other’s workflow ends as merged', async () => {
    await visit('v-wait', 'Letters Wanted');
    await engine.pass(90 * MINUTE);
    await engine.identify('wait', { email: addressOf('wait') });
    await engine.send({ name: 'Letters Wanted', userId: 'wait' });
    await engine.pass(30 * MINUTE);
    const [visitors] = await runs('v-wait', 'letters');
    await join('wait', 'v-wait');
    await engine.settled();

    const both = await runs('wait', 'letters');
    expect(both.map(({ status }) => status).sort()).toEqual(['active', 'merged']);
    expect(both.find(({ id }) => id === visitors?.id)?.status).toBe('merged');
    expect(await resultOf(visitors?.id ?? '')).toBe('merged');
    await engine.pass(3 * DAY);
    expect(await outcomes('wait')).toEqual(['email-first: sent', 'email-first: sent-before', 'email-second: sent']);
    expect([subjectsTo('v-wait'), subjectsTo('wait')]).toEqual([['first'], ['second']]);
  });

  test('what one had in the product is not put up again', async () => {
    await visit('v-noted', 'Notes Wanted');
    await engine.pass(HOUR + 2 * MINUTE);
    await engine.send({ name: 'Notes Wanted', userId: 'noted' });
    await join('noted', 'v-noted');
    await engine.pass(3 * DAY);
    expect((await outcomes('noted')).sort()).toEqual([
      'in-app-news-note: sent',
      'in-app-note: sent',
      'in-app-note: sent-before',
      'in-app-other-note: sent',
      'in-app-other-note: sent-before',
    ]);
  });

  test('a goal that the visitor reached converts the known person’s run', async () => {
    await engine.send({ name: 'Letters Wanted', userId: 'goal' });
    await engine.pass(10 * MINUTE);
    await visit('v-goal', 'Upgraded');
    await join('goal', 'v-goal');
    await engine.settled();
    expect((await runs('goal', 'letters')).map(({ status }) => status)).toEqual(['converted']);
    expect(await resultOf((await runs('goal', 'letters'))[0]?.id ?? '')).toBe('converted');
  });

  test('a run of the visitor alone goes on as the known person’s', async () => {
    await visit('v-alone', 'Letters Wanted');
    await engine.identify('alone', { email: addressOf('alone') });
    await join('alone', 'v-alone');
    await engine.pass(3 * DAY);
    expect(await runs('alone', 'letters')).toHaveLength(1);
    expect(subjectsTo('alone')).toEqual(['first', 'second']);
  });
});

describe('a message that is on its way at that moment', () => {
  /** Both are in the journey, and the visitor's run is about to send. */
  const begin = async (name: string) => {
    await engine.identify(name, { email: addressOf(name) });
    await engine.send({ name: 'On Demand', userId: name });
    await visit(`v-${name}`, 'On Demand');
    await engine.pass(MINUTE);
  };
  const gate = () => {
    let open = (_later: boolean): void => undefined;
    answer = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  const isAsked = () => eventually(() => expect(asked).toBe(1));
  const firsts = (name: string) => [...subjectsTo(name), ...subjectsTo(`v-${name}`)].filter((one) => one === 'first');
  /** The history that is joint now wakes the known person's run, which finds the message on its way. */
  const joinMeanwhile = async (name: string) => {
    await join(name, `v-${name}`);
    await eventually(async () => expect(await outcomes(name)).toContain('email-first: sent-before'));
  };

  test('being sent: it goes out, is recorded, and is not sent again', async () => {
    await begin('sending');
    const open = gate();
    await engine.send({ name: 'Go', anonymousId: 'v-sending' });
    await isAsked();
    await joinMeanwhile('sending');
    open(false);
    await engine.pass(3 * DAY);
    expect(firsts('sending')).toEqual(['first']);
    expect((await outcomes('sending')).sort()).toEqual([
      'email-first: sent',
      'email-first: sent-before',
      'email-second: sent',
    ]);
  });

  test('being sent, and the mail server says later: it goes out with the next attempt, since nobody else sends it', async () => {
    await begin('later');
    const open = gate();
    await engine.send({ name: 'Go', anonymousId: 'v-later' });
    await isAsked();
    await joinMeanwhile('later');
    open(true);
    await engine.pass(3 * DAY);
    expect(firsts('later')).toEqual(['first']);
    expect((await outcomes('later')).sort()).toEqual([
      'email-first: sent',
      'email-first: sent-before',
      'email-second: sent',
    ]);
  });

  test('reserved for a next attempt: it is given up, and the known person’s run sends its own', async () => {
    await begin('reserved');
    const open = gate();
    await engine.send({ name: 'Go', anonymousId: 'v-reserved' });
    await isAsked();
    // Held back until the merge is done, so that the attempt after it finds the run ended.
    const { id } = (await engine.messagesOf('v-reserved'))[0] ?? { id: '' };
    await engine.db.updateTable('messages').set({ status: 'reserved' }).where('id', '=', id).execute();
    await join('reserved', 'v-reserved');
    await eventually(async () => expect(await outcomes('reserved')).toContain('email-first: sent'));
    open(true);
    await engine.pass(3 * DAY);
    expect(firsts('reserved')).toEqual(['first']);
    expect(await outcomes('reserved')).toEqual(expect.arrayContaining(['email-first: ended', 'email-first: sent']));
  });

  test('being sent, while the known person’s own waits for its next attempt: that one is given up', async () => {
    await begin('two');
    // However long this takes, the known person's goes on being put off meanwhile.
    putOff = addressOf('two');
    await engine.send({ name: 'Go', userId: 'two' });
    await eventually(async () => expect(await outcomes('two')).toContain('email-first: reserved'));
    const open = gate();
    await engine.send({ name: 'Go', anonymousId: 'v-two' });
    await isAsked();
    await join('two', 'v-two');
    await eventually(async () =>
      expect((await runs('two', 'on-demand')).map(({ status }) => status)).toContain('merged'),
    );
    open(false);
    await eventually(async () => expect(await outcomes('two')).toContain('email-first: sent-before'));
    putOff = '';
    await engine.pass(3 * DAY);
    expect(firsts('two')).toEqual(['first']);
    expect((await outcomes('two')).sort()).toEqual([
      'email-first: sent',
      'email-first: sent-before',
      'email-second: sent',
    ]);
  });
});

describe('hold-outs', () => {
  const named = (heldOut: boolean, role: string) => {
    const names = Array.from({ length: 40 }, (_, index) => `${role}-${index}`);
    const found = names.find((name) => isHeldOut({ key: 'tried', holdout: 0.5 }, name) === heldOut);
    if (found === undefined) throw new Error('Nobody falls on that side');
    return found;
  };
  const alias = (userId: string, previousId: string) =>
    engine.send({ type: 'alias', name: 'alias', userId, previousId });

  test('a person who is held out under the name that stays gets nothing any more', async () => {
    const [held, other] = [named(true, 'held'), named(false, 'treated')];
    await engine.send({ name: 'Try', userId: held }, { name: 'Try', userId: other });
    await engine.pass(2 * HOUR);
    await alias(held, other);
    await engine.pass(4 * DAY);
    expect(await runs(held, 'tried')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ status: 'completed', heldOut: true }),
        expect.objectContaining({ status: 'merged', heldOut: false }),
      ]),
    );
    expect((await outcomes(held)).sort()).toEqual([
      'in-app-note: held-out',
      'in-app-note: sent',
      'in-app-other-note: held-out',
    ]);
  });

  test('also where that run was over already', async () => {
    const [held, other] = [named(true, 'been-held'), named(false, 'been-treated')];
    await engine.send({ name: 'Try', userId: held });
    await engine.pass(4 * DAY);
    await engine.send({ name: 'Try', userId: other });
    await engine.pass(2 * HOUR);
    await alias(held, other);
    await engine.pass(4 * DAY);
    expect((await runs(held, 'tried')).map(({ status }) => status).sort()).toEqual(['completed', 'merged']);
    expect((await outcomes(held)).filter((one) => one.endsWith(': sent'))).toEqual(['in-app-note: sent']);
  });
});

describe('what holds for either holds for both', () => {
  test('caps count what both got', async () => {
    await visit('v-capped', 'Capped');
    await engine.send({ name: 'Capped', userId: 'capped' });
    await engine.pass(HOUR);
    await join('capped', 'v-capped');
    await engine.send({ name: 'Capped', userId: 'capped' });
    await engine.settled();
    expect(await outcomes('capped')).toEqual(['in-app-note: sent', 'in-app-note: sent', 'in-app-note: cap']);
    await engine.pass(3 * DAY);
    await engine.send({ name: 'Capped', userId: 'capped' });
    await engine.settled();
    expect((await outcomes('capped')).at(-1)).toBe('in-app-note: sent');
  });

  test('an unsubscribe of the visitor’s', async () => {
    await visit('v-tired', 'Letters Wanted');
    await engine.pass(90 * MINUTE);
    const header = mailbox.messagesTo(addressOf('v-tired'))[0]?.headers.find(({ key }) => key === 'list-unsubscribe');
    const { pathname } = new URL(header?.value.slice(1, -1) ?? '');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    await fetch(`${server.url}${pathname}`, { method: 'POST', headers: form, body: 'List-Unsubscribe=One-Click' });
    await join('tired', 'v-tired');
    await engine.send({ name: 'Enter Once', userId: 'tired' });
    await engine.pass(2 * DAY);
    expect(await outcomes('tired')).toEqual([
      'email-first: sent',
      'in-app-news-note: suppressed',
      'email-second: suppressed',
    ]);
  });

  test('a journey that is entered once is not entered again under the other name', async () => {
    await visit('v-once', 'Enter Once');
    await join('once', 'v-once');
    await engine.send({ name: 'Enter Once', userId: 'once' });
    await engine.settled();
    expect(await runs('once', 'once')).toHaveLength(1);
  });

  test('an audience that the visitor was in already starts nothing anew', async () => {
    await visit('v-keen', 'Praised');
    await engine.identify('keen', {});
    await join('keen', 'v-keen');
    await engine.settled();
    expect(await engine.audiencesOf('keen')).toEqual(['keen']);
    expect(await runs('keen', 'thanks')).toHaveLength(1);
  });
});
