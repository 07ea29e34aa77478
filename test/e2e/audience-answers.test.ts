import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { type TestEngine, type TestEvent, testEngine, workspaceOf } from '../kit/engine.ts';
import { type TestServer, testServer } from './server.ts';
import { settingsFile } from './templates.ts';

const DEFINITIONS = `
audience: free
trait: plan
is: free
---
audience: at-the-limit
all:
  - { trait: plan, is: free }
  - { event: Limit Reached, within: 60d }
---
audience: keen
all:
  - { trait: intent, atLeast: 20 }
  - sequence: [{ event: Trial Started }, { event: Limit Reached, within: 7d }]
  - { trait: seats_used, below: { trait: seats } }
  - account: { trait: industry, is: retail }
---
audience: big-accounts
of: accounts
trait: seats
atLeast: 10
---
trait: seats_used
count: { event: Member Invited }
---
score: intent
signals:
  - { signal: limits, event: Limit Reached, weight: 10 }
  - { signal: on trial, if: { trait: plan, is: free }, weight: 5 }
bands: { hot: 20, warm: 10 }
`;

let engine: TestEngine;
let server: TestServer;
let now: number;
const ago = (age: number) => new Date(now - age).toISOString();

beforeAll(async () => {
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'traits: { plan: string, seats: number }\naccountTraits: { industry: string, seats: number }\n',
    ),
    'definitions.yaml': DEFINITIONS,
  });
  engine = await testEngine({ workspace, smtpUrl: 'smtp://localhost:1' });
  server = await testServer(engine);
  now = engine.clock.now();
  const events: TestEvent[] = [];
  const identify = (userId: string, age: number, traits: TestEvent['traits']) =>
    events.push({ type: 'identify', name: 'identify', userId, traits: traits ?? {}, occurredAt: ago(age) });
  const track = (userId: string, name: string, age: number) => events.push({ userId, name, occurredAt: ago(age) });
  for (let index = 0; index < 6; index += 1) {
    identify(`free-${index}`, 80 * DAY, { plan: 'free', seats: 3 });
    track(`free-${index}`, 'Signed In', 70 * DAY);
    if (index >= 3) continue;
    track(`free-${index}`, 'Export Started', 40 * DAY + 10 * MINUTE);
    track(`free-${index}`, 'Limit Reached', 40 * DAY);
    if (index < 2) track(`free-${index}`, 'Upgraded', 35 * DAY);
    if (index < 2) identify(`free-${index}`, 35 * DAY, { plan: 'pro' });
  }
  identify('keen', 5 * DAY, { plan: 'free', seats: 3 });
  track('keen', 'Trial Started', 4 * DAY);
  track('keen', 'Limit Reached', 3 * DAY);
  track('keen', 'Limit Reached', 20 * DAY);
  track('keen', 'Member Invited', HOUR);
  events.push({
    type: 'group',
    name: 'group',
    userId: 'keen',
    groupId: 'acme',
    traits: { industry: 'retail', seats: 4 },
  });
  await engine.send(...events);
  await engine.settled();
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
});

interface Explanation {
  readonly clause: string;
  readonly holds: boolean;
  readonly found: unknown;
  readonly signals?: readonly object[];
  readonly until: string | null;
  readonly of: readonly Explanation[];
}

describe('why, with every kind of clause', () => {
  test('a score tells what gave how many points, and when that next drops; a sequence, a comparison and accounts what was found', async () => {
    const answer = await server.api<{ holds: boolean; until: string; explanation: Explanation }>(
      '/api/people/keen/explain?audience=keen',
    );
    expect(answer).toMatchObject({
      holds: true,
      until: ago(-10 * DAY),
      explanation: {
        clause: 'all of',
        of: [
          {
            clause: 'score intent is at least 20',
            found: 20,
            until: ago(-10 * DAY),
            signals: [
              { signal: 'limits', points: 15, found: 2, until: ago(-10 * DAY) },
              { signal: 'on trial', points: 5, found: true, until: null },
            ],
          },
          {
            clause: 'Trial Started, then Limit Reached within 7 days',
            found: { completed: ago(3 * DAY) },
            until: null,
          },
          { clause: 'count of Member Invited is below seats', found: { left: 1, right: 3 } },
          { clause: 'related in (industry is retail)', found: { count: 1, of: 1 } },
        ],
      },
    });
  });

  test('the scores of a person, by signal', async () => {
    const { scores } = await server.api<{ scores: object[] }>('/api/people/keen/scores');
    expect(scores).toMatchObject([
      { score: 'intent', value: 20, band: 'hot', until: ago(-10 * DAY), signals: [{ points: 15 }, { points: 5 }] },
    ]);
    const none = await server.api<{ scores: object[] }>('/api/people/free-5/scores');
    expect(none.scores).toMatchObject([{ value: 5, band: null, until: null, signals: [{ points: 5 }, { points: 0 }] }]);
  });

  test.each([
    ['/api/people/nobody/scores', 'There is no person `nobody`'],
    ['/api/people/keen/explain?audience=kene', 'There is no audience `kene`'],
  ])('%s is not found', async (path, message) => {
    await expect(server.api(path)).rejects.toThrow(message);
  });
});

describe('before and beside their use', () => {
  test('overlap: people’s audiences by default; kinds are not mixed', async () => {
    const { audiences, pairs } = await server.api<{ audiences: object[]; pairs: object[] }>('/api/audiences/overlap');
    expect(audiences).toEqual([
      { key: 'at-the-limit', size: 2 },
      { key: 'free', size: 5 },
      { key: 'keen', size: 1 },
    ]);
    expect(pairs).toContainEqual({ a: 'at-the-limit', b: 'free', both: 2, ofA: 1, ofB: 2 / 5, jaccard: 2 / 5 });
    await expect(server.api('/api/audiences/overlap?audiences=free,big-accounts')).rejects.toThrow(
      'One of `free` and `big-accounts` is of people, the other of accounts',
    );
  });

  test('the cohort check: by what was known at the time, though those who converted do not match any more', async () => {
    const answer = await server.api('/api/audiences/cohort-check', { audience: 'at-the-limit', goal: 'Upgraded' });
    expect(answer).toMatchObject({
      matched: { people: 3, converted: 2 },
      others: { people: 3, converted: 0 },
      before: 0,
      conversion: { matched: 2 / 3, others: 0, difference: { difference: 2 / 3 } },
    });
    const definition = { audience: 'exporters', event: 'Export Started', where: {} };
    const draft = await server.api('/api/audiences/cohort-check', {
      definition,
      goal: { event: 'Upgraded', where: { plan: { exists: false } } },
    });
    expect(draft).toMatchObject({ matched: { people: 3, converted: 2 } });
  });

  test.each([
    [{ audience: 'big-accounts', goal: 'Upgraded' }, 'The cohort check is about people'],
    [{ audience: 'free', definition: 'audience: x', goal: 'Upgraded' }, 'An audience is either named or written down'],
    [{ audience: 'fre', goal: 'Upgraded' }, 'There is no audience `fre`'],
    [{ definition: 'audience: x\nevents: Y\n', goal: 'Upgraded' }, 'Did you mean `event`'],
    [{ audience: 'free', goal: { event: 'X', where: { a: { is: 1, atlast: 2 } } } }, 'Unknown key `atlast`'],
    [{ audience: 'free', goal: 'X', retention: { from: '7d', until: '7d' } }, 'The retention ends before it begins'],
  ])('%j is refused', async (body, message) => {
    await expect(server.api('/api/audiences/cohort-check', body)).rejects.toThrow(message);
  });

  test('around an event', async () => {
    expect(await server.api('/api/events/around?event=Limit Reached&minutes=15')).toMatchObject({
      people: 4,
      events: [{ event: 'Export Started', before: { people: 3, share: 0.75, usually: 0 }, after: { people: 0 } }],
    });
  });
});
