/**
 * Events by the batch: how many a second are accepted, how many are processed to the end, and that sends do not wait for
 * those that are not.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../src/core/time.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { startCpuCount } from './harness/cpu.ts';
import { type Figure, median } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { EVENT_SHARES } from './harness/history-rows.ts';
import { inboxEmpty, makeKnown, peopleOf } from './harness/people.ts';
import { type PlainInsert, plainInsert } from './harness/plain-insert.ts';
import { type ProductProcess, startProductProcess } from './harness/product.ts';
import { chanceFrom } from './harness/random.ts';
import { startSink } from './harness/sink.ts';
import { type Call, type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { INGEST_WORKSPACE } from './harness/workspaces.ts';
import { backlogFigures, sendsUnderBacklog } from './sends-under-backlog.ts';

const EVENT_NAMES = Object.keys(EVENT_SHARES);
const ACCEPTED_RATIO = 0.3;
const PROCESSED_RATIO = 0.05;
/** Processing is waited for so long. */
const PATIENCE = 1_800 * SECOND;
const BETWEEN = 2 * SECOND;

export const ingest = defineBench({
  summary: 'events accepted and processed a second, against plain inserts; and sends while a backlog waits',
  settings: {
    events: { byDefault: 50_000, about: 'events in each round; the backlog has twice as many' },
    batch: { byDefault: 250, about: 'events in a request, and rows in a plain insert' },
    connections: { byDefault: 8, about: 'connections of either' },
    people: { byDefault: 5_000, about: 'people the events are of' },
    rounds: { byDefault: 3, about: 'rounds of plain inserts, each followed by one of the product' },
  },
  run: (context) => onGround(context, (ground) => compare(ground, context)),
});

type Settings = 'events' | 'batch' | 'connections' | 'people' | 'rounds';

interface Round {
  readonly plain: number;
  readonly accepted: number;
  readonly processed: number;
  /** Seconds per 1,000 events, by process. */
  readonly plainCpu: Readonly<Record<string, number>>;
  readonly cpu: Readonly<Record<string, number>>;
}

async function compare(ground: Ground, { settings, say, profileTo }: BenchContext<Settings>) {
  const sink = await startSink(ground);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: INGEST_WORKSPACE,
    smtpUrl: sink.url,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const { connections } = settings;
  const tracking = trackingClient({ ...product, connections });
  ground.atEnd(async () => tracking.close());
  const plain = await plainInsert(ground, connections);
  const batchesFor = async (round: number) => {
    await makeKnown(peopleOf(groupOf(round), settings.people), tracking, ground.db);
    return batchesOf(settings, round);
  };

  await oneRound(await batchesFor(0), plain, tracking, product, ground);
  const rounds: Round[] = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    rounds.push(await oneRound(await batchesFor(round), plain, tracking, product, ground));
    say(JSON.stringify(rounds.at(-1)));
  }
  const ahead = [...(await batchesFor(settings.rounds + 1)), ...(await batchesFor(settings.rounds + 2))];
  const backlog = () => Promise.all(ahead.map(tracking.sendBatch));
  const sends = await sendsUnderBacklog(ground, { tracking, sink, say, backlog, patience: PATIENCE });
  return {
    figures: [...figuresOf(rounds), ...backlogFigures(sends)],
    notes: [
      `Medians of ${settings.rounds} rounds: ${settings.events} events of ${settings.people} people of its own in batches of ${settings.batch} over ${connections} connections, one client process.`,
      'Plain inserts go into a table like `events` with its indexes, in the same database. Events are processed while others',
      'are still being accepted, by the same process; “processed” is until the inbox is empty and 30 audiences are up to date.',
      'A send is starved where it waits for events of others: messages that fall due while a backlog waits must go out on time,',
      'whereas a person’s own new event comes after those that were accepted before it.',
    ],
  };
}

async function oneRound(
  batches: readonly (readonly Call[])[],
  plain: PlainInsert,
  tracking: TrackingClient,
  product: ProductProcess,
  { db, postgres }: Ground,
): Promise<Round> {
  const events = batches.reduce((sum, batch) => sum + batch.length, 0);
  const database: Record<string, number> = postgres === undefined ? {} : { postgres: postgres.pid };
  const perThousand = (cpu: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(cpu).map(([name, seconds]) => [name, (seconds * 1_000) / events]));
  const perSecond = (milliseconds: number) => (events * SECOND) / milliseconds;

  await delay(BETWEEN);
  const plainCpu = startCpuCount(database);
  const plainFrom = performance.now();
  await plain.insert(batches);
  const inserted = performance.now() - plainFrom;
  const ofPlain = plainCpu.read();

  await delay(BETWEEN);
  const cpu = startCpuCount({ engine: product.pid, ...database });
  const from = performance.now();
  await Promise.all(batches.map((batch) => tracking.sendBatch(batch)));
  const accepted = performance.now() - from;
  await inboxEmpty(db, PATIENCE);
  const processed = performance.now() - from;
  return {
    plain: perSecond(inserted),
    accepted: perSecond(accepted),
    processed: perSecond(processed),
    plainCpu: perThousand(ofPlain),
    cpu: perThousand(cpu.read()),
  };
}

/** People of its own, so that no round finds more history than another. */
function groupOf(round: number): string {
  return `crowd-${round}`;
}

function batchesOf({ events, batch, people }: Readonly<Record<Settings, number>>, round: number): Call[][] {
  const chance = chanceFrom(round);
  const calls = Array.from({ length: events }, (_, index) => {
    const name = EVENT_NAMES[Math.floor(chance.between(0, EVENT_NAMES.length))] ?? '';
    const properties = { source: 'web', seconds: index % 600, label: `item ${index % 1_000}` };
    return track(`${groupOf(round)}-${Math.floor(chance.between(0, people))}`, name, properties);
  });
  const count = Math.ceil(events / batch);
  return Array.from({ length: count }, (_, index) => calls.slice(index * batch, (index + 1) * batch));
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const of = (value: (round: Round) => number) => median(rounds.map(value));
  const rate = (key: 'plain' | 'accepted' | 'processed', label: string): Figure => ({
    key: `${key}PerSecond`,
    label,
    value: of((round) => round[key]),
    unit: '/s',
  });
  const cpu = (side: 'plainCpu' | 'cpu', name: string, label: string): Figure[] => {
    const value = of((round) => round[side][name] ?? Number.NaN);
    const key = `${side}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return Number.isNaN(value) ? [] : [{ key, label: `CPU of ${label}, for 1,000 events`, value, unit: 's' }];
  };
  return [
    rate('plain', 'events inserted plainly'),
    rate('accepted', 'events accepted'),
    rate('processed', 'events processed to the end'),
    {
      key: 'acceptedRatio',
      label: 'accepted to plain',
      value: of(({ accepted, plain }) => accepted / plain),
      target: { atLeast: ACCEPTED_RATIO },
    },
    {
      key: 'processedRatio',
      label: 'processed to plain',
      value: of(({ processed, plain }) => processed / plain),
      target: { atLeast: PROCESSED_RATIO },
    },
    ...cpu('plainCpu', 'postgres', 'Postgres, plainly'),
    ...cpu('cpu', 'engine', 'the engine'),
    ...cpu('cpu', 'postgres', 'Postgres'),
  ];
}
