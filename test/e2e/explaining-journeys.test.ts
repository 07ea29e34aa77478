import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
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
