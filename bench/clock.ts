/**
 * Time alone changes memberships: at the very second, at no cost for whoever is not due, and about as fast as the database
 * can store it.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { type Clock, createClock, DAY, type Instant, MINUTE, SECOND } from '../src/core/time.ts';
import { publish } from '../src/definitions/publish.ts';
import { CatalogShelf } from '../src/process/catalog.ts';
import { BATCH, tick } from '../src/process/clock-tick.ts';
import { fill } from '../src/process/fill.ts';
import type { Processing } from '../src/process/process-lane.ts';
import { startProcessor } from '../src/runtime/processor.ts';
import type { Database } from '../src/store/database.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { AUDIENCE, makeDuePeople } from './harness/due-people.ts';
import { type Figure, median, percentile } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { type Spent, startSpending } from './harness/spending.ts';
import { CLOCK_WORKSPACE, workspaceIn } from './harness/workspaces.ts';

/** So many times as many people who are not due, as those who are. */
const OTHERS = 10;
/** Of those who are due, before there are others, at the same pace. */
const SHARE_ALONE = 0.1;
/** Before the first of them falls due. */
const LEAD = 3 * SECOND;
/** After the last; whoever has not flipped then is late. */
const GRACE = 2 * SECOND;

type Context = BenchContext<'people' | 'minutes'>;

interface Wave {
  readonly spent: Spent;
  readonly flips: number;
  /** Milliseconds from the instant at which somebody was due to the record of it. */
  readonly lags: readonly number[];
}

export const clock = defineBench({
  summary: 'memberships that time alone changes: how late, at what cost, and how fast when all are due at once',
  settings: {
    people: { byDefault: 100_000, about: 'people due' },
    minutes: { byDefault: 10, about: 'minutes over which they are spread' },
  },
  run: (context) => onGround({ say: context.say, own: true }, (ground) => measure(ground, context)),
});

async function measure(ground: Ground, { settings: { people, minutes }, say }: Context) {
  const { db } = ground;
  const publicationId = await publishEmpty(ground);
  const alone = Math.ceil(people * SHARE_ALONE);

  say(`${alone} people due over ${minutes * SHARE_ALONE} minutes, and nobody else.`);
  const before = await wave(ground, publicationId, alone, minutes * SHARE_ALONE * MINUTE);
  say(`${people * OTHERS} others, who are not due.`);
  await makeDuePeople(db, { count: people * OTHERS, from: Date.now() + 3 * DAY, over: 7 * DAY, publicationId });
  say(`${people} people due over ${minutes} minutes.`);
  const among = await wave(ground, publicationId, people, minutes * MINUTE);
  say(`${people} people due at one instant.`);
  const crowd = await atOnce(ground, publicationId, people);

  const each = (of: (spent: Spent) => number, { spent, flips }: Wave) => of(spent) / flips;
  const cpu = ({ engine, postgres }: Spent) => engine + postgres;
  const rows = ({ read, written }: Spent) => read + written;
  const figures: Figure[] = [
    { key: 'people', label: 'people due', value: people },
    { key: 'others', label: 'people not due', value: people * OTHERS },
    { key: 'flips', label: 'of those due, changed', value: among.lags.length, target: { exactly: people } },
    { key: 'lagMedianMs', label: 'late, median', value: median(among.lags), unit: 'ms' },
    { key: 'lagP99Ms', label: 'late, p99', value: percentile(among.lags, 0.99), unit: 'ms' },
    { key: 'lagMaxMs', label: 'late, worst', value: percentile(among.lags, 1), unit: 'ms', target: { atMost: SECOND } },
    { key: 'cpuMsAlone', label: 'CPU of a change, nobody else there', value: each(cpu, before) * SECOND, unit: 'ms' },
    {
      key: 'cpuMsAmong',
      label: `CPU of a change, ${OTHERS} times as many others`,
      value: each(cpu, among) * SECOND,
      unit: 'ms',
    },
    {
      key: 'cpuRatio',
      label: 'CPU: with others to without',
      value: each(cpu, among) / each(cpu, before),
      target: { atMost: 1.25 },
    },
    { key: 'rowsAlone', label: 'rows read and written for a change, nobody else there', value: each(rows, before) },
    { key: 'rowsAmong', label: `the same, ${OTHERS} times as many others`, value: each(rows, among) },
    {
      key: 'rowsRatio',
      label: 'rows: with others to without',
      value: each(rows, among) / each(rows, before),
      target: { atMost: 1.1 },
    },
    { key: 'flipsPerSecond', label: 'all due at once: changes', value: crowd.flips, unit: '/s' },
    { key: 'updatesPerSecond', label: 'plain indexed updates, as many at once', value: crowd.updates, unit: '/s' },
    { key: 'ratio', label: 'changes to them', value: crowd.flips / crowd.updates, target: { atLeast: 0.2 } },
    { key: 'inTurnPerSecond', label: 'plain updates, one after the other', value: crowd.updatesInTurn, unit: '/s' },
    { key: 'inTurnRatio', label: 'changes to those', value: crowd.flips / crowd.updatesInTurn },
  ];
  return {
    figures,
    notes: [
      `The processor itself, in real time. People become members of ${AUDIENCE} by an event that is 14 days old; their states were made by SQL.`,
      `How much a change costs alone was measured with ${alone} people at the same pace.`,
      `All due at once: a tick, then as many plain updates by primary key, one statement for ${BATCH} people in a transaction, as the engine's transactions are: first side by side like those, then one after the other.`,
    ],
  };
}

/** Publishes the audience and fills it, while there is nobody. */
async function publishEmpty({ db }: Ground): Promise<number> {
  const { id } = await publish(db, await workspaceIn(CLOCK_WORKSPACE), new Date(Date.now() - 90 * DAY));
  const catalogs = new CatalogShelf();
  const processing = processingOf(db, createClock(), catalogs);
  while ((await catalogs.current(db))?.filledTo !== id) await fill(processing);
  return id;
}

/** Lets the processor do it, in real time. */
async function wave(ground: Ground, publicationId: number, count: number, over: number): Promise<Wave> {
  const { db, client } = ground;
  // Making them takes a while, and all must be there before the first is due.
  const makingTakes = 5 * SECOND + count / 5;
  const from = Date.now() + makingTakes;
  await makeDuePeople(db, { count, from, over, publicationId });
  if (Date.now() > from - LEAD) throw new Error('Making the people took longer than was thought');
  await delay(from - LEAD - Date.now());

  const clock = createClock();
  const processing = processingOf(db, clock, new CatalogShelf());
  const { log } = processing;
  const spending = await startSpending(ground);
  const processor = startProcessor({
    processing,
    dispatching: { db, clock, client, taskQueue: 'bench' },
    syncing: { db, clock, log, secret: 'bench' },
    secrets: {},
  });
  await delay(from + over + GRACE - Date.now());
  await processor.stop();
  const spent = await spending.read();
  const { rows } = await sql<{ lag: number }>`
    select (extract(epoch from recorded_at - at) * 1000)::float8 as lag from audience_changes
    where at >= ${new Date(from)} and entered and cause = 'clock'
  `.execute(db);
  return { spent, flips: rows.length, lags: rows.map(({ lag }) => lag) };
}

/** Changes and updates a second. */
interface Crowd {
  readonly flips: number;
  /** In as many transactions at once as the engine has. */
  readonly updates: number;
  /** In one after the other. */
  readonly updatesInTurn: number;
}

/** The engine's changes, and plain updates of as many others, in turn. */
async function atOnce({ db }: Ground, publicationId: number, people: number): Promise<Crowd> {
  const instant = Date.now();
  const later = instant + 2 * DAY;
  await makeDuePeople(db, { count: 2 * people, from: later, over: 0, publicationId });
  const { rows: plain } = await sql<{ id: number }>`
    select profile_id as id from audience_states where due_at = ${new Date(later)} order by random()
  `.execute(db);
  await makeDuePeople(db, { count: people, from: instant, over: 0, publicationId });
  const processing = processingOf(db, { now: () => instant, wall: () => instant, speed: 1 }, new CatalogShelf());
  const nextBatches = (count: number) =>
    Array.from({ length: Math.ceil(count / BATCH) }, (_, index) =>
      plain.splice(0, Math.min(BATCH, count - index * BATCH)).map(({ id }) => id),
    );

  const took = { engine: 0, atOnce: 0, inTurn: 0 };
  let changed = 0;
  for (;;) {
    const startedAt = performance.now();
    const flips = await tick(instant, processing);
    took.engine += performance.now() - startedAt;
    if (flips === 0) break;
    changed += flips;
    const [some, others] = [nextBatches(flips), nextBatches(flips)];
    const atOnceAt = performance.now();
    await Promise.all(some.map((ids) => updatePlainly(db, ids, instant)));
    took.atOnce += performance.now() - atOnceAt;
    const inTurnAt = performance.now();
    for (const ids of others) await updatePlainly(db, ids, instant);
    took.inTurn += performance.now() - inTurnAt;
  }
  if (changed !== people) throw new Error(`${changed} of ${people} have changed`);
  const rate = (milliseconds: number) => people / (milliseconds / SECOND);
  return { flips: rate(took.engine), updates: rate(took.atOnce), updatesInTurn: rate(took.inTurn) };
}

async function updatePlainly(db: Database, ids: readonly number[], at: Instant): Promise<void> {
  await db.transaction().execute((tx) =>
    sql`
      update audience_states set member = true, since = ${new Date(at)}, due_at = null
      where profile_id = any(${ids}) and audience = ${AUDIENCE}
    `.execute(tx),
  );
}

function processingOf(db: Database, clock: Clock, catalogs: CatalogShelf): Processing {
  return { db, clock, catalogs, log: pino({ level: 'silent' }) };
}
