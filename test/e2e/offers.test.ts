import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, type Milliseconds } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Occasion } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyOf } from './story.ts';
import { settingsFile } from './templates.ts';
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts';

const OFFERS = `
score: intent
outOf: 10
signals: [{ signal: looked, weight: 1, event: Pricing Viewed }]
---
offer: annual-plan
title: Pay by the year
category: promotions
eligible: { trait: plan, is: team }
value: revenue
propensity: 10%
incentive: two months for nothing
texts:
  email: 'A year of {{ person.plan }} for ten months, {{ person.id }}'
  in-app: Ten months pay for twelve
---
offer: half-price
title: Half price
value: 100
propensity: intent
limit: 3
link: /half-price
texts: { email: Half of it is enough, in-app: 'Half of it, {{ person.id }}' }
---
offer: guide
title: A guide
value: 1
propensity: 50%
texts: { email: Read this, in-app: Read this }
again: always
---
offer: last-seat
title: The last seat
value: 1000
propensity: 50%
limit: 1
texts: { in-app: Yours }
again: always
`;

const JOURNEYS = `
journey: upsell
enter: { event: Start, again: always }
steps:
  - offer: [annual-plan, half-price]
    id: pick
    none:
      - exit: nothing to offer
  - in-app: banner
  - wait: 1d
  - email: letter
  - wait: 1d
  - webhook: { url: 'CRM/{{ offer.key }}' }
  - { id: again, in-app: banner }
---
journey: limited
enter: { event: Limited }
steps:
  - { offer: half-price, id: pick }
  - in-app: banner
---
journey: in-silence
enter: { event: Silence }
holdout: 99.99%
steps:
  - { offer: half-price, id: pick }
  - in-app: banner
---
journey: twice
enter: { event: Twice }
steps:
  - { offer: [guide, last-seat], id: first }
  - in-app: banner
  - { offer: [guide, last-seat], id: second }
  - { id: again, in-app: banner }
`;

const BANNER = `
in-app: banner
category: product
placement: banner
title: '{{ offer.title }}'
body: '{{ offer.text }}'
button: { label: Have it, url: '{{ offer.link | default: "/offers" }}' }
`;

const LETTER = `---
email: letter
subject: '{{ offer.title }}: {{ offer.incentive | default: "see inside" }}'
category: news
---
<mjml><mj-body><mj-section><mj-column>
<mj-text>{{ offer.text }} (worth {{ offer.value }})</mj-text>
<mj-text><a href="{{ unsubscribeUrl }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;
let crm: WebhookReceiver;
let workspace: Workspace;

beforeAll(async () => {
  mailbox = await testMailbox();
  crm = await webhookReceiver(() => 200);
  workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string, plan: string, revenue: number }\n'),
    'offers.yaml': OFFERS,
    'journeys.yaml': JOURNEYS.replace('CRM', crm.url),
    'banner.yaml': BANNER,
    'letter.mjml': LETTER,
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
  await crm.close();
});

interface Doing {
  readonly after: Milliseconds;
  readonly name: string;
  readonly properties?: JsonObject;
}

/** The story of the run by the engine; the simulation of the same is held against it, entry by entry. */
async function live(userId: string, traits: JsonObject, journey: string, ...doings: Doing[]) {
  const known = { email: `${userId}@example.test`, ...traits };
  await engine.identify(userId, known);
  await engine.settled();
  const start = engine.clock.now();
  for (const { after, name, properties = {} } of doings) {
    await engine.pass(start + after - engine.clock.now());
    await engine.send({ name, userId, properties });
    await engine.settled();
  }
  await engine.pass(start + 4 * DAY - HOUR - engine.clock.now());
  const log = await engine.logOf(userId, journey);
  const events: Occasion[] = doings.map(({ after, name: event, properties = {} }) => ({
    event,
    at: { after },
    properties,
  }));
  const simulated = simulate({ workspace, journey, persona: { userId, traits: known, start, events } });
  const soFar = simulated.runs.flatMap((run) => run.log).filter(({ at }) => at <= engine.clock.now());
  expect(soFar).toEqual(log);
  return { log, story: storyOf(log, start).filter((line) => !line.includes('wait') && !line.includes('webhook')) };
}

const start = (after = 0, name = 'Start') => ({ after, name });
const looks = (times: number) =>
  Array.from({ length: times }, (_, index) => ({ after: index, name: 'Pricing Viewed' }));

describe('the best offer for the person', () => {
  test('is picked by expected value, is the run’s from then on, and the log says why', async () => {
    const { log, story } = await live('anna', { plan: 'team', revenue: 500 }, 'upsell', ...looks(4), start(10));
    expect(story).toEqual([
      '10ms pick: offered annual-plan',
      '10ms in-app-banner: acted',
      '1d 10ms email-letter: acted',
      '2d 10ms again: acted',
      '2d 10ms run: ended completed, all steps are done',
    ]);
    expect(log[0]).toMatchObject({
      did: 'offered',
      candidates: [
        { offer: 'annual-plan', value: 500, propensity: 0.1, expected: 50, passed: null },
        { offer: 'half-price', value: 100, propensity: 0.4, expected: 40, passed: null },
      ],
    });
  });

  test('is written out in each channel in its own words', async () => {
    const [email] = mailbox.messagesTo('anna@example.test');
    expect(email?.subject).toBe('Pay by the year: two months for nothing');
    expect(email?.text).toContain('A year of team for ten months, anna (worth 500)');
    expect(crm.callsTo('/annual-plan')).toHaveLength(1);
    const messages = await engine.messagesOf('anna');
    expect(messages.map(({ channel, offer }) => [channel, offer])).toEqual([
      ['in-app', 'annual-plan'],
      ['email', 'annual-plan'],
      ['webhook', 'annual-plan'],
      ['in-app', 'annual-plan'],
    ]);
    expect(await server.api('/api/people/anna')).toMatchObject({
      events: expect.arrayContaining([
        expect.objectContaining({
          name: 'Email Delivered',
          properties: expect.objectContaining({ offer: 'annual-plan' }),
        }),
      ]),
    });
  });

  test('is another one the next time, and then there is none', async () => {
    const { story } = await live('bert', { plan: 'team', revenue: 500 }, 'upsell', start(), start(3 * DAY));
    expect(story.filter((line) => line.includes('pick'))).toEqual([
      '0s pick: offered annual-plan',
      '3d pick: offered half-price',
    ]);
    await engine.pass(2 * DAY);
    await engine.send({ name: 'Start', userId: 'bert' });
    await engine.settled();
    expect((await engine.runsOf('bert')).map(({ status, endReason }) => [status, endReason]).at(-1)).toEqual([
      'exited',
      'nothing to offer',
    ]);
  });

  test('that is refused is not shown by any later step, on any channel, and not picked again', async () => {
    const refused = {
      after: HOUR,
      name: 'In-App Message Dismissed',
      properties: { template: 'banner', choice: 'never-this' },
    };
    const { story } = await live('carla', { plan: 'team', revenue: 500 }, 'upsell', start(), refused, start(3 * DAY));
    expect(story).toEqual([
      '0s pick: offered annual-plan',
      '0s in-app-banner: acted',
      '1d email-letter: refused, never-this',
      '2d again: refused, never-this',
      '2d run: ended completed, all steps are done',
      '3d pick: offered half-price',
      '3d in-app-banner: acted',
    ]);
  });

  test('is listed by the API with what it would be worth, and why not', async () => {
    await engine.identify('dora', { plan: 'free' });
    await engine.send({
      name: 'In-App Message Dismissed',
      userId: 'dora',
      properties: { offer: 'guide', choice: 'never-this' },
    });
    await engine.settled();
    expect(await server.api('/api/people/dora/offers')).toEqual({
      items: [
        expect.objectContaining({ offer: 'last-seat', expected: 500, mayBeMade: true }),
        expect.objectContaining({
          offer: 'half-price',
          value: 100,
          propensity: 0,
          expected: 0,
          mayBeMade: true,
          passed: null,
        }),
        expect.objectContaining({
          offer: 'guide',
          expected: 0.5,
          mayBeMade: false,
          passed: { why: 'unwanted', refusal: { reason: 'never-this', what: 'offer', name: 'guide' } },
        }),
        expect.objectContaining({ offer: 'annual-plan', value: null, passed: { why: 'not-eligible' } }),
      ],
      next: null,
    });
  });
});

describe('a limited offer', () => {
  test('is made to so many as it says, and to nobody who is held out', async () => {
    // Two have it already, from the stories above.
    const people = Array.from({ length: 12 }, (_, index) => `wanting-${index}`);
    await engine.send(...people.map((userId) => ({ name: 'Silence', userId: `held-${userId}` })));
    await engine.settled();
    await engine.send(...people.map((userId) => ({ name: 'Limited', userId })));
    await engine.settled();
    const messages = (await Promise.all(people.map((userId) => engine.messagesOf(userId)))).flat();
    expect(messages.map(({ status, refusal }) => refusal?.reason ?? status).sort()).toEqual([
      ...Array(11).fill('no-offer'),
      'sent',
    ]);
    const logs = await Promise.all(people.map((userId) => engine.logOf(userId, 'limited')));
    const why = logs.flatMap(([entry]) =>
      entry?.did === 'offered' ? [entry.candidates[0]?.passed?.why ?? 'picked'] : [],
    );
    expect(why.sort()).toEqual(['picked', ...Array(11).fill('used-up')]);
  });

  test('of which one is left is picked by one step, where two of a run ask at once', async () => {
    const { story } = await live('greedy', {}, 'twice', start(0, 'Twice'));
    expect(story.slice(0, 4)).toEqual([
      '0s first: offered last-seat',
      '0s in-app-banner: acted',
      '0s second: offered guide',
      '0s again: acted',
    ]);
  });
});
