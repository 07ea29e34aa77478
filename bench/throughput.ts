/**
 * Reference journeys through the whole product, against a bare workflow of the same shape on the same server.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { HOUR, SECOND } from '../src/core/time.ts';
import { BARE_WORKFLOW, goThroughBare, startBareWorker } from './bare/journey.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { pidOf, startCpuCount } from './harness/cpu.ts';
import { type Figure, median } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { makeKnown, type Person, peopleOf, userOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { JOURNEY_WORKFLOW } from './harness/runs.ts';
import { type Sink, startSink } from './harness/sink.ts';
import { type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { completed, countWorkflows } from './harness/workflows.ts';
import { REFERENCE_WORKSPACE } from './harness/workspaces.ts';

/** The journey's wait of an hour takes one second, in both. */
const CLOCK_SPEED = HOUR / SECOND;
const START_DELAY = SECOND;
/** How long after its message somebody converts: later than the run, or the bare workflow, has begun to wait for it. */
const CONVERTS_AFTER = SECOND;
const TARGET_RATIO = 0.8;
/** Enough for the code to be compiled, on either side. */
const WARM_UP = 300;
const SAMPLE = 200;
const BETWEEN = 2 * SECOND;

export const throughput = defineBench({
  summary: 'reference journeys a second, from HTTP event to SMTP to conversion, against a bare workflow',
  settings: {
    journeys: { byDefault: 1_000, about: 'journeys in each round' },
    pairs: { byDefault: 3, about: 'rounds of the product, each followed by one of the bare workflow' },
  },
  run: (context) => onGround(context, (ground) => compare(ground, context)),
});

interface Round {
  readonly perSecond: number;
  /** By process, per 1,000 journeys. */
  readonly cpu: Readonly<Record<string, number>>;
}

async function compare(ground: Ground, { settings, say, profileTo }: BenchContext<'journeys' | 'pairs'>) {
  const sink = await startSink(ground);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: REFERENCE_WORKSPACE,
    smtpUrl: sink.url,
    clockSpeed: CLOCK_SPEED,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const bare = await startBareWorker(ground);
  const tracking = trackingClient(product);
  ground.atEnd(async () => tracking.close());

  const servers = { ...pidOf('Temporal', ground.temporal), ...pidOf('Postgres', ground.postgres) };
  const productSide = { ...pidOf('engine', product), ...servers, ...pidOf('sink', sink) };
  const bareSide = { ...pidOf('worker', bare), ...pidOf('Temporal', ground.temporal) };

  const oneProductRound = async (name: string, count: number) => {
    const people = peopleOf(name, count);
    await makeKnown(people, tracking, ground.db);
    await delay(BETWEEN);
    return timed(count, productSide, () => goThroughProduct(people, tracking, sink, ground));
  };
  const oneBareRound = async (name: string, count: number) => {
    const people = peopleOf(name, count).map(({ userId }) => userId);
    await delay(BETWEEN);
    return timed(count, bareSide, () =>
      goThroughBare(people, { startDelay: START_DELAY, convertsAfter: CONVERTS_AFTER }, bare, ground),
    );
  };

  await oneProductRound('warm-up', WARM_UP);
  await oneBareRound('warm-up', WARM_UP);
  const products: Round[] = [];
  const bares: Round[] = [];
  for (let pair = 0; pair < settings.pairs; pair += 1) {
    products.push(await oneProductRound(`round-${pair}`, settings.journeys));
    say(`product: ${JSON.stringify(products.at(-1))}`);
    bares.push(await oneBareRound(`round-${pair}`, settings.journeys));
    say(`bare: ${JSON.stringify(bares.at(-1))}`);
  }
  const events: readonly Figure[] = [
    {
      key: 'productEvents',
      label: 'history events of a journey',
      value: await medianHistory(ground, JOURNEY_WORKFLOW),
    },
    {
      key: 'bareEvents',
      label: 'history events of a bare workflow',
      value: await medianHistory(ground, BARE_WORKFLOW),
    },
  ];
  return {
    figures: [...figuresOf(products, bares), ...events],
    notes: [
      `Medians of ${settings.pairs} pairs of rounds, product and bare in turn, ${settings.journeys} journeys each, on the same server; the ratio is the`,
      'median of the pairs’ ratios. Both sides wait one second at the start, convert one second after their message, and are',
      'done when Temporal lists the last as completed.',
      'People are known before a round begins. CPU is of each process with all it started, in seconds per 1,000 journeys.',
    ],
  };
}

/** Posts an event for everyone, and for each the conversion a second after the message was accepted. */
async function goThroughProduct(people: readonly Person[], tracking: TrackingClient, sink: Sink, { client }: Ground) {
  const before = await countWorkflows(client, JOURNEY_WORKFLOW, "ExecutionStatus = 'Completed'");
  const quiet = sink.onAccepted(({ to }) => {
    setTimeout(() => tracking.enqueue(track(userOf(to), 'Reference Converted')), CONVERTS_AFTER);
  });
  await tracking.sendAll(people.map(({ userId }) => track(userId, 'Reference Started', { channel: 'email' })));
  await completed(client, JOURNEY_WORKFLOW, before + people.length, { within: 300 * SECOND });
  quiet();
}

async function medianHistory({ client }: Ground, type: string): Promise<number> {
  const lengths: number[] = [];
  for await (const { historyLength } of client.workflow.list({ query: `WorkflowType = '${type}'`, pageSize: SAMPLE })) {
    if (historyLength !== undefined) lengths.push(historyLength);
    if (lengths.length === SAMPLE) break;
  }
  return median(lengths);
}

/** The client is this process alone, without the servers it started. */
async function timed(count: number, pids: Record<string, number>, work: () => Promise<void>): Promise<Round> {
  const cpu = startCpuCount(pids);
  const own = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / SECOND;
  const { user, system } = process.cpuUsage(own);
  const used = { ...cpu.read(), client: (user + system) / 1_000_000 };
  const perThousand = Object.entries(used).map(([name, each]) => [name, (each * 1_000) / count] as const);
  return { perSecond: count / seconds, cpu: Object.fromEntries(perThousand) };
}

function figuresOf(products: readonly Round[], bares: readonly Round[]): Figure[] {
  const ratios = products.map(({ perSecond }, index) => perSecond / (bares[index]?.perSecond ?? Number.NaN));
  const rate = (key: string, label: string, rounds: readonly Round[]): Figure => ({
    key,
    label,
    value: median(rounds.map(({ perSecond }) => perSecond)),
    unit: '/s',
  });
  return [
    rate('productPerSecond', 'journeys through the product', products),
    rate('barePerSecond', 'bare workflows', bares),
    { key: 'ratio', label: 'product to bare', value: median(ratios), target: { atLeast: TARGET_RATIO } },
    ...cpuRatio(products, bares),
    ...cpuFigures('product', products),
    ...cpuFigures('bare', bares),
  ];
}

function cpuFigures(side: string, rounds: readonly Round[]): Figure[] {
  const names = Object.keys(rounds[0]?.cpu ?? {});
  const of = (name: string) => median(rounds.map(({ cpu }) => cpu[name] ?? Number.NaN));
  return [...names.map((name) => ({ name, value: of(name) })), { name: 'all', value: allCpu(rounds) }].map(
    ({ name, value }) => ({
      key: `${side}Cpu${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      label: `${side}, CPU of ${name}`,
      value,
      unit: 's',
    }),
  );
}

/** What the ratio comes to where only the processors limit it. Nothing where servers are not ours and their CPU is not seen. */
function cpuRatio(products: readonly Round[], bares: readonly Round[]): Figure[] {
  if (products[0]?.cpu.Temporal === undefined || products[0].cpu.Postgres === undefined) return [];
  const value = allCpu(bares) / allCpu(products);
  return [{ key: 'cpuRatio', label: 'CPU of a bare workflow to that of a journey', value }];
}

function allCpu(rounds: readonly Round[]): number {
  return median(rounds.map(({ cpu }) => Object.values(cpu).reduce((sum, one) => sum + one, 0)));
}
