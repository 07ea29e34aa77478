/**
 * What one event costs with ten thousand, a hundred thousand and a million people: CPU, and time until the audience it
 * changes can be seen to have changed.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../src/core/time.ts';
import type { Database } from '../src/store/database.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { startCpuCount } from './harness/cpu.ts';
import { type Figure, median, percentile } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { EVENT_NAMES } from './harness/history-rows.ts';
import { inboxEmpty } from './harness/people.ts';
import { makePopulation } from './harness/population.ts';
import { startProductProcess } from './harness/product.ts';
import { type Chance, chanceFrom } from './harness/random.ts';
import { type Call, type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { MANY_WORKSPACE } from './harness/workspaces.ts';

/** Brings whoever does it for the first time into the audience of that name. */
const PROBE = 'Bench Probe';
const PROBED = 'probed';
/** Of so many events one is a probe. */
const ONE_IN = 5;
const TEN_TIMES = 10;
const WARM_UP_SECONDS = 10;
const LOOK_EVERY = 10;
/** Ids that are looked at once more: transactions commit in another order than they began. */
const OVERLAP = 50;
const GROWS_AT_MOST = 1.5;
/** Nothing is sent. */
const NO_MAILBOX = 'smtp://127.0.0.1:9';

export const audiences = defineBench({
  summary: 'what one event costs with ten thousand people, and with a million',
  settings: {
    smallest: { byDefault: 10_000, about: 'people at first' },
    largest: { byDefault: 1_000_000, about: 'people in the end, by ten times as many each time' },
    events: { byDefault: 20, about: 'events of each person before, on average' },
    rate: { byDefault: 50, about: 'events a second' },
    seconds: { byDefault: 20, about: 'how long they come, in each round' },
    rounds: { byDefault: 3, about: 'rounds with each number of people' },
  },
  run: async (context) => {
    const { smallest, largest, rounds, rate, seconds, events } = context.settings;
    const measured: Size[] = [];
    for (let people = smallest; people <= largest; people *= TEN_TIMES)
      measured.push({ people, rounds: await onGround(context, (ground) => measure(ground, people, context)) });
    return {
      figures: [...measured.flatMap(figuresOf), ...growth(measured)],
      notes: [
        `Medians of ${rounds} rounds of ${seconds} s at ${rate} events/s, one request each, of people by chance. 30 audiences of different kinds,`,
        `${events} events of each person over 90 days. CPU is of the engine and of Postgres together. One event in ${ONE_IN} brings somebody into`,
        `an audience: from its 200 until the change can be read, looked for every ${LOOK_EVERY} ms.`,
      ],
    };
  },
});

type Settings = 'smallest' | 'largest' | 'events' | 'rate' | 'seconds' | 'rounds';

interface Round {
  /** Milliseconds of each for one event. */
  readonly engine: number;
  readonly postgres: number;
  readonly p50: number;
  readonly p99: number;
}

interface Size {
  readonly people: number;
  readonly rounds: readonly Round[];
}

async function measure(ground: Ground, people: number, context: BenchContext<Settings>): Promise<Round[]> {
  const { settings, say, profileTo } = context;
  const { db } = ground;
  const workspace = MANY_WORKSPACE;
  await makePopulation(db, { workspace, people, eventsEach: settings.events, now: Date.now() }, say);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor'],
    workspace,
    smtpUrl: NO_MAILBOX,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const tracking = trackingClient(product);
  ground.atEnd(async () => tracking.close());
  const pids = { engine: product.pid, ...(ground.postgres === undefined ? {} : { postgres: ground.postgres.pid }) };
  const calls = callsOf(people, chanceFrom(people));

  await postSteadily(calls, settings.rate * WARM_UP_SECONDS, settings.rate, tracking, db);
  const rounds: Round[] = [];
  for (let round = 0; round < settings.rounds; round += 1) {
    const count = Math.round(settings.rate * settings.seconds);
    const cpu = startCpuCount<string>(pids);
    const taken = await postSteadily(calls, count, settings.rate, tracking, db);
    const { engine = Number.NaN, postgres = Number.NaN } = cpu.read();
    const each = (seconds: number) => (seconds * SECOND) / count;
    const one = {
      engine: each(engine),
      postgres: each(postgres),
      p50: percentile(taken, 0.5),
      p99: percentile(taken, 0.99),
    };
    rounds.push(one);
    say(`${people} people: ${JSON.stringify(one)}`);
  }
  return rounds;
}

/** Events without end; every {@link ONE_IN}th is a probe of somebody who was never probed. */
function* callsOf(people: number, chance: Chance): Generator<Call, never> {
  const probed = new Set<number>();
  const anybody = () => Math.floor(chance.between(1, people + 1));
  for (let index = 0; ; index += 1) {
    if (index % ONE_IN !== 0) {
      const name = EVENT_NAMES[Math.floor(chance.between(0, EVENT_NAMES.length))] ?? PROBE;
      yield track(`user-${anybody()}`, name, { source: 'web', seconds: index % 600, label: `item ${index % 1000}` });
      continue;
    }
    if (probed.size === people) throw new Error(`All ${people} people have been probed: take more, or fewer events`);
    let person = anybody();
    while (probed.has(person)) person = anybody();
    probed.add(person);
    yield track(`user-${person}`, PROBE);
  }
}

/** @returns milliseconds from the 200 of each probe until its entry could be read */
async function postSteadily(
  calls: Generator<Call, never>,
  count: number,
  rate: number,
  tracking: TrackingClient,
  db: Database,
): Promise<number[]> {
  const answered = new Map<string, number>();
  const watch = await watchEntries(db);
  const startAt = Date.now() + SECOND;
  const posts: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const call = calls.next().value;
    await delay(Math.max(0, startAt + (index * SECOND) / rate - Date.now()));
    const post = tracking.send(call);
    posts.push(post.then(() => void (call.event === PROBE && answered.set(call.userId, performance.now()))));
  }
  await Promise.all(posts);
  await inboxEmpty(db);
  await until('every probe is seen', () => [...answered.keys()].every((userId) => watch.seen.has(userId)));
  await watch.stop();
  return [...answered].map(([userId, at]) => Math.max(0, (watch.seen.get(userId) ?? Number.NaN) - at));
}

/** Notes when each entry into the probes' audience can first be read. */
async function watchEntries(db: Database) {
  const seen = new Map<string, number>();
  const newest = await db
    .selectFrom('audience_changes')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst();
  let last = newest?.id ?? 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const rows = await db
        .selectFrom('audience_changes')
        .innerJoin('profiles', 'profiles.id', 'profile_id')
        .select(['audience_changes.id', 'audience', 'user_id'])
        .where('audience_changes.id', '>', last - OVERLAP)
        .orderBy('audience_changes.id')
        .execute();
      const at = performance.now();
      for (const { id, audience, user_id: userId } of rows) {
        if (audience === PROBED && userId !== null && !seen.has(userId)) seen.set(userId, at);
        last = Math.max(last, id);
      }
      await delay(LOOK_EVERY);
    }
  })();
  return {
    seen,
    stop: async () => {
      isOver = true;
      await watching;
    },
  };
}

function cpuOf({ rounds }: Size): number {
  return median(rounds.map(({ engine, postgres }) => engine + postgres));
}

function p99Of({ rounds }: Size): number {
  return median(rounds.map(({ p99 }) => p99));
}

function figuresOf(size: Size): Figure[] {
  const { people, rounds } = size;
  const key = (part: string) => `${part}At${people}`;
  const of = (part: keyof Round) => median(rounds.map((round) => round[part]));
  const label = (what: string) => `${people.toLocaleString('en-US')} people: ${what}`;
  return [
    { key: key('engine'), label: label('CPU of the engine for an event'), value: of('engine'), unit: 'ms' },
    { key: key('postgres'), label: label('CPU of Postgres for an event'), value: of('postgres'), unit: 'ms' },
    { key: key('cpu'), label: label('CPU of both'), value: cpuOf(size), unit: 'ms' },
    { key: key('p50'), label: label('until the change is seen, p50'), value: of('p50'), unit: 'ms' },
    { key: key('p99'), label: label('until the change is seen, p99'), value: p99Of(size), unit: 'ms' },
  ];
}

function growth(sizes: readonly Size[]): Figure[] {
  const [first, last] = [sizes.at(0), sizes.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const target = { atMost: GROWS_AT_MOST };
  return [
    { key: 'cpuGrowth', label: 'CPU of an event, the last to the first', value: cpuOf(last) / cpuOf(first), target },
    { key: 'p99Growth', label: 'p99, the last to the first', value: p99Of(last) / p99Of(first), target },
  ];
}
