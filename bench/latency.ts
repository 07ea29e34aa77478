/**
 * From an event being posted to its message being accepted by the mailbox.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../src/core/time.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { type Figure, median, percentile } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { makeKnown, type Person, peopleOf, userOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { type Sink, startSink } from './harness/sink.ts';
import { type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { REFERENCE_WORKSPACE } from './harness/workspaces.ts';

/** Events per second. */
const RATES = [5, 50] as const;
const SHARES = { P50: 0.5, P95: 0.95, P99: 0.99 } as const;
type Share = keyof typeof SHARES;
const SHARE_NAMES = Object.keys(SHARES) as Share[];
/** Milliseconds that 99 of 100 messages take less than, at the lowest rate. */
const TARGET_P99 = 200;
const WARM_UP = 50;
/** Longer than an attempt may take that the server counts as lost, so that its message is late and not missing. */
const ACCEPTED_WITHIN = 300 * SECOND;
const LATE = 5 * SECOND;

export const latency = defineBench({
  summary: 'from an event being posted to its message being accepted by the mailbox',
  settings: {
    seconds: { byDefault: 30, about: 'how long events are posted at each rate' },
    rounds: { byDefault: 3, about: 'times each rate is measured' },
  },
  run: (context) => onGround(context, (ground) => measure(ground, context)),
});

type Percentiles = Readonly<Record<Share, number>>;

interface Round {
  readonly percentiles: Percentiles;
  /** Messages that took longer than {@link LATE}. */
  readonly late: number;
}

async function measure(ground: Ground, { settings, say, profileTo }: BenchContext<'seconds' | 'rounds'>) {
  const sink = await startSink(ground);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: REFERENCE_WORKSPACE,
    smtpUrl: sink.url,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const tracking = trackingClient(product);
  ground.atEnd(async () => tracking.close());

  await postSteadily(await newPeople('warm-up', WARM_UP), 10, tracking, sink);
  const measured = new Map<number, Round[]>(RATES.map((rate) => [rate, []]));
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const rate of RATES) {
      const people = await newPeople(`r${round}-${rate}`, Math.round(rate * settings.seconds));
      const taken = await postSteadily(people, rate, tracking, sink);
      const one = {
        percentiles: percentilesOf(taken),
        late: taken.filter((milliseconds) => milliseconds > LATE).length,
      };
      measured.get(rate)?.push(one);
      say(`${rate}/s, ${taken.length} events: ${JSON.stringify(one)}`);
    }
  }
  return {
    figures: [...measured].flatMap(([rate, rounds]) => figuresOf(rate, rounds)),
    notes: [
      `Medians of ${settings.rounds} rounds of ${settings.seconds} s at each rate, taken in turn. One request an event, each for another person,`,
      'in a journey without a wait. Counted from the moment the event was due to be posted, to the moment before the 250.',
    ],
  };

  async function newPeople(group: string, count: number): Promise<Person[]> {
    const people = peopleOf(group, count);
    await makeKnown(people, tracking, ground.db);
    return people;
  }
}

/** Posts one event for each person, whether or not earlier ones have been answered. Milliseconds each took, in all. */
async function postSteadily(
  people: readonly Person[],
  rate: number,
  tracking: TrackingClient,
  sink: Sink,
): Promise<number[]> {
  const due = new Map<string, number>();
  const taken: number[] = [];
  const quiet = sink.onAccepted(({ to, at }) => {
    const dueAt = due.get(userOf(to));
    if (dueAt !== undefined) taken.push(at - dueAt);
  });
  const startAt = Date.now() + SECOND;
  const posts: Promise<void>[] = [];
  for (const [index, { userId }] of people.entries()) {
    const dueAt = startAt + (index * SECOND) / rate;
    await delay(Math.max(0, dueAt - Date.now()));
    due.set(userId, dueAt);
    posts.push(tracking.send(track(userId, 'Latency Probe', { probe: index })));
  }
  await Promise.all(posts);
  await until(`${people.length} messages are accepted`, () => taken.length >= people.length, {
    within: ACCEPTED_WITHIN,
  });
  quiet();
  return taken;
}

function percentilesOf(taken: readonly number[]): Percentiles {
  const entries = SHARE_NAMES.map((name) => [name, percentile(taken, SHARES[name])]);
  return Object.fromEntries(entries) as Record<Share, number>;
}

function figuresOf(rate: number, rounds: readonly Round[]): Figure[] {
  const percentiles = SHARE_NAMES.map((name) => ({
    key: `at${rate}${name}`,
    label: `${rate} events/s: ${name.toLowerCase()}`,
    value: median(rounds.map((round) => round.percentiles[name])),
    unit: 'ms',
    ...(rate === RATES[0] && name === 'P99' ? { target: { below: TARGET_P99 } } : {}),
  }));
  const late = rounds.reduce((sum, round) => sum + round.late, 0);
  const label = `${rate} events/s: messages later than ${LATE / SECOND} s, of all rounds`;
  return [...percentiles, { key: `at${rate}Late`, label, value: late }];
}
