import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import type { Instant } from '../../src/core/time.ts';
import { backtest } from '../../src/simulate/backtest.ts';
import { callsOf } from '../../src/simulate/persona-calls.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { SimulatedRun } from '../../src/simulate/simulation.ts';
import { type History, SortByPerson } from '../../src/simulate/sort-by-person.ts';
import { VirtualLife } from '../../src/simulate/virtual-life.ts';
import { virtualWorld } from '../../src/simulate/virtual-world.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import {
  type DrawnWorld,
  drawnWorld,
  messageText,
  type Runs,
  realMessages,
  realRefusals,
  realRuns,
  refusalText,
  runName,
} from './drawn-world.ts';
import { asLines, metIn, TO_BE_MET, TO_BE_MET_SETTLING } from './met.ts';
import { storyOf } from './story.ts';
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts';

/** More by hand: `AGREEMENT_JOURNEYS=1000 AGREEMENT_SEED=7 npm test test/e2e/agreement.test.ts` */
export const JOURNEYS = Number(process.env.AGREEMENT_JOURNEYS ?? 200);
const SEED = Number(process.env.AGREEMENT_SEED ?? 1);
/** A backtest is of one journey, and lets everybody live through all of them. */
const ASKED_ONE_BY_ONE = 2;
/** Of the journeys, at least. */
const MET_IN = 0.01;

/** Tests that so many random journeys go for random people as simulations and backtests say. */
export function testAgreement(count: number, settles: boolean): void {
  let mailbox: TestMailbox;
  let receiver: WebhookReceiver;
  let world: DrawnWorld;
  let real: Runs;
  /** By person. */
  let simulated: ReadonlyMap<string, readonly SimulatedRun[]>;

  beforeAll(async () => {
    console.log(`agreement: ${count} journeys, seed ${SEED}`);
    [mailbox, receiver] = await Promise.all([testMailbox(), webhookReceiver(() => 200)]);
    world = await drawnWorld(count, { seed: SEED, url: receiver.url, settles }, mailbox.url);
    real = await realRuns(world);
    const { workspace, people } = world;
    const [journey = ''] = Object.keys(workspace.journeys);
    const lives = people.map((persona) => [persona, simulate({ workspace, journey, persona })] as const);
    simulated = new Map(lives.map(([{ userId }, { runs, others }]) => [userId, [...runs, ...others]]));
  }, 600_000);
  afterAll(async () => {
    await world?.engine.stop();
    await mailbox?.close();
    await receiver?.close();
  });

  test('every journey goes for everybody as the simulation says, step by step and to the millisecond', () => {
    const { people, end } = world;
    const entered = new Set<string>();
    let steps = 0;
    for (const { userId, start } of people) {
      const logs = logsOf(simulated.get(userId) ?? [], end);
      expect({ [userId]: inOrder(real.get(userId), start) }).toEqual({ [userId]: inOrder(logs, start) });
      expect(new Map(real.get(userId))).toEqual(logs);
      for (const id of logs.keys()) entered.add(journeyIn(id));
      steps += [...logs.values()].flat().length;
    }
    expect(entered.size).toBeGreaterThan(count * 0.85);
    expect(steps).toBeGreaterThan(count * 5);
  });

  test('and says what everybody gets, in the same words', async () => {
    const messages = await realMessages(world);
    for (const { userId } of world.people) {
      const texts = (simulated.get(userId) ?? []).flatMap((run) =>
        run.messages.filter(({ at }) => at <= world.end).map((message) => messageText(runName(run), message)),
      );
      expect({ [userId]: messages.get(userId) }).toEqual({ [userId]: texts.sort() });
    }
  });

  test('and so says the backtest', async () => {
    const { workspace, people, end } = world;
    const start = people[0]?.start ?? 0;
    const virtual = virtualWorld(workspace);
    const [histories, refusals] = [await historiesOf(world), await realRefusals(world)];
    for await (const history of histories) {
      const life = new VirtualLife({ ...history, world: virtual, from: start, until: end }).live();
      const [{ name }] = history.people;
      const { runs, refused } = life.of();
      expect({ [name]: inOrder(logsOf(runs, end), start) }).toEqual({ [name]: inOrder(real.get(name), start) });
      expect({ [name]: refused.map(refusalText).sort() }).toEqual({ [name]: refusals.get(name) });
    }
    for (const journey of Object.keys(workspace.journeys).slice(0, ASKED_ONE_BY_ONE)) {
      const tested: Record<string, string[]> = {};
      await backtest({ workspace, journey, period: { from: start, to: end } }, histories, ({ person, run }) => {
        for (const [id, story] of Object.entries(inOrder(logsOf([run], end), start))) tested[`${person} ${id}`] = story;
      });
      const wanted = [...real].flatMap(([person, runs]) => {
        const own = [...runs].filter(([id]) => journeyIn(id) === journey);
        return Object.entries(inOrder(new Map(own), start)).map(([id, story]) => [`${person} ${id}`, story] as const);
      });
      expect(tested).toEqual(Object.fromEntries(wanted));
    }
  }, 120_000);

  test('and everything that journeys are made of was met, each in some of them', async () => {
    const met = await metIn(world, real);
    console.log(asLines(met).join('\n'));
    const wanted = settles ? TO_BE_MET_SETTLING : TO_BE_MET;
    const rare = wanted.filter((what) => (met.get(what)?.size ?? 0) < count * MET_IN);
    expect(rare).toEqual([]);
  });
}

function logsOf(runs: readonly SimulatedRun[], end: Instant): Map<string, readonly LogEntry[]> {
  const logs = runs.map((run) => [runName(run), run.log.filter(({ at }) => at <= end)] as const);
  return new Map(logs.filter(([, log]) => log.length > 0));
}

function journeyIn(run: string): string {
  return run.slice(0, run.indexOf('/'));
}

/** In an order that does not depend on who began first. */
function inOrder(runs: ReadonlyMap<string, readonly LogEntry[]> | undefined, start: Instant): Record<string, string[]> {
  const ordered = [...(runs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(ordered.map(([id, log]) => [id, storyOf(log, start)]));
}

/** Everybody's, as a backtest reads and sorts them. */
async function historiesOf({ people }: DrawnWorld): Promise<AsyncIterable<History>> {
  const sorted = new SortByPerson();
  for (const persona of people) for (const call of callsOf(persona, persona.start)) await sorted.add(call);
  return sorted.people();
}
