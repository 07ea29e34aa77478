import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import type { Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { backtest } from '../../src/simulate/backtest.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import { callsOf } from '../../src/simulate/persona-calls.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { SimulatedRun } from '../../src/simulate/simulation.ts';
import { type History, SortByPerson } from '../../src/simulate/sort-by-person.ts';
import { VirtualLife } from '../../src/simulate/virtual-life.ts';
import { virtualWorld } from '../../src/simulate/virtual-world.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { live } from './live.ts';
import { drawnWorkspace } from './random-journeys.ts';
import { DRAWN_LIFETIME, drawPeople } from './random-people.ts';
import { storyOf } from './story.ts';
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts';

/** More by hand: `AGREEMENT_JOURNEYS=1000 AGREEMENT_SEED=7 npm test test/e2e/agreement.test.ts` */
const JOURNEYS = Number(process.env.AGREEMENT_JOURNEYS ?? 200);
const PEOPLE = Math.ceil(JOURNEYS / 5);
const SEED = Number(process.env.AGREEMENT_SEED ?? 1);
/** A backtest is of one journey, and lets everybody live through all of them. */
const ASKED_ONE_BY_ONE = 5;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let receiver: WebhookReceiver;
let workspace: Workspace;
let people: Persona[];
let end: Instant;

/** Each run of each person: what it did, by the id of the run without the person's number. */
type Runs = Map<string, Map<string, readonly LogEntry[]>>;

beforeAll(async () => {
  console.log(`agreement: ${JOURNEYS} journeys, seed ${SEED}`);
  [mailbox, receiver] = await Promise.all([testMailbox(), webhookReceiver(() => 200)]);
  workspace = await drawnWorkspace(JOURNEYS, SEED, receiver.url);
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  const numbers = Object.keys(workspace.journeys).map((key) => Number(key.slice(key.lastIndexOf('-') + 1)));
  people = drawPeople(PEOPLE, numbers, SEED, engine.clock.now());
  end = await live(engine, people, DRAWN_LIFETIME);
}, 600_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
  await receiver?.close();
});

async function realRuns(): Promise<Runs> {
  const rows = await engine.db
    .selectFrom('run_log')
    .innerJoin('runs', 'runs.id', 'run_log.run_id')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['profiles.user_id as person', 'runs.journey', 'runs.visit', 'run_log.entry'])
    .orderBy('run_log.id')
    .execute();
  const runs: Runs = new Map(people.map(({ userId }) => [userId, new Map()]));
  for (const { person, journey, visit, entry } of rows) {
    const own = runs.get(person ?? '');
    const id = `${journey}/${visit}`;
    own?.set(id, [...(own.get(id) ?? []), entry]);
  }
  return runs;
}

function logsOf(runs: readonly SimulatedRun[]): Map<string, readonly LogEntry[]> {
  const logs = runs.map(
    ({ journey, visit, log }) => [`${journey}/${visit}`, log.filter(({ at }) => at <= end)] as const,
  );
  return new Map(logs.filter(([, log]) => log.length > 0));
}

/** In an order that does not depend on who began first. */
function inOrder(runs: Map<string, readonly LogEntry[]> | undefined, start: Instant): Record<string, string[]> {
  const ordered = [...(runs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(ordered.map(([id, log]) => [id, storyOf(log, start)]));
}

test('every journey goes for everybody as the simulation says, step by step and to the millisecond', async () => {
  const real = await realRuns();
  const entered = new Set<string>();
  let steps = 0;
  for (const persona of people) {
    const [journey = ''] = Object.keys(workspace.journeys);
    const { runs, others } = simulate({ workspace, journey, persona });
    const simulated = logsOf([...runs, ...others]);
    expect({ [persona.userId]: inOrder(real.get(persona.userId), persona.start) }).toEqual({
      [persona.userId]: inOrder(simulated, persona.start),
    });
    expect(new Map(real.get(persona.userId))).toEqual(simulated);
    for (const id of simulated.keys()) entered.add(id.slice(0, id.lastIndexOf('/')));
    steps += [...simulated.values()].flat().length;
  }
  expect(entered.size).toBeGreaterThan(JOURNEYS * 0.85);
  expect(steps).toBeGreaterThan(JOURNEYS * 5);
});

test('and so says the backtest', async () => {
  const real = await realRuns();
  const start = people[0]?.start ?? 0;
  const world = virtualWorld(workspace);
  for await (const history of histories()) {
    const life = new VirtualLife({ ...history, world, from: start, until: end }).live();
    const [{ name }] = history.people;
    expect({ [name]: inOrder(logsOf(life.of().runs), start) }).toEqual({ [name]: inOrder(real.get(name), start) });
  }
  for (const journey of Object.keys(workspace.journeys).slice(0, ASKED_ONE_BY_ONE)) {
    const tested: Record<string, string[]> = {};
    await backtest({ workspace, journey, period: { from: start, to: end } }, histories(), ({ person, run }) => {
      for (const [id, story] of Object.entries(inOrder(logsOf([run]), start))) tested[`${person} ${id}`] = story;
    });
    const wanted = [...real].flatMap(([person, runs]) => {
      const own = [...runs].filter(([id]) => id.startsWith(`${journey}/`));
      return Object.entries(inOrder(new Map(own), start)).map(([id, story]) => [`${person} ${id}`, story] as const);
    });
    expect(tested).toEqual(Object.fromEntries(wanted));
  }
}, 120_000);

/** Everybody's, as a backtest reads and sorts them. */
async function* histories(): AsyncGenerator<History> {
  const sorted = new SortByPerson();
  for (const persona of people) for (const call of callsOf(persona, persona.start)) await sorted.add(call);
  yield* sorted.people();
}
