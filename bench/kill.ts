/**
 * People on their way while every part of the system is killed in turn: everybody arrives, once.
 * @module
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../src/core/time.ts';
import { startLocalPostgres } from '../src/runtime/local-postgres.ts';
import { startLocalTemporal } from '../src/runtime/local-temporal.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import type { Figure } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { type Part, partFrom } from './harness/part.ts';
import { inboxEmpty, type Person, peopleOf, userOf } from './harness/people.ts';
import { type ProductProcess, startProductProcess } from './harness/product.ts';
import { type Chance, chanceFrom } from './harness/random.ts';
import { stuckAfter } from './harness/runs.ts';
import { type Sink, startSink } from './harness/sink.ts';
import { type Call, identify, type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { type Verdict, verdictOn } from './harness/verdict.ts';
import { SENDER_DOMAIN, shortReference } from './harness/workspaces.ts';

/** Every so many people one never converts, and leaves by the journey's timeout. */
const UNCONVERTED_EVERY = 20;
const GAP = { from: 0.3 * SECOND, to: 4 * SECOND };
const OUTAGE = { from: 0, to: 6 * SECOND };
const NEXT_ACCEPTANCE_WITHIN = 3 * SECOND;
/** Longer than it takes until an attempt that was lost with its worker is made again. */
const STUCK_AFTER = 300 * SECOND;

type Setting = 'people' | 'seconds' | 'rounds' | 'seeds' | 'seed';

export const kill = defineBench<Setting>({
  summary: 'kill -9 of engine, worker, Temporal, Postgres and mailbox in turn: everyone arrives, once',
  settings: {
    people: { byDefault: 1_000, about: 'people of each seed' },
    seconds: { byDefault: 90, about: 'over which their events are posted' },
    rounds: { byDefault: 2, about: 'times each part is killed' },
    seeds: { byDefault: 5, about: 'different orders and moments of killing' },
    seed: { byDefault: 1, about: 'the first of them' },
  },
  run: async (context) => {
    const { settings, say } = context;
    const storms: Storm[] = [];
    for (let seed = settings.seed; seed < settings.seed + settings.seeds; seed += 1) {
      const storm = await onGround({ say, own: true }, (ground) => oneStorm(seed, ground, context));
      say(`seed ${seed}: ${JSON.stringify(storm)}`);
      storms.push(storm);
    }
    return {
      figures: figuresOf(storms, settings.people),
      notes: [
        `${settings.seeds} seeds, ${settings.people} people each, posted over ${settings.seconds} s; every part killed ${settings.rounds} times at random moments, one after`,
        'the other. Counts are sums over the seeds. Clients send again, with the same messageId, what was not answered.',
      ],
    };
  },
});

interface Storm extends Verdict {
  readonly ended: number;
  readonly kills: number;
  readonly endedByThemselves: number;
  /** Requests that clients had to send again. */
  readonly retries: number;
  /** Seconds from an event being posted to its message being accepted, at worst. */
  readonly slowest: number;
}

async function oneStorm(seed: number, ground: Ground, { settings, say }: BenchContext<Setting>): Promise<Storm> {
  const chance = chanceFrom(seed);
  const { sink, engine, parts } = await startParts(ground, say);
  const tracking = trackingClient({ ...engine, connections: 16 });
  ground.atEnd(async () => tracking.close());

  const people = peopleOf(`seed-${seed}`, settings.people);
  const crowd = postCrowd(people, settings.seconds, tracking, sink);
  const kills = await killInTurn(parts, settings.rounds, sink, chance, say);
  await crowd.posted;
  await inboxEmpty(ground.db, STUCK_AFTER);
  const stuck = await stuckAfter(ground, STUCK_AFTER);
  await inboxEmpty(ground.db, STUCK_AFTER);
  const observed = {
    userIds: people.map(({ userId }) => userId),
    answered: crowd.answered,
    accepted: sink.accepted,
    domain: SENDER_DOMAIN,
  };
  return {
    ended: people.length - stuck,
    kills,
    endedByThemselves: parts.reduce((sum, part) => sum + part.endedByItself, 0),
    retries: tracking.retries,
    slowest: crowd.slowest() / SECOND,
    ...(await verdictOn(observed, ground, say)),
  };
}

async function startParts(
  ground: Ground,
  say: (line: string) => void,
): Promise<{ sink: Sink; engine: ProductProcess; parts: Part[] }> {
  const { postgres, temporal, dataDir, log } = ground;
  if (postgres === undefined || temporal === undefined) throw new Error('Only servers of our own are killed');
  const sink = await startSink(ground);
  const common = { workspace: await shortReference(dataDir), smtpUrl: sink.url };
  const startEngine = (port?: number) =>
    startProductProcess(ground, { ...common, name: 'engine', roles: ['api', 'processor'], port });
  const startWorker = () => startProductProcess(ground, { ...common, name: 'worker', roles: ['worker'] });
  const engine = await startEngine();
  const named = (name: string, log: string) => ({ name, logFile: join(dataDir, `${log}.log`), say });
  const parts = [
    partFrom(named('Postgres', 'postgres'), postgres, ({ port }) => startLocalPostgres({ dataDir, port, log })),
    partFrom(named('Temporal', 'temporal'), temporal, ({ ports }) => startLocalTemporal({ dataDir, log, ...ports })),
    partFrom(named('mailbox', 'sink'), sink, sink.startAgain),
    partFrom(named('engine', 'engine'), engine, ({ port }) => startEngine(port)),
    partFrom(named('worker', 'worker'), await startWorker(), startWorker),
  ];
  for (const part of parts) ground.atEnd(() => part.stop());
  return { sink, engine, parts };
}

/**
 * Kills each part so many times, in an order and at moments that chance decides; every second time on the heels of a message
 * that was just accepted, when its sender may not have recorded that yet. Returns how many kills that were.
 */
async function killInTurn(
  parts: readonly Part[],
  rounds: number,
  sink: Sink,
  chance: Chance,
  say: (line: string) => void,
): Promise<number> {
  const startedAt = Date.now();
  const seconds = () => ((Date.now() - startedAt) / SECOND).toFixed(1);
  const victims = Array.from({ length: rounds }, () => chance.shuffled(parts)).flat();
  for (const victim of victims) {
    await delay(chance.between(GAP.from, GAP.to));
    if (chance.next() < 0.5) await nextAcceptance(sink);
    const at = seconds();
    await victim.killAndRestart(chance.between(OUTAGE.from, OUTAGE.to));
    say(`${victim.name} was killed at ${at} s and is back at ${seconds()} s`);
  }
  return victims.length;
}

async function nextAcceptance(sink: Sink): Promise<void> {
  const before = sink.accepted.length;
  const patience = { within: NEXT_ACCEPTANCE_WITHIN, every: 1 };
  await until('another message is accepted', () => sink.accepted.length > before, patience).catch(() => undefined);
}

interface Crowd {
  /** Everything has been posted, and answered with 200. */
  readonly posted: Promise<void>;
  readonly answered: readonly string[];
  /** Milliseconds from post to acceptance, at worst. */
  slowest(): number;
}

/** Posts everyone's events evenly over the time, and the conversion of most people once their message is accepted. */
function postCrowd(people: readonly Person[], seconds: number, tracking: TrackingClient, sink: Sink): Crowd {
  const answered: string[] = [];
  const postedAt = new Map<string, number>();
  const stays = new Set(people.filter((_, index) => index % UNCONVERTED_EVERY === 0).map(({ userId }) => userId));
  const hasConverted = new Set<string>();
  const underWay = new Set<Promise<void>>();
  let slowest = 0;
  const post = (calls: readonly Call[]) => {
    const sending = tracking.sendBatch(calls).then(() => {
      answered.push(...calls.map(({ messageId }) => messageId));
      underWay.delete(sending);
    });
    underWay.add(sending);
  };
  sink.onAccepted(({ to, at }) => {
    const userId = userOf(to);
    slowest = Math.max(slowest, at - (postedAt.get(userId) ?? at));
    if (stays.has(userId) || hasConverted.has(userId)) return;
    hasConverted.add(userId);
    post([track(userId, 'Reference Converted')]);
  });
  const posted = (async () => {
    for (const { userId, email } of people) {
      postedAt.set(userId, Date.now());
      post([identify(userId, { email }), track(userId, 'Reference Started', { channel: 'email' })]);
      await delay((seconds * SECOND) / people.length);
    }
    const expected = people.length - stays.size;
    const within = { within: STUCK_AFTER };
    await until('everyone has a message', () => hasConverted.size >= expected, within);
    await until('everything is answered', () => underWay.size === 0, within);
  })();
  return { posted, answered, slowest: () => slowest };
}

function figuresOf(storms: readonly Storm[], people: number): Figure[] {
  const sum = (key: keyof Storm) => storms.reduce((total, storm) => total + storm[key], 0);
  const mustNotBe = (key: keyof Storm, label: string): Figure => ({
    key,
    label,
    value: sum(key),
    target: { exactly: 0 },
  });
  const told = (key: keyof Storm, label: string): Figure => ({ key, label, value: sum(key) });
  return [
    { key: 'ended', label: 'runs that finished', value: sum('ended'), target: { exactly: people * storms.length } },
    mustNotBe('notOneRun', 'people with no run, or more than one'),
    mustNotBe('notOneWorkflow', 'runs without exactly one completed workflow'),
    mustNotBe('disagreeing', 'runs that ended otherwise in Temporal than recorded'),
    mustNotBe('lostEvents', 'events answered with 200 and not counted once'),
    mustNotBe('missedConversions', 'conversions that ended no run'),
    mustNotBe('unsettled', 'messages neither sent nor refused'),
    mustNotBe('lostMessages', 'messages recorded as sent, never accepted'),
    mustNotBe('unexplainedDoubles', 'messages accepted twice without a record'),
    mustNotBe('unexplainedRefusals', 'refusals without a reason'),
    told('doubles', 'messages accepted twice, with a record why'),
    told('refusals', 'refusals, with a record why'),
    told('kills', 'kills'),
    told('endedByThemselves', 'parts that ended without being killed'),
    told('retries', 'requests that clients sent again'),
    {
      key: 'slowest',
      label: 'slowest message after its event',
      value: Math.max(...storms.map(({ slowest }) => slowest)),
      unit: 's',
    },
  ];
}
