import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer, WRITE_KEY } from './server.ts';
import { inAppFile, settingsFile } from './templates.ts';

const AUDIENCES = `
audience: in-earnest
all:
  - { trait: plan, in: [free, starter] }
  - { trait: account.seats, atLeast: 5 }
  - { event: Export Completed, times: { exactly: 2 } }
  - { event: Page Viewed, where: { name: Pricing } }
  - { event: Screen Viewed, where: { name: Billing } }
  - { event: Quiz Finished, where: { score: { above: 7 } } }
---
audience: at-a-limit
event: Feature Limit Reached
where: { feature: exports, plan: free, current_usage: { atLeast: 100 }, plan_limit: 100 }
---
audience: inviting
event: Team Member Invited
---
audience: saw-upgrade
event: Upgrade Page Viewed
---
audience: wants-premium
event: Premium Feature Attempted
where: { feature: { in: [sso, audit-log] } }
---
audience: exporting
event: Export Completed
times: { atLeast: 2 }
---
audience: upgraded
event: Account Upgraded
where: { to_plan: pro }
`;

const JOURNEY = `
journey: pricing-follow-up
enter: { event: Signed Up }
steps:
  - branch:
      - if: { event: Page Viewed, where: { name: Pricing }, within: 7d }
        then: [{ in-app: saw-pricing }]
      - else: [{ in-app: saw-nothing }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'traits: { email: string, plan: string, seats: number, createdAt: date }\naccountTraits: { seats: number }\n',
    ),
    'audiences.yaml': AUDIENCES,
    'journey.yaml': JOURNEY,
    'saw-pricing.yaml': inAppFile('saw-pricing', 'You saw it'),
    'saw-nothing.yaml': inAppFile('saw-nothing', 'You saw nothing'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

/** Segment's own client for servers; nothing of it is changed but the host. */
async function bySegment(calls: (analytics: Analytics) => void): Promise<void> {
  const analytics = new Analytics({ writeKey: WRITE_KEY, host: server.url });
  const failures: unknown[] = [];
  analytics.on('error', (failure) => failures.push(failure));
  calls(analytics);
  await analytics.closeAndFlush();
  expect(failures).toEqual([]);
  engine.nudge();
  await engine.settled();
}

const membersOf = async (audience: string) => {
  const { items } = await server.api<{ items: { person: { userId: string } }[] }>(`/api/audiences/${audience}/members`);
  return items.map(({ person }) => person.userId);
};
describe('A1 the tracking API', () => {
  test('Segment’s client with only its host changed brings a person into an audience, by all its calls', async () => {
    const userId = 'ada';
    await bySegment((analytics) => {
      analytics.track({ anonymousId: 'quiz-taker', event: 'Quiz Finished', properties: { score: 9 } });
      analytics.identify({ userId, traits: { plan: 'starter' } });
      analytics.group({ userId, groupId: 'acme', traits: { seats: 5 } });
      analytics.page({ userId, name: 'Pricing' });
      analytics.screen({ userId, name: 'Billing' });
      analytics.track({ userId, event: 'Export Completed' });
      analytics.track({ userId, event: 'Export Completed' });
    });
    expect(await membersOf('in-earnest')).toEqual([]);
    await bySegment((analytics) => analytics.alias({ userId, previousId: 'quiz-taker' }));
    expect(await membersOf('in-earnest')).toEqual(['ada']);
    await bySegment((analytics) => analytics.track({ userId, event: 'Export Completed' }));
    expect(await membersOf('in-earnest')).toEqual([]);
  });

  test('a browser’s plain-text beacon counts as well', async () => {
    const call = { writeKey: WRITE_KEY, type: 'track', userId: 'bea', event: 'Team Member Invited', messageId: 'b-1' };
    const response = await fetch(`${server.url}/v1/t`, { method: 'POST', body: JSON.stringify(call) });
    expect(response.status).toBe(200);
    await engine.settled();
    expect(await membersOf('inviting')).toEqual(['bea']);
  });

  test('membership follows within a second of the answer', async () => {
    const response = await fetch(`${server.url}/v1/track`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ userId: 'fast', event: 'Upgrade Page Viewed' }),
    });
    expect(response.status).toBe(200);
    await eventually(async () => expect(await membersOf('saw-upgrade')).toContain('fast'), 1_000);
  });
});

describe('A2 the usual expansion events', () => {
  test.each([
    ['at-a-limit', 'Feature Limit Reached', { feature: 'exports', current_usage: 100, plan_limit: 100, plan: 'free' }],
    ['inviting', 'Team Member Invited', { role: 'editor' }],
    ['saw-upgrade', 'Upgrade Page Viewed', {}],
    ['wants-premium', 'Premium Feature Attempted', { feature: 'sso' }],
    ['exporting', 'Export Completed', { rows: 12 }],
    ['upgraded', 'Account Upgraded', { to_plan: 'pro' }],
  ])('bring a person into the audience %s', async (audience, event, properties) => {
    const userId = `expanding-${audience}`;
    const others = await membersOf(audience);
    await bySegment((analytics) => {
      analytics.track({ userId, event, properties });
      if (audience === 'exporting') analytics.track({ userId, event, properties });
    });
    expect(await membersOf(audience)).toEqual([...others, userId]);
    const { events } = await server.api<{ events: object[] }>(`/api/people/${userId}`);
    expect(events).toContainEqual(expect.objectContaining({ name: event, properties }));
  });

  test('with other properties do not', async () => {
    await bySegment((analytics) => {
      const userId = 'not-expanding';
      analytics.track({ userId, event: 'Premium Feature Attempted', properties: { feature: 'themes' } });
      const properties = { feature: 'exports', current_usage: 99, plan_limit: 100, plan: 'free' };
      analytics.track({ userId, event: 'Feature Limit Reached', properties });
      analytics.track({ userId, event: 'Account Upgraded', properties: { to_plan: 'starter' } });
    });
    expect(await engine.audiencesOf('not-expanding')).toEqual([]);
  });
});

describe('A3 anonymous visitors become known', () => {
  const signUp = async (userId: string, join?: (analytics: Analytics) => void) => {
    if (join !== undefined) await bySegment(join);
    await bySegment((analytics) => analytics.track({ userId, event: 'Signed Up' }));
    return (await engine.messagesOf(userId)).map(({ template }) => template);
  };
  const viewPricing = (anonymousId: string, at: number) =>
    bySegment((analytics) => analytics.page({ anonymousId, name: 'Pricing', timestamp: new Date(Date.now() - at) }));

  test('a pricing page viewed before `identify` with the anonymous id counts', async () => {
    await viewPricing('visitor-1', 3 * DAY);
    const got = await signUp('ida', (analytics) => analytics.identify({ userId: 'ida', anonymousId: 'visitor-1' }));
    expect(got).toEqual(['saw-pricing']);
  });

  test('a pricing page viewed before `alias` counts', async () => {
    await viewPricing('visitor-2', 3 * DAY);
    const got = await signUp('alan', (analytics) => analytics.alias({ userId: 'alan', previousId: 'visitor-2' }));
    expect(got).toEqual(['saw-pricing']);
  });

  test('also where the user was known before on another device', async () => {
    await bySegment((analytics) => analytics.identify({ userId: 'olga', anonymousId: 'olgas-phone' }));
    await viewPricing('olgas-laptop', DAY);
    const got = await signUp('olga', (analytics) =>
      analytics.identify({ userId: 'olga', anonymousId: 'olgas-laptop' }),
    );
    expect(got).toEqual(['saw-pricing']);
    const { identities } = await server.api<{ identities: { value: string }[] }>('/api/people/olga');
    expect(identities.map(({ value }) => value).sort()).toEqual(['olga', 'olgas-laptop', 'olgas-phone']);
  });

  test('a page viewed 8 days ago, and one that a stranger viewed, do not count', async () => {
    await viewPricing('visitor-3', 8 * DAY);
    await viewPricing('stranger', DAY);
    const got = await signUp('otto', (analytics) => analytics.identify({ userId: 'otto', anonymousId: 'visitor-3' }));
    expect(got).toEqual(['saw-nothing']);
  });
});
