import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyOf } from './story.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

const TRAITS = `
trait: exports_last_30_days
count: { event: Export Completed, within: 30d }
---
trait: active_users
of: accounts
people: { event: '*', within: 30d }
---
trait: seat_use
of: accounts
ratio: { of: active_users, to: licensed_seats }
---
audience: at-capacity
of: accounts
trait: seat_use
atLeast: 0.8
---
role: champion
that: { trait: exports_last_30_days, atLeast: 1 }
most: exports_last_30_days
---
role: buyer
that: { trait: role, is: buyer }
---
role: everyone
atMost: 10
`;

const JOURNEYS = `
journey: capacity-ceiling
of: accounts
enter: { audience: at-capacity }
goal: { event: Account Upgraded }
exit: { after: 30d }
steps:
  - email: usage-report
    to: champion
  - wait: 2d
  - sales-task: more-seats
    stakeholders: [champion, buyer]
  - wait-until: { event: Sales Task Completed }
    timeout: 10d
  - branch:
      - if: { event: Sales Task Completed, where: { outcome: not-now } }
        then: [{ email: case-study, to: buyer }]
---
journey: welcome-team
of: accounts
enter: { event: Team Set Up, again: always }
caps: [{ channel: email, atMost: 1, within: 3d }]
steps:
  - email: hello
    to: everyone
  - in-app: tips
    to: everyone
---
journey: own-news
enter: { event: Subscribed, again: always }
steps: [{ email: news }]
---
journey: nobody-there
of: accounts
enter: { event: Nobody Wanted }
steps: [{ email: case-study, to: buyer }, { set-trait: { reached: true } }]
---
journey: silent
of: accounts
enter: { event: Silence }
goal: { event: Contract Signed }
value: worth
holdout: 99.99%
steps: [{ email: hello, to: everyone }, { sales-task: more-seats }]
---
audience: reached
of: accounts
trait: reached
is: true
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(`traits: { email: string, role: string }
accountTraits: { licensed_seats: number, plan: string, reached: boolean }
caps: [{ channel: in-app, atMost: 1, within: 1d }]
`),
    'traits.yaml': TRAITS,
    'journeys.yaml': JOURNEYS,
    'usage-report.mjml': emailFile(
      'usage-report',
      '{{ person.exports_last_30_days }} exports of yours, {{ account.seat_use | times: 100 | round }} % of {{ account.id }}',
    ),
    'case-study.mjml': emailFile('case-study', 'How others did it, {{ account.plan }}', 'category: news\n'),
    'hello.mjml': emailFile('hello', 'Hello {{ person.id }}'),
    'news.mjml': emailFile('news', 'News', 'category: news\n'),
    'tips.yaml': inAppFile('tips', 'Tips for {{ person.id }} of {{ account.id }}'),
    'more-seats.yaml': salesTaskFile(
      'more-seats',
      '{{ account.id }}: {% for one in stakeholders %}{{ one.roles | join: "+" }} {{ one.id }} {{ one.email }};{% endfor %}',
    ),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const group = (userId: string, groupId: string, traits: JsonObject = {}) =>
  engine.send({ type: 'group', name: 'group', userId, groupId, traits });

/** An account of these people, each with an address. */
async function team(groupId: string, people: Readonly<Record<string, JsonObject>>, traits: JsonObject = {}) {
  for (const [userId, own] of Object.entries(people)) {
    await engine.identify(userId, { email: `${userId}@example.test`, ...own });
    await group(userId, groupId, traits);
  }
  await engine.settled();
}

interface Sent {
  id: string;
  run: string;
  step: string;
  status: string;
  person: { userId: string } | null;
  account: string | null;
  chosen: JsonObject | null;
  refusal: JsonObject | null;
}
interface Task {
  id: string;
  person: JsonObject | null;
  account: string | null;
  brief: string;
  stakeholders: { userId: string; chosen: { role: string }[]; traits: JsonObject }[];
}
interface AccountPage {
  traits: JsonObject;
  runs: { id: string; journey: string; account: string | null; person: JsonObject | null; status: string }[];
  messages: Sent[];
  tasks: Task[];
  events: { name: string; person: { userId: string } | null }[];
}
const page = (id: string) => server.api<AccountPage>(`/api/accounts/${id}`);
const personPage = (id: string) => server.api<{ messages: Sent[]; tasks: Task[] }>(`/api/people/${id}`);

async function storiesOf(account: string, journey: string): Promise<string[][]> {
  const { runs } = await page(account);
  const ids = runs.filter((run) => run.journey === journey).map(({ id }) => id);
  return Promise.all(
    ids.reverse().map(async (id) => {
      const run = await engine.db
        .selectFrom('runs')
        .select('entered_at')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const rows = await engine.db
        .selectFrom('run_log')
        .select('entry')
        .where('run_id', '=', id)
        .orderBy('id')
        .execute();
      const log = rows.map(({ entry }) => entry);
      const said = storyOf(log, run.entered_at.getTime());
      return said.map(
        (line, index) => line + (log[index]?.receiver === undefined ? '' : ` (${log[index].receiver.person})`),
      );
    }),
  );
}

describe('an account at its ceiling', () => {
  test('goes through the journey once, and each message finds its people', async () => {
    await team('acme', { boss: { role: 'buyer' }, amy: {}, ben: {} }, { licensed_seats: 3, plan: 'team' });
    await engine.send({ name: 'Export Completed', userId: 'amy' });
    await engine.send({ name: 'Export Completed', userId: 'ben' }, { name: 'Export Completed', userId: 'ben' });
    await engine.settled();
    expect((await page('acme')).runs).toEqual([]);
    await engine.send({ name: 'Logged In', userId: 'boss' });
    await engine.pass(MINUTE);

    const { runs, messages } = await page('acme');
    expect(runs).toMatchObject([{ journey: 'capacity-ceiling', account: 'acme', person: null, status: 'active' }]);
    expect(messages).toMatchObject([
      {
        id: `${runs[0]?.id}/email-usage-report/0/${await profileOf('ben')}`,
        person: { userId: 'ben' },
        account: 'acme',
        chosen: { role: 'champion', place: 1, among: 2, by: 'exports_last_30_days', value: 2 },
      },
    ]);
    expect(mailbox.messagesTo('ben@example.test')[0]?.text).toContain('2 exports of yours, 100 % of acme');
    expect((await personPage('ben')).messages).toEqual(messages);
    expect((await personPage('amy')).messages).toEqual([]);
    expect(await server.api<{ items: Sent[] }>('/api/messages?account=acme')).toMatchObject({ items: messages });
  });

  test('has a task that names its people; what the rep makes of it steers the journey', async () => {
    await engine.pass(2 * DAY);
    const { tasks } = await page('acme');
    expect(tasks).toMatchObject([
      {
        person: null,
        account: 'acme',
        brief: 'acme: champion ben ben@example.test;buyer boss boss@example.test;',
        stakeholders: [
          { userId: 'ben', chosen: [{ role: 'champion' }], traits: { email: 'ben@example.test' } },
          { userId: 'boss', chosen: [{ role: 'buyer' }] },
        ],
      },
    ]);
    expect(await server.api<{ items: Task[] }>('/api/tasks?account=acme')).toMatchObject({ items: tasks });
    await engine.pass(HOUR);
    const done = { by: 'sam', outcome: 'not-now' };
    await server.api(`/api/tasks/${encodeURIComponent(tasks[0]?.id ?? '')}/complete`, done);
    engine.nudge();
    await engine.pass(MINUTE);
    expect(mailbox.messagesTo('boss@example.test').map(({ text }) => text)).toEqual([
      expect.stringContaining('How others did it, team'),
    ]);
    const { events } = await page('acme');
    expect(events.map(({ name, person }) => [name, person?.userId ?? null]).slice(0, 3)).toEqual([
      ['Email Delivered', 'boss'],
      ['Sales Task Completed', null],
      ['Sales Task Created', null],
    ]);
    expect(await storiesOf('acme', 'capacity-ceiling')).toEqual([
      [
        '0s email-usage-report: acted (ben)',
        '0s wait-2d: waiting until 2d',
        '2d wait-2d: waited, time',
        '2d sales-task-more-seats: acted',
        '2d wait-until-sales-task-completed: waiting until 12d',
        '2d 1h 1m wait-until-sales-task-completed: waited, condition',
        '2d 1h 1m branch-sales-task-completed: took if 1',
        '2d 1h 1m email-case-study: acted (boss)',
      ],
    ]);
  });

  test('converts by what any of its people does', async () => {
    await engine.send({ name: 'Account Upgraded', userId: 'amy' });
    await engine.settled();
    expect((await page('acme')).runs).toMatchObject([{ status: 'converted' }]);
  });
});

describe('a message to several', () => {
  test('is one for each of them, with what holds for each', async () => {
    await team('several', { s1: {}, s2: {}, s3: {}, s4: { email: '' } });
    // One has had an email of another journey, which is none of this one's; one wants no marketing.
    await engine.send({ name: 'Subscribed', userId: 's1' });
    await engine.settled();
    await engine.db
      .insertInto('suppressions')
      .values({
        profile_id: await profileOf('s2'),
        what: 'marketing',
        at: new Date(engine.clock.now()),
        cause: '{}',
      })
      .execute();
    await engine.send({ name: 'Team Set Up', userId: 's3' });
    await engine.pass(MINUTE);
    expect(await storiesOf('several', 'welcome-team')).toEqual([
      [
        '0s email-hello: acted (s1)',
        '0s email-hello: refused, suppressed (s2)',
        '0s email-hello: acted (s3)',
        '0s email-hello: refused, channel (s4)',
        '0s in-app-tips: acted (s1)',
        '0s in-app-tips: refused, suppressed (s2)',
        '0s in-app-tips: acted (s3)',
        '0s in-app-tips: acted (s4)',
        '0s run: ended completed, all steps are done',
      ],
    ]);
    expect(mailbox.messagesTo('s3@example.test').map(({ text }) => text)).toEqual([
      expect.stringContaining('Hello s3'),
    ]);
    expect((await personPage('s2')).messages.map(({ step, status }) => [step, status])).toEqual(
      expect.arrayContaining([
        ['email-hello', 'refused'],
        ['in-app-tips', 'refused'],
      ]),
    );
  });

  test('finds the caps of each person: those of the journey, and those of the workspace', async () => {
    await engine.send({ name: 'Team Set Up', userId: 's3' });
    await engine.pass(MINUTE);
    const [, second] = await storiesOf('several', 'welcome-team');
    expect(second?.filter((line) => line.includes('(s1)') || line.includes('(s3)'))).toEqual([
      '0s email-hello: refused, cap (s1)',
      '0s email-hello: refused, cap (s3)',
      '0s in-app-tips: refused, cap (s1)',
      '0s in-app-tips: refused, cap (s3)',
    ]);
  });
});

test('a role that nobody has is a refusal, and the run goes on', async () => {
  await team('empty', { e1: {}, e2: {} });
  await engine.send({ name: 'Nobody Wanted', userId: 'e1' });
  await engine.pass(MINUTE);
  const { messages, traits } = await page('empty');
  expect(messages).toMatchObject([
    { person: null, account: 'empty', status: 'refused', refusal: { reason: 'nobody', role: 'buyer', people: 2 } },
  ]);
  expect(traits).toEqual({ reached: true });
  expect(await storiesOf('empty', 'nobody-there')).toEqual([
    [
      '0s email-case-study: refused, nobody',
      '0s set-trait-reached: acted',
      '0s run: ended completed, all steps are done',
    ],
  ]);
});

test('a hold-out is the account’s: none of its people gets anything, and the account is measured', async () => {
  await team('quiet', { q1: {}, q2: {} });
  await engine.send({ name: 'Silence', userId: 'q1' });
  await engine.pass(MINUTE);
  expect(await storiesOf('quiet', 'silent')).toEqual([
    [
      '0s email-hello: refused, held-out (q1)',
      '0s email-hello: refused, held-out (q2)',
      '0s sales-task-more-seats: refused, held-out',
    ],
  ]);
  // What its people do is the account's conversion, counted once for the account.
  const signed = { name: 'Contract Signed', properties: { worth: 500 } };
  await engine.send({ ...signed, userId: 'q2' }, { ...signed, userId: 'q1' });
  await engine.settled();
  const { holdout } = await server.api<{ holdout: { sides: JsonObject[] } }>('/api/journeys/silent/experiments');
  expect(holdout.sides).toMatchObject([
    { variant: 'treated', exposed: 0 },
    { variant: null, exposed: 1, converted: 1, revenue: 1000 },
  ]);
});

async function profileOf(userId: string): Promise<number> {
  const row = await engine.db
    .selectFrom('identities')
    .select('profile_id')
    .where('value', '=', userId)
    .executeTakeFirstOrThrow();
  return row.profile_id;
}
