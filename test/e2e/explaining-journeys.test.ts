import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { JourneyExplained } from '../../src/explaining/explain-journey.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { makeDatabase } from '../cli/own-database.ts';
import { throughline } from '../cli/throughline.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const FILES = {
  'settings.yaml': settingsFile(`traits: { email: string, plan: string, timezone: string }
accountTraits: { seats: number }
caps: [{ channel: email, atMost: 1, within: 2d }]
quietHours: [{ from: '22:00', to: '7:00' }]
groups: { sales: { higher: waits, lower: waits } }
`),
  'all.yaml': `
audience: trying
trait: plan
is: trial
---
audience: lively
event: Export Completed
within: 5d
---
journey: first-steps
enter: { audience: trying, again: after 30d }
goal: { event: Bought }
exit: { after: 20d }
steps:
  - wait: 1h
  - email: hello
  - wait-until: { event: Export Completed }
    timeout: 4d
    onTimeout: [{ in-app: hint }]
  - email: news
---
journey: come-back
enter: { leaves: lively }
priority: 10
group: sales
steps: [{ wait: 3d }, { email: news }]
---
journey: asked-in
enter: { request: true, limit: 1 per day }
group: sales
steps: [{ wait: 2d }, { in-app: hint }]
---
journey: orders
enter: { event: Order Placed, each: order.id, atOnce: 2 }
steps: [{ wait: 2d }, { in-app: hint }]
---
journey: on-mondays
enter: { every: monday 09:00, members: lively, timezone: workspace }
steps: [{ in-app: hint }]
---
journey: in-preparation
status: draft
enter: { event: Drafts Wanted }
steps: [{ in-app: hint }]
---
journey: more-seats
of: accounts
enter: { event: Seats Wanted }
exit: { after: 10d }
steps: [{ wait: 1d }, { email: hello, to: everyone }]
---
role: everyone
atMost: 10
`,
  'hello.mjml': emailFile('hello', 'hello'),
  'news.mjml': emailFile('news', 'news', 'category: news\n'),
  'hint.yaml': inAppFile('hint', 'hint'),
};

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;
let database: Awaited<ReturnType<typeof makeDatabase>>;

beforeAll(async () => {
  mailbox = await testMailbox();
  database = await makeDatabase();
  const db = openDatabase({ url: database.url, size: 6 });
  await migrate(db);
  engine = await timeSkippingEngine({
    workspace: await workspaceOf(FILES),
    smtpUrl: mailbox.url,
    database: { db, url: database.url, schema: 'public', drop: () => db.destroy() },
  });
  server = await testServer(engine);
  // Noon, far from the quiet hours.
  const now = engine.clock.now();
  await engine.pass(Math.ceil(now / DAY) * DAY + 12 * HOUR - now);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await engine?.database.drop();
  await database?.drop();
  await mailbox.close();
});

/** Dates are texts. */
type Answer = JourneyExplained;
const explained = (userId: string, journey: string, more = '') =>
  server.api<Answer>(`/api/people/${userId}/explain?journey=${journey}${more}`);

/** The same at a terminal. */
async function terminal(name: string, journey: string, ...more: string[]) {
  const start = new Date(engine.clock.now()).toISOString();
  const { code, out, err } = await throughline(['explain', name, '--journey', journey, ...more], {
    DATABASE_URL: database.url,
    CLOCK_START: start,
  });
  return { code, text: out + err };
}

const person = (userId: string, traits: JsonObject = {}) =>
  engine.identify(userId, { email: `${userId}@example.test`, ...traits });

describe('somebody who was never in it', () => {
  test('is told what it takes, which clause is false, and that a run would begin', async () => {
    await person('never', { plan: 'free' });
    await engine.settled();
    const answer = await explained('never', 'first-steps');
    expect(answer).toMatchObject({
      status: 'published',
      runs: [],
      entry: {
        takes: 'the person comes to be in the audience `trying`; again 30d after the last entry',
        audience: { key: 'trying', member: false, explanation: { holds: false, found: 'free', until: null } },
        verdict: { answer: 'enters', reason: null, heldOut: 'no' },
      },
    });
    const { code, text } = await terminal('never', 'first-steps');
    expect(code).toBe(1);
    expect(text).toContain('Not in the audience trying now:\n    ✗ plan is trial (free)\n');
    expect(text).toContain('If that happened now, a run would begin.');
    expect(text).toContain('Never entered.');
  });
});

describe('somebody who waits', () => {
  test('is told where, for what, until when, what they got and what comes next and when', async () => {
    await person('waits', { plan: 'trial' });
    await engine.pass(2 * HOUR);
    const entered = engine.clock.now() - 2 * HOUR;
    const at = (after: number) => new Date(entered + after).toISOString();
    const { entry, runs } = await explained('waits', 'first-steps');
    expect(entry).toMatchObject({
      audience: { member: true, since: at(0) },
      verdict: { answer: 'refused', reason: 'already in the journey' },
    });
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({
      enteredAt: at(0),
      enteredBy: 'by audience trying',
      heldOut: 'no',
      stands: {
        step: 'wait-until-export-completed',
        kind: 'wait-until',
        since: at(HOUR),
        until: at(HOUR + 4 * DAY),
        does: 'waits for: Export Completed since entry',
        deadline: at(20 * DAY),
        kept: null,
      },
      messages: [{ at: at(HOUR), step: 'email-hello', template: 'hello', status: 'sent', refused: null }],
      ahead: {
        steps: [
          { at: at(HOUR + 4 * DAY), step: 'wait-until-export-completed', text: 'goes on: waited in vain' },
          { at: at(HOUR + 4 * DAY), step: 'in-app-hint', text: 'in-app hint goes out' },
          { at: at(HOUR + 4 * DAY), step: 'email-news', text: 'email news goes out' },
          { at: at(20 * DAY), step: null, text: 'ends as timed-out' },
        ],
        ends: { at: at(20 * DAY), outcome: 'timed-out', reason: 'the time limit was reached' },
      },
    });
    const { code, text } = await terminal('waits', 'first-steps');
    expect(code).toBe(0);
    expect(text).toMatch(/Run 1, entered \w+ \d+ \w+ 12:00 by audience trying\n {2}.* 13:00 {2}email hello went out\n/);
    expect(text).toMatch(
      /At wait-until-export-completed since .* 13:00: waits\s+for:\s+Export\s+Completed\s+since\s+entry,\s+until .* 13:00 at\s+most\./,
    );
    expect(text).toMatch(/\n {2}.* 13:00 +in 3d 2[23]h +email news goes out\n/);
    expect(text).toMatch(/\n {2}.* 12:00 +in 19d 2[12]h +ends as timed-out/);
    const { text: json } = await terminal('waits', 'first-steps', '--json');
    expect(JSON.parse(json)).toMatchObject({ held: true, person: 'waits', runs: [{ status: 'active' }] });
  });

  test('and what the runs then do is what was said, quiet hours and caps of other journeys included', async () => {
    await person('two-runs', { plan: 'trial', timezone: 'Asia/Kolkata' });
    await engine.pass(MINUTE);
    await engine.send({ name: 'Export Completed', userId: 'two-runs' });
    await engine.settled();
    const [before] = (await explained('two-runs', 'first-steps')).runs;
    const said = before?.ahead?.steps.map(({ at, text }) => `${at} ${text}`) ?? [];
    // Sent at once, the news would be the second email within two days.
    expect(said.some((line) => line.includes('email news refused: at most 1 of channel email in 2d'))).toBe(true);
    await engine.pass(21 * DAY);
    const log = await engine.logOf('two-runs', 'first-steps');
    const times = log.map(({ at }) => new Date(at).toISOString());
    expect(said.map((line) => line.slice(0, 24))).toEqual(times.slice(-said.length));
  });
});

describe('somebody who is held', () => {
  test('by quiet hours is told until when', async () => {
    await person('asleep', { plan: 'trial', timezone: 'Pacific/Auckland' });
    await engine.pass(61 * MINUTE);
    const { zone, runs } = await explained('asleep', 'first-steps');
    expect(zone).toBe('Pacific/Auckland');
    expect(runs[0]?.stands?.does).toBe('is held: outside of its hours in Pacific/Auckland');
    const until = String(runs[0]?.stands?.until);
    expect(runs[0]?.ahead?.steps[0]).toMatchObject({ at: until, text: 'email hello goes out' });
    const { text } = await terminal('asleep', 'first-steps');
    expect(text).toMatch(/is held: outside of its hours in\s+Pacific\/Auckland, until .* 07:00 at\s+most\./);
    expect(text).toMatch(/07:00 +in \d+h( \d+m)? +email hello goes out/);
  });

  test('by a pause is told so, and what comes once it is over', async () => {
    await person('paused', { plan: 'trial' });
    await engine.settled();
    await server.api('/api/journeys/first-steps/pause', { by: 'ada', reason: 'a wrong price', entries: 'refuse' });
    await engine.pass(HOUR);
    const { status, control, entry, runs } = await explained('paused', 'first-steps');
    expect({ status, control }).toMatchObject({ status: 'paused', control: { by: 'ada', reason: 'a wrong price' } });
    expect(entry?.verdict).toMatchObject({ answer: 'refused', reason: 'the journey is paused' });
    expect(runs[0]).toMatchObject({
      stands: { step: 'wait-1h', kept: 'the journey is paused: a wrong price' },
      ahead: { assuming: 'the journey is resumed now' },
    });
    expect(runs[0]?.ahead?.steps.map(({ text }) => text).slice(0, 2)).toEqual(['goes on', 'email hello goes out']);
    const { text } = await terminal('paused', 'first-steps');
    expect(text).toMatch(/The journey is paused, since .* by ada: a wrong price\./);
    await server.api('/api/journeys/first-steps/resume', { by: 'ada', reason: 'mended' });
    await engine.settled();
  });
});

describe('somebody who does not enter', () => {
  test('again so soon is told when it is possible, and which entries were refused', async () => {
    await person('again', { plan: 'trial' });
    await engine.pass(DAY);
    await engine.send({ name: 'Bought', userId: 'again' });
    await engine.identify('again', { plan: 'free' });
    await engine.identify('again', { plan: 'trial' });
    await engine.settled();
    const until = new Date(engine.clock.now() + 29 * DAY).toISOString();
    const reason = `entered before, and not again until ${until}`;
    const { entry, refusals, runs } = await explained('again', 'first-steps');
    expect(entry?.verdict).toEqual({ answer: 'refused', reason, until, heldOut: null });
    expect(refusals.map((one) => one.reason)).toEqual([reason]);
    expect(runs[0]).toMatchObject({
      status: 'converted',
      endReason: 'the goal was reached',
      stands: null,
      ahead: null,
    });
    const { code, text } = await terminal('again', 'first-steps');
    expect(code).toBe(1);
    expect(text).toMatch(/Ended as converted .*: the goal was reached\./);
  });
});

describe('somebody who is asked in', () => {
  const askIn = async (userId: string) => {
    await server.api('/api/journeys/asked-in/entries', { userId });
    await engine.settled();
  };

  test('is told that the day is full, and until when', async () => {
    for (const userId of ['early', 'late']) await person(userId);
    await askIn('early');
    const midnight = new Date(Math.ceil(engine.clock.now() / DAY) * DAY).toISOString();
    const full = '1 entered on that day, and more may not';
    expect((await explained('late', 'asked-in')).entry).toMatchObject({
      takes: 'the person is asked in, by API or by file; once only',
      verdict: { answer: 'refused', reason: full, until: midnight },
    });
    await askIn('late');
    expect((await explained('late', 'asked-in')).refusals.map(({ reason }) => reason)).toEqual([full]);
    await engine.pass(DAY);
    expect((await explained('late', 'asked-in')).entry?.verdict.answer).toBe('enters');
  });

  test('while in another journey of the group is told that the entry waits, and since when', async () => {
    await person('busy');
    await engine.send({ name: 'Export Completed', userId: 'busy' });
    await engine.pass(5 * DAY + MINUTE);
    expect((await explained('busy', 'come-back')).runs).toHaveLength(1);
    const supposed = await explained('busy', 'asked-in');
    expect(supposed.entry?.verdict).toMatchObject({ answer: 'waits' });
    const since = new Date(engine.clock.now()).toISOString();
    await askIn('busy');
    const { entry, runs } = await explained('busy', 'asked-in');
    expect(runs).toEqual([]);
    expect(String(entry?.waiting?.since).slice(0, 16)).toBe(since.slice(0, 16));
    expect(entry?.waiting?.reason).toBe('waits for the end of another run of the group `sales`');
    const { text } = await terminal('busy', 'asked-in');
    expect(text).toMatch(/the entry waits for the end of another\s+run of the group `sales`/);
  });
});

test('a scheduled journey tells whether the person is among its members, and when their turn comes', async () => {
  await person('weekly');
  await engine.send({ name: 'Export Completed', userId: 'weekly' });
  await engine.settled();
  const { entry } = await explained('weekly', 'on-mondays');
  expect(entry).toMatchObject({
    by: 'schedule',
    takes: 'the person is in the audience `lively` when their turn comes; again and again',
    audience: { key: 'lively', member: true },
  });
  const turn = new Date(String(entry?.turn));
  expect([turn.getUTCDay(), turn.getUTCHours(), turn.getUTCMinutes()]).toEqual([1, 9, 0]);
  expect(turn.getTime() - engine.clock.now()).toBeLessThanOrEqual(7 * DAY);
});

describe('an account', () => {
  test('is told of its run, who of it gets what, and what comes', async () => {
    for (const userId of ['anna', 'otto']) {
      await person(userId);
      await engine.send({ type: 'group', name: 'group', userId, groupId: 'acme', traits: { seats: 5 } });
    }
    await engine.settled();
    const ask = () => server.api<Answer>('/api/accounts/acme/explain?journey=more-seats');
    expect((await ask()).entry).toMatchObject({
      takes: 'somebody in the account does `Seats Wanted`; once only',
      verdict: { answer: 'enters' },
    });
    await engine.send({ name: 'Seats Wanted', userId: 'anna' });
    await engine.settled();
    const { runs } = await ask();
    expect(runs[0]?.ahead?.steps.map(({ text }) => text)).toEqual([
      'goes on',
      'email hello to anna goes out',
      'email hello to otto goes out',
      'ends as completed',
    ]);
    await engine.pass(2 * DAY);
    const after = await ask();
    expect(after.runs[0]).toMatchObject({
      status: 'completed',
      messages: [
        { template: 'hello', to: 'anna', status: 'sent' },
        { template: 'hello', to: 'otto', status: 'sent' },
      ],
    });
    const { text } = await terminal('acme', 'more-seats');
    expect(text).toContain('email hello to otto went out');
    expect(text).toMatch(/Ended as completed/);
  });
});

test.each([
  ['/api/people/never/explain?journey=frist-steps', '404', 'There is no journey `frist-steps`'],
  ['/api/people/never/explain?journey=more-seats', '400', 'The journey `more-seats` is of accounts'],
  ['/api/people/nobody/explain?journey=first-steps', '404', 'There is no person `nobody`'],
  ['/api/accounts/nowhere/explain?journey=more-seats', '404', 'There is no account `nowhere`'],
  ['/api/people/never/explain', '400', 'name either an `audience` or a `journey`'],
])('%s answers %s', async (path, status, message) => {
  await person('never', { plan: 'free' });
  await engine.settled();
  const refused = await server.api(path).catch(String);
  expect(refused).toContain(`answered ${status}`);
  expect(refused).toContain(message);
});

test.each([
  [['never', 'frist-steps'], 'There is no journey `frist-steps`. Did you mean `first-steps`?'],
  [['nobody', 'first-steps'], 'Nobody is known as `nobody`.'],
  [['nowhere', 'more-seats'], 'There is no account `nowhere`.'],
] as const)('%j is wrong use', async ([name, journey], message) => {
  expect(await terminal(name, journey)).toEqual({ code: 2, text: `${message}\n` });
});
