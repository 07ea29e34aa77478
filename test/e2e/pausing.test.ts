import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyFor } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const FILES = {
  'settings.yaml': settingsFile(
    'traits: { email: string }\ncaps: [{ channel: email, atMost: 1, within: 12h }]\ngroups: { one: { lower: waits } }\n',
  ),
  'journeys.yaml': `
journey: letters
enter: { event: Letters Wanted }
goal: { event: Bought }
exit: { after: 30d }
steps: [{ wait: 1h }, { email: first }, { wait: 1d }, { email: second }]
---
journey: many
enter: { event: Many Wanted }
resume: { rate: 20/minute, stale: 1d }
steps: [{ wait: 1h }, { email: first }, { wait: 2d }, { in-app: note }]
---
journey: random
enter: { event: Random Wanted }
steps: [{ wait: 1h }, { email: first }, { wait: 2d }]
---
journey: at-once
enter: { event: Now Wanted }
whilePaused: refuse
steps: [{ email: first }]
---
journey: until
enter: { event: Until Wanted }
exit: { after: 5d }
steps:
  - wait-until: { event: Clicked }
    timeout: 1d
    onTimeout: [{ in-app: nudge }]
  - in-app: note
---
journey: occupied
enter: { event: Occupied }
group: one
exit: { after: 60d }
steps: [{ wait: 50d }]
---
journey: waits-for-it
enter: { event: Waits }
group: one
steps: [{ in-app: note }]
---
journey: in-preparation
status: draft
enter: { event: Drafts Wanted }
steps: [{ in-app: note }]
`,
  'first.mjml': emailFile('first', 'first'),
  'second.mjml': emailFile('second', 'second'),
  'note.yaml': inAppFile('note', 'note'),
  'nudge.yaml': inAppFile('nudge', 'nudge'),
};

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  engine = await timeSkippingEngine({ workspace: await workspaceOf(FILES), smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

interface Answer {
  readonly status: string;
  readonly changed: boolean;
  readonly released: { runs: number; stale: number; until: string | null } | null;
}

const ours = { by: 'ada', reason: 'a wrong price' };
const control = (journey: string, verb: string, more: object = {}) =>
  server.api<Answer>(`/api/journeys/${journey}/${verb}`, { ...ours, ...more });
const story = (userId: string, journey: string) => storyFor(engine, userId, journey);
const addressOf = (userId: string) => `${userId}@example.test`;
const subjectsTo = (userId: string) => mailbox.messagesTo(addressOf(userId)).map(({ subject }) => subject);

async function enter(userId: string, event: string): Promise<void> {
  await engine.identify(userId, { email: addressOf(userId) });
  await engine.send({ name: event, userId });
}

const messagesOf = async (userId: string) =>
  (await engine.messagesOf(userId)).map(({ step, status, refusal }) => `${step}: ${refusal?.reason ?? status}`);

describe('while a journey is paused', () => {
  test('nobody gets anything, what was waited for counts as over, and what comes after counts from the release', async () => {
    await enter('paul', 'Letters Wanted');
    await engine.settled();
    expect(await control('letters', 'pause')).toMatchObject({ status: 'paused', changed: true });
    expect(await control('letters', 'pause')).toMatchObject({ status: 'paused', changed: false });
    await engine.pass(3 * HOUR);
    expect(await messagesOf('paul')).toEqual([]);
    expect(await control('letters', 'resume')).toMatchObject({ status: 'published', released: { runs: 1, stale: 0 } });
    await engine.pass(2 * DAY);
    expect(await story('paul', 'letters')).toEqual([
      '0s wait-1h: waiting until 1h',
      '3h wait-1h: waited, time',
      '3h email-first: acted',
      '3h wait-1d: waiting until 1d 3h',
      '1d 3h wait-1d: waited, time',
      '1d 3h email-second: acted',
    ]);
    expect(subjectsTo('paul')).toEqual(['first', 'second']);
  });

  test('a goal ends a run that is held, and its time limit does', async () => {
    await enter('gina', 'Letters Wanted');
    await enter('tim', 'Letters Wanted');
    await engine.settled();
    await control('letters', 'pause');
    await engine.pass(2 * HOUR);
    await engine.send({ name: 'Bought', userId: 'gina' });
    await engine.pass(30 * DAY);
    expect((await engine.runsOf('gina', 'letters')).map(({ status }) => status)).toEqual(['converted']);
    expect(await story('tim', 'letters')).toEqual([
      '0s wait-1h: waiting until 1h',
      '30d run: ended timed-out, the time limit was reached',
    ]);
    expect(await control('letters', 'resume')).toMatchObject({ released: { runs: 0 } });
    expect([...(await messagesOf('gina')), ...(await messagesOf('tim'))]).toEqual([]);
    expect(await engine.client.workflow.getHandle((await engine.runsOf('tim', 'letters'))[0]?.id ?? '').result()).toBe(
      'timed-out',
    );
  });

  test('its workflow sleeps: a held run gets no longer however long the pause is', async () => {
    await enter('sleepy', 'Letters Wanted');
    await engine.settled();
    const [run] = await engine.runsOf('sleepy', 'letters');
    const lengthOf = async () =>
      (await engine.client.workflow.getHandle(run?.id ?? '').fetchHistory()).events?.length ?? 0;
    await control('letters', 'pause');
    await engine.pass(2 * HOUR);
    const length = await lengthOf();
    await engine.pass(20 * DAY);
    expect(await lengthOf()).toBe(length);
    await control('letters', 'resume', { stale: 'never' });
    await engine.pass(HOUR);
    expect(subjectsTo('sleepy')).toEqual(['first']);
    expect(await lengthOf()).toBeLessThanOrEqual(length + 14);
  });

  test('who qualifies enters and is held, or does not enter, as the journey or the pause says', async () => {
    await control('letters', 'pause');
    await control('at-once', 'pause');
    await enter('late', 'Letters Wanted');
    await engine.send({ name: 'Now Wanted', userId: 'late' });
    await engine.pass(HOUR);
    expect(await engine.runsOf('late')).toMatchObject([{ journey: 'letters', status: 'active' }]);
    const refusals = await engine.db.selectFrom('entry_refusals').select(['journey', 'reason']).execute();
    expect(refusals).toEqual([{ journey: 'at-once', reason: 'the journey is paused' }]);

    expect(await control('at-once', 'pause', { entries: 'enter' })).toMatchObject({ changed: true });
    await engine.send({ name: 'Now Wanted', userId: 'late' });
    await engine.pass(MINUTE);
    expect(await engine.runsOf('late')).toHaveLength(2);
    expect(await messagesOf('late')).toEqual([]);
    await control('at-once', 'resume');
    await engine.pass(13 * HOUR);
    await control('letters', 'resume');
    await engine.pass(MINUTE);
    expect(await messagesOf('late')).toEqual(['email-first: sent', 'email-first: sent']);
  });

  test('a wait that was over before what it waited for happened has timed out', async () => {
    for (const userId of ['in-time', 'too-late']) await enter(userId, 'Until Wanted');
    await engine.settled();
    await control('until', 'pause');
    await engine.pass(20 * HOUR);
    await engine.send({ name: 'Clicked', userId: 'in-time' });
    await engine.pass(10 * HOUR);
    await engine.send({ name: 'Clicked', userId: 'too-late' });
    await engine.pass(HOUR);
    await control('until', 'resume');
    await engine.pass(MINUTE);
    expect(await messagesOf('in-time')).toEqual(['in-app-note: sent']);
    expect(await messagesOf('too-late')).toEqual(['in-app-nudge: sent', 'in-app-note: sent']);
  });

  test('publishing anew keeps it paused', async () => {
    await control('letters', 'pause');
    const changed = FILES['journeys.yaml'].replace('wait: 1h }, { email: first', 'wait: 30m }, { email: first');
    await engine.publish(await workspaceOf({ ...FILES, 'journeys.yaml': changed }));
    await enter('republished', 'Letters Wanted');
    await engine.pass(DAY);
    expect(await messagesOf('republished')).toEqual([]);
    expect(await server.api('/api/journeys?status=paused')).toMatchObject({
      items: [{ key: 'letters', control: { by: 'ada', reason: 'a wrong price' } }],
    });
    await control('letters', 'resume');
    await engine.pass(MINUTE);
    expect(await messagesOf('republished')).toEqual(['email-first: sent']);
  });
});

describe('resuming', () => {
  const people = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const sendTimes = async () => {
    const rows = await engine.db
      .selectFrom('messages')
      .innerJoin('profiles', 'profiles.id', 'profile_id')
      .select(['user_id', 'messages.status', 'refusal', 'sent_at'])
      .where('journey', '=', 'many')
      .where('channel', '=', 'email')
      .orderBy('sent_at')
      .execute();
    return rows;
  };

  test('Mautic #3340: two hundred overdue emails do not go out at once, stale ones not at all, and nobody gets two', async () => {
    const stale = people(20, 'stale');
    for (const userId of stale) await enter(userId, 'Many Wanted');
    await engine.settled();
    await control('many', 'pause');
    await engine.pass(DAY + 30 * MINUTE);
    const early = people(90, 'early');
    for (const userId of early) await enter(userId, 'Many Wanted');
    await engine.pass(10 * MINUTE);
    const late = people(90, 'late');
    for (const userId of late) await enter(userId, 'Many Wanted');
    await engine.pass(2 * HOUR);
    expect(await sendTimes()).toEqual([]);

    const resumedAt = engine.clock.now();
    expect(await control('many', 'resume')).toMatchObject({
      released: { runs: 200, stale: 20, until: new Date(resumedAt + 9 * MINUTE - 3 * SECOND).toISOString() },
    });
    await engine.pass(4 * MINUTE);
    // Halfway through, one is wise and looks again.
    await control('many', 'pause');
    const half = (await sendTimes()).filter(({ status }) => status === 'sent');
    expect(half.length).toBe(81);
    await engine.pass(HOUR);
    expect((await sendTimes()).filter(({ status }) => status === 'sent')).toEqual(half);
    const goesOnAt = engine.clock.now();
    expect(await control('many', 'resume', { rate: '60/minute' })).toMatchObject({ released: { runs: 99 } });
    await engine.pass(10 * MINUTE);

    const all = await sendTimes();
    const sent = all.filter(({ status }) => status === 'sent');
    expect(sent.map(({ user_id }) => user_id?.split('-')[0])).toEqual(
      [...early, ...late].map((one) => one.split('-')[0]),
    );
    expect(sent.map(({ sent_at }) => sent_at?.getTime())).toEqual([
      ...people(81, '').map((_, turn) => resumedAt + turn * 3 * SECOND),
      ...people(99, '').map((_, turn) => goesOnAt + turn * SECOND),
    ]);
    const refused = all.filter(({ status }) => status === 'refused');
    expect(refused.map(({ refusal }) => refusal?.reason)).toEqual(stale.map(() => 'stale'));
    for (const userId of [...early, ...late]) expect(subjectsTo(userId)).toEqual(['first']);
    await engine.pass(3 * DAY);
    expect(await messagesOf('stale-7')).toEqual(['email-first: stale', 'in-app-note: sent']);
  }, 240_000);

  test('Dittofeed: whoever reaches a message during the pause is not dropped', async () => {
    await enter('reached', 'Letters Wanted');
    await engine.pass(30 * MINUTE);
    await control('letters', 'pause');
    await engine.pass(10 * HOUR);
    await control('letters', 'resume');
    await engine.pass(2 * DAY);
    expect(await messagesOf('reached')).toEqual(['email-first: sent', 'email-second: sent']);
  });

  test('caps hold for what is let out', async () => {
    await enter('capped', 'Letters Wanted');
    await engine.send({ name: 'Many Wanted', userId: 'capped' });
    await engine.settled();
    await control('letters', 'pause');
    await control('many', 'pause');
    await engine.pass(10 * HOUR);
    await control('letters', 'resume');
    await control('many', 'resume');
    await engine.pass(HOUR);
    expect((await messagesOf('capped')).sort()).toEqual(['email-first: cap', 'email-first: sent']);
  });
});

describe('whenever it is paused and resumed, at whatever rates', () => {
  /** Minutes after the first entry: who enters when, and pauses of a length that end with a rate. */
  const lives = fc.record({
    entries: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 12, maxLength: 20 }),
    pauses: fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 60 }),
        lasts: fc.integer({ min: 1, max: 120 }),
        rate: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });
  let round = 0;

  test('nobody is lost or sent to twice, nothing goes out during a pause, and what is let out keeps to its rate', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async ({ entries, pauses }) => {
        round += 1;
        const start = engine.clock.now();
        const until = (minute: number) => engine.pass(start + minute * MINUTE - engine.clock.now());
        const dueAt = new Map(
          entries.map((minute, index) => [`random-${round}-${index}`, start + minute * MINUTE + HOUR]),
        );
        const sentAt = async () => {
          const rows = await engine.db
            .selectFrom('messages')
            .innerJoin('profiles', 'profiles.id', 'profile_id')
            .select(['user_id', 'sent_at'])
            .where('user_id', 'like', `random-${round}-%`)
            .where('messages.status', '=', 'sent')
            .where('channel', '=', 'email')
            .execute();
          return rows.map(({ user_id, sent_at }) => ({ userId: user_id ?? '', at: sent_at?.getTime() ?? 0 }));
        };
        const steps: { readonly minute: number; readonly act: () => Promise<void> }[] = [...dueAt.keys()].map(
          (userId, index) => ({ minute: entries[index] ?? 0, act: () => enter(userId, 'Random Wanted') }),
        );
        const silences: { from: number; to: number }[] = [];
        const releases: { at: number; rate: number; of: ReadonlySet<string> }[] = [];
        let minute = 30;
        for (const { after, lasts, rate } of pauses) {
          minute += after;
          steps.push({ minute, act: async () => void (await control('random', 'pause')) });
          silences.push({ from: start + minute * MINUTE, to: start + (minute + lasts) * MINUTE });
          minute += lasts;
          steps.push({
            minute,
            act: async () => {
              const had = new Set((await sentAt()).map(({ userId }) => userId));
              const now = engine.clock.now();
              const held = [...dueAt].filter(([userId, due]) => due <= now && !had.has(userId));
              await control('random', 'resume', { rate: `${rate}/minute`, stale: 'never' });
              releases.push({ at: now, rate, of: new Set(held.map(([userId]) => userId)) });
            },
          });
        }
        for (const step of steps.sort((a, b) => a.minute - b.minute)) {
          await until(step.minute);
          await step.act();
        }
        await until(minute + 4 * 60);

        const sent = await sentAt();
        expect(sent.map(({ userId }) => userId).sort()).toEqual([...dueAt.keys()].sort());
        for (const userId of dueAt.keys()) expect(subjectsTo(userId)).toEqual(['first']);
        for (const { from, to } of silences) expect(sent.filter(({ at }) => at > from && at < to)).toEqual([]);
        for (const [index, { at, rate, of }] of releases.entries()) {
          const end = releases[index + 1] === undefined ? Number.POSITIVE_INFINITY : (silences[index + 1]?.from ?? 0);
          const times = sent.filter((one) => of.has(one.userId) && one.at >= at && one.at <= end).map((one) => one.at);
          for (const time of times)
            expect(times.filter((other) => other >= time && other < time + MINUTE).length).toBeLessThanOrEqual(rate);
        }
      }),
      { numRuns: 5 },
    );
  }, 240_000);
});

describe('stopping', () => {
  test('lets people finish and nobody enter; starting lets them enter again', async () => {
    await enter('finisher', 'Letters Wanted');
    await engine.settled();
    expect(await control('letters', 'stop')).toMatchObject({ status: 'stopped', released: null });
    await enter('comer', 'Letters Wanted');
    await engine.pass(2 * DAY);
    expect(await messagesOf('finisher')).toEqual(['email-first: sent', 'email-second: sent']);
    expect(await engine.runsOf('comer')).toEqual([]);
    await control('letters', 'start');
    await engine.send({ name: 'Letters Wanted', userId: 'comer' });
    await engine.pass(HOUR);
    expect(await messagesOf('comer')).toEqual(['email-first: sent']);
  });

  test('of a paused journey lets out those who are to finish', async () => {
    await enter('held', 'Letters Wanted');
    await engine.settled();
    await control('letters', 'pause');
    await engine.pass(2 * HOUR);
    expect(await control('letters', 'stop')).toMatchObject({ released: { runs: 1 } });
    await engine.pass(MINUTE);
    expect(await messagesOf('held')).toEqual(['email-first: sent']);
    await control('letters', 'start');
  });

  test('ends everybody if it is to, held ones too, and says why', async () => {
    await enter('ender', 'Letters Wanted');
    await engine.pass(2 * HOUR);
    await control('letters', 'pause');
    await enter('held-ender', 'Letters Wanted');
    await engine.pass(2 * HOUR);
    await control('letters', 'stop', { people: 'end' });
    await engine.pass(MINUTE);
    for (const userId of ['ender', 'held-ender'])
      expect(await engine.runsOf(userId)).toMatchObject([
        { status: 'exited', endReason: 'the journey was stopped: a wrong price' },
      ]);
    expect(await messagesOf('held-ender')).toEqual([]);
    await engine.pass(2 * DAY);
    expect(await messagesOf('ender')).toEqual(['email-first: sent']);
    await control('letters', 'start');
  });

  test('for everybody lets in whoever waited for a run of it to end', async () => {
    await enter('waiter', 'Occupied');
    await engine.settled();
    await enter('waiter', 'Waits');
    await engine.settled();
    expect(await engine.runsOf('waiter')).toMatchObject([{ journey: 'occupied' }]);
    await control('occupied', 'stop', { people: 'end' });
    await engine.pass(MINUTE);
    expect(await engine.runsOf('waiter')).toMatchObject([
      { journey: 'occupied', status: 'exited' },
      { journey: 'waits-for-it', status: 'completed' },
    ]);
  });

  test('what cannot be done is refused with what to do instead', async () => {
    await control('letters', 'stop');
    const refused = { error: { code: 'stopped', message: 'The journey `letters` is stopped', fix: 'Start it first' } };
    await expect(control('letters', 'pause')).rejects.toThrow(JSON.stringify(refused));
    await expect(control('letters', 'resume')).rejects.toThrow('is stopped, not paused');
    await control('letters', 'start');
    await expect(control('leters', 'pause')).rejects.toThrow('Did you mean `letters`?');
  });
});

test('a draft is entered by nobody', async () => {
  await enter('drafted', 'Drafts Wanted');
  await engine.pass(DAY);
  expect(await engine.runsOf('drafted')).toEqual([]);
  expect(await server.api('/api/journeys?status=draft')).toMatchObject({ items: [{ key: 'in-preparation' }] });
});

test('the audit log says who did what and why, newest first', async () => {
  const page = await server.api<{ items: object[]; next: string }>('/api/audit?journey=many&limit=2');
  expect(page).toMatchObject({
    items: [
      { did: 'resumed', by: 'ada', reason: 'a wrong price', journey: 'many', run: null, detail: { runs: 1 } },
      { did: 'paused', by: 'ada', detail: { entries: 'enter' } },
    ],
  });
  const next = await server.api<{ items: { did: string }[] }>(`/api/audit?journey=many&limit=9&cursor=${page.next}`);
  expect(next.items.map(({ did }) => did)).toEqual(['resumed', 'paused', 'resumed', 'paused']);
});
