import { expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import { renderSimulation } from '../../src/simulate/render-simulation.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { T0 } from '../core/build.ts';
import { EMAIL, SETTINGS, workspaceOf } from '../definitions/folder.ts';

test('a persona enters audiences of people with a name, and nothing of accounts', async () => {
  const workspace = await workspaceOf({
    'a.yaml': `audience: starters
event: Started
---
audience: busy
of: accounts
event: Started
---
audience: alone
not: { account: { people: { that: { event: Started } } } }
---
journey: j
enter: { event: Started }
steps: [{ wait: 1h }]
`,
  });
  const persona: Persona = {
    userId: 'ada',
    start: T0,
    traits: {},
    events: [{ event: 'Started', at: { after: DAY }, properties: {} }],
  };
  const { audiences } = simulate({ workspace, journey: 'j', persona, heldOut: false });
  expect(audiences.map(({ audience, entered }) => [audience, entered])).toEqual([
    ['alone', true],
    ['starters', true],
  ]);
});

const SHARED_SETTINGS = SETTINGS.replace('accountTraits: {', 'accountTraits: { plan: string,').replace(
  'traits: {',
  'traits: { email: string,',
);

const SHARED = `audience: exporters
event: Export Completed
---
audience: busy-accounts
of: accounts
people: { howMany: { atLeast: 2 }, that: { audience: exporters } }
---
audience: in-a-busy-account
account: { audience: busy-accounts }
---
audience: on-a-team-plan
trait: account.plan
is: team
---
journey: busy
enter: { audience: in-a-busy-account }
exit: { when: { audience: on-a-team-plan } }
steps: [{ wait: 1d }, { exit: nothing more }]
---
role: exporter
that: { audience: exporters }
---
journey: busy-account
of: accounts
enter: { audience: busy-accounts }
steps: [{ email: hello, to: exporter }]
`;

function shared(more: Partial<Persona> = {}): Persona {
  const exports = (day: number) => [{ event: 'Export Completed', at: { after: day * DAY }, properties: {} }];
  return {
    userId: 'ada',
    start: T0,
    traits: {},
    accounts: { acme: { plan: 'free' } },
    events: exports(1),
    colleagues: [{ userId: 'bob', traits: {}, accounts: { acme: {} }, events: exports(2) }],
    ...more,
  };
}

test('what a colleague does concerns a persona by way of their account', async () => {
  const workspace = await workspaceOf({ 'settings.yaml': SHARED_SETTINGS, 'hello.mjml': EMAIL, 'a.yaml': SHARED });
  const { runs, audiences } = simulate({ workspace, journey: 'busy', persona: shared() });
  expect(runs.map(({ enteredAt, reason }) => [enteredAt - T0, reason])).toEqual([[2 * DAY, 'nothing more']]);
  expect(audiences.map(({ audience, at }) => [audience, at - T0])).toEqual([
    ['exporters', DAY],
    ['in-a-busy-account', 2 * DAY],
  ]);
  const alone = simulate({ workspace, journey: 'busy', persona: shared({ colleagues: [] }) });
  expect(alone.runs).toEqual([]);
});

test('what is said of an account holds for everybody in it from that instant', async () => {
  const workspace = await workspaceOf({ 'settings.yaml': SHARED_SETTINGS, 'hello.mjml': EMAIL, 'a.yaml': SHARED });
  const [bob] = shared().colleagues ?? [];
  if (bob === undefined) throw new Error('There is no Bob');
  const upgrades = { group: 'acme', traits: { plan: 'team' }, at: { after: 2.5 * DAY } };
  const persona = shared({ colleagues: [{ ...bob, events: [...bob.events, upgrades] }] });
  const { runs } = simulate({ workspace, journey: 'busy', persona });
  expect(runs.map(({ outcome, endedAt }) => [outcome, (endedAt ?? 0) - T0])).toEqual([['exited', 2.5 * DAY]]);
});

test('a journey of accounts is gone through by the persona’s, and its messages go to whoever they are for', async () => {
  const workspace = await workspaceOf({ 'settings.yaml': SHARED_SETTINGS, 'hello.mjml': EMAIL, 'a.yaml': SHARED });
  const persona = shared({ traits: { email: 'ada@example.com', firstName: 'Ada' } });
  const { runs } = simulate({ workspace, journey: 'busy-account', persona });
  expect(runs.map(({ account, enteredAt }) => [account, enteredAt - T0])).toEqual([['acme', 2 * DAY]]);
  expect(runs[0]?.messages).toMatchObject([{ to: 'ada', refusal: null, content: { to: 'ada@example.com' } }]);
  expect(renderSimulation(simulate({ workspace, journey: 'busy-account', persona }))).toContain(
    'Run 1 of acme, entered Wed 3 Jan 01:00 by audience busy-accounts\n',
  );
});
