import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import type { Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { checkedWorkspace } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { live } from './live.ts';
import { LIFETIME, personas } from './personas.ts';
import { storyOf } from './story.ts';

const SHIPPED = fileURLToPath(new URL('../../journeys', import.meta.url));

/** What the shipped journeys leave out: conditions woken by the clock, capped and marked people, an exit. */
const TRIAL = `
audience: busy
event: '*'
times: { atLeast: 4 }
within: 3d
---
audience: on-trial
trait: stage
is: trial
---
journey: trial
enter: { event: Trial Started, again: after 10d }
goal: { event: Account Upgraded }
exit: { after: 20d, when: { all: [{ audience: on-trial }, { audience: busy }] } }
holdout: 20%
ramp: 80%
caps: [{ channel: in-app, atMost: 1, within: 5d }]
steps:
  - set-trait: { stage: trial }
  - in-app: welcome-back
  - wait-until: { event: '*', times: { exactly: 0 }, within: 4d }
    timeout: 9d
    onTimeout: [{ sales-task: upgrade-conversation }]
  - in-app: unlock-exports
  - split:
      leave: { share: 40%, steps: [{ exit: drew the short straw }] }
      stay: { share: 60%, steps: [] }
  - experiment: timing
    variants:
      early: { share: 20%, wait: 1h }
      late: { share: 40%, wait: 5h }
      never: { share: 40%, stopped: true, exit: waited enough }
  - experiment: copy
    variants:
      short: { id: short, in-app: welcome-back }
      long: { steps: [{ id: long, in-app: unlock-exports }, { wait: 2h }] }
  - set-trait: { stage: tried }
---
journey: slowed-down
enter: { leaves: busy, again: { after: 2d, atMost: 3 } }
exit: { after: 5d, when: { audience: busy } }
steps:
  - wait: 1d
  - in-app: welcome-back
---
journey: baskets
enter: { event: Product Added, each: basket, atOnce: 2, again: { after: 1d, atMost: 2 } }
goal: { event: Order Completed, where: { basket: { same: true } } }
exit: { after: 12d }
steps:
  - wait-until: { event: Product Viewed, where: { basket: { same: true } } }
    timeout: 3d
    onTimeout: [{ in-app: welcome-back }]
  - branch:
      - if: { event: Payment Failed, where: { basket: { same: true } } }
        then: [{ sales-task: upgrade-conversation }]
`;
/** Caps of the calendar, hours, and what a refusal means. */
const PRESSED = `
journey: pressed
enter: { event: Product Viewed, again: after 2d }
exit: { after: 25d }
holdout: 20%
caps: [{ channel: in-app, atMost: 1, per: week }, { category: sales, atMost: 1, within: 20d }]
steps:
  - in-app: welcome-back
    refused: wait
  - wait: 1h
  - in-app: unlock-exports
    send: { days: [tuesday, thursday, saturday], from: '9:00', to: '17:30' }
    refused: { cap: wait }
  - sales-task: upgrade-conversation
    refused: leave
  - set-trait: { stage: pressed }
`;
/** Without settling, of several messages that are due at one instant the first to ask would have the last slot. */
const HOURS = `settle: 10s
quietHours:
  - { from: '22:00', to: '7:15' }
  - { channel: sales-task, days: [sunday] }
`;
const DRAWN = 24;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;
let people: Persona[];
let end: Instant;

beforeAll(async () => {
  mailbox = await testMailbox();
  const folder = await mkdtemp(join(tmpdir(), 'workspace-'));
  await cp(SHIPPED, folder, { recursive: true });
  await writeFile(join(folder, 'trial.yaml'), TRIAL);
  await writeFile(join(folder, 'pressed.yaml'), PRESSED);
  const settings = join(folder, 'settings.yaml');
  await writeFile(
    settings,
    `${(await readFile(settings, 'utf8'))
      .replace('  plan: string', '  stage: string\n  plan: string')
      .replace('settings:', 'holdout: 15%\nsettings:')}${HOURS}`,
  );
  workspace = await checkedWorkspace(folder);
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  people = personas(engine.clock.now(), DRAWN);
  end = await live(engine, people, LIFETIME);
}, 120_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const until = <T extends { readonly at: Instant }>(entries: readonly T[]) => entries.filter(({ at }) => at <= end);

/** Runs of the journey as the engine logged them, and as the simulation says. */
async function bothOf(persona: Persona, journey: string): Promise<{ real: LogEntry[][]; simulated: LogEntry[][] }> {
  const simulation = simulate({ workspace, journey, persona });
  const runs = await engine.runsOf(persona.userId, journey);
  const real = runs.map(async ({ id }) => {
    const rows = await engine.db.selectFrom('run_log').select('entry').where('run_id', '=', id).orderBy('id').execute();
    return rows.map(({ entry }) => entry);
  });
  return {
    real: await Promise.all(real),
    simulated: [...simulation.runs]
      // Runs side by side that began at one instant are listed by their ids.
      .sort((a, b) => a.enteredAt - b.enteredAt || ((a.instance ?? '') < (b.instance ?? '') ? -1 : 1))
      .map(({ log }) => until(log))
      .filter((log) => log.length > 0),
  };
}

describe.each([
  'free-to-paid',
  'cart-recovery',
  'payment-trouble',
  'gone-quiet',
  'wish-list-nudge',
  'trial',
  'slowed-down',
  'pressed',
  'baskets',
])('the journey %s', (journey) => {
  test('goes for everybody as the simulation says, step by step and to the millisecond', async () => {
    let steps = 0;
    for (const persona of people) {
      const { real, simulated } = await bothOf(persona, journey);
      const stories = (logs: LogEntry[][]) => logs.map((log) => storyOf(log, persona.start));
      expect({ [persona.userId]: stories(real) }).toEqual({ [persona.userId]: stories(simulated) });
      expect(real).toEqual(simulated);
      steps += real.flat().length;
    }
    expect(steps).toBeGreaterThan(20);
  });

  test('refuses entries as the simulation says', async () => {
    for (const persona of people) {
      const rows = await engine.db
        .selectFrom('entry_refusals')
        .select(['at', 'reason'])
        .where('profile_id', '=', await findPersonId(engine.db, persona.userId))
        .where('journey', '=', journey)
        .orderBy('id')
        .execute();
      const { refused } = simulate({ workspace, journey, persona });
      expect(rows.map(({ at, reason }) => ({ journey, at: at.getTime(), reason }))).toEqual(until(refused));
    }
  });
});

test('audiences are entered and left as the simulation says', async () => {
  let changes = 0;
  for (const persona of people) {
    const rows = await engine.db
      .selectFrom('audience_changes')
      .select(['audience', 'entered', 'at'])
      .where('profile_id', '=', await findPersonId(engine.db, persona.userId))
      .orderBy('audience')
      .orderBy('id')
      .execute();
    const real = rows.map(({ at, ...row }) => ({ ...row, at: at.getTime() }));
    const simulated = until(simulate({ workspace, journey: 'free-to-paid', persona }).audiences)
      .map(({ audience, entered, at }) => ({ audience, entered, at }))
      .sort((a, b) => (a.audience < b.audience ? -1 : a.audience > b.audience ? 1 : a.at - b.at));
    expect(real).toEqual(simulated);
    changes += real.length;
  }
  expect(changes).toBeGreaterThan(100);
});
