/**
 * What one event costs, and how soon memberships follow it, as the number of people grows to a million.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { DAY, type Instant, SECOND } from '../src/core/time.ts';
import { publish } from '../src/definitions/publish.ts';
import type { Workspace } from '../src/definitions/workspace-types.ts';
import { type IncomingEvent, putInInbox } from '../src/ingest/inbox.ts';
import { CatalogShelf } from '../src/process/catalog.ts';
import { fill } from '../src/process/fill.ts';
import { look } from '../src/process/look.ts';
import { type Processing, workLanes } from '../src/process/process-lane.ts';
import type { Database } from '../src/store/database.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { copyEverybody } from './harness/copies.ts';
import { type Figure, median, percentile } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { EVENT_SHARES, makeEvents, makePeople } from './harness/history-rows.ts';
import { type Chance, chanceFrom } from './harness/random.ts';
import { startSpending } from './harness/spending.ts';
import { AUDIENCES_WORKSPACE, workspaceIn } from './harness/workspaces.ts';

/** Of all the people, in turn. */
const SIZES = [0.01, 0.1, 1] as const;
const DAYS = 90;
/** So many are made and filled; more are copies of them. */
const FOUNDERS = 10_000;
/** Product time from one event to the next. */
const APART = 20;
/** Until code is compiled and statements are planned. */
const WARM_UP = 500;
/** What the figures at the last size may be of those at the first. */
const GROWTH = 1.5;

type Context = BenchContext<'people' | 'events' | 'sample'>;

interface Measured {
  readonly people: number;
  /** People. */
  readonly filledPerSecond: number;
  readonly members: number;
  /** Of a thousand events. */
  readonly engineSeconds: number;
  readonly postgresSeconds: number;
  /** Milliseconds from the inbox to the commit, of events that changed a membership. */
  readonly delays: readonly number[];
}

export const audiences = defineBench({
  summary: 'cost of one event and time to its membership changes, with up to a million people in 30 audiences',
  settings: {
    people: { byDefault: 1_000_000, about: 'people at the last size; a hundredth and a tenth before' },
    events: { byDefault: 20, about: 'events of each, on average' },
    sample: { byDefault: 5_000, about: 'events measured at each size' },
  },
  run: measure,
});

async function measure(context: Context) {
  const workspace = await workspaceIn(AUDIENCES_WORKSPACE);
  const measured: Measured[] = [];
  for (const share of SIZES) {
    const people = Math.round(context.settings.people * share);
    measured.push(
      await onGround({ say: context.say, own: true }, (ground) => atSize(ground, workspace, people, context)),
    );
  }
  return {
    figures: [...measured.flatMap(figuresOf), ...growthOf(measured)],
    notes: [
      `${Object.keys(workspace.audiences).length} audiences; ${context.settings.events} events of each person, on average, over ${DAYS} days, some with far more than others; memberships by the product's own fill. Beyond ${FOUNDERS.toLocaleString('en-US')} people are copies of those, with all their rows. Then everything is vacuumed and analyzed.`,
      `${context.settings.sample} events of people chosen at random, one at a time after a warm-up of ${WARM_UP}: put in the inbox, then looked for and worked off as the processor does.`,
      'Times are of the events that changed a membership. CPU is of the engine and all of Postgres, putting in the inbox included.',
    ],
  };
}

async function atSize(ground: Ground, workspace: Workspace, people: number, context: Context): Promise<Measured> {
  const { settings, say } = context;
  const { db } = ground;
  const start = Date.now();
  const times = Math.max(1, Math.round(people / FOUNDERS));
  const founders = Math.round(people / times);
  say(`Making ${founders} people with ${settings.events} events each.`);
  await publish(db, { ...workspace, audiences: {}, hash: 'before' }, new Date(start - DAYS * DAY));
  const history = { people: founders, eventsEach: settings.events, now: start, days: DAYS };
  await makePeople(db, history);
  await sql`
    insert into identities (kind, value, profile_id) select 'user', user_id, id from profiles where kind = 'person'
  `.execute(db);
  await makeEvents(db, history);
  await sql`vacuum analyze`.execute(db);

  say('Fill.');
  let now = start;
  const clock = { now: () => now, wall: () => now, speed: 1 };
  const processing = { db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
  const { id } = await publish(db, workspace, new Date(start));
  const fillingAt = performance.now();
  await fillAll(processing, id);
  const filledPerSecond = founders / ((performance.now() - fillingAt) / SECOND);
  say(`Copying them to be ${founders * times}.`);
  await copyEverybody(db, times);
  const { members } = await db
    .selectFrom('audience_states')
    .select(({ fn }) => fn.countAll<number>().as('members'))
    .where('member', '=', true)
    .executeTakeFirstOrThrow();
  say(`${members} memberships. Vacuum and analyze, and ${settings.sample} events.`);
  await sql`vacuum analyze`.execute(db);
  await sql`checkpoint`.execute(db);

  const chance = chanceFrom(people);
  const next = (): Promise<number> => {
    now += APART;
    return oneEvent(processing, eventOf(people, chance, now));
  };
  for (let done = 0; done < WARM_UP; done += 1) await next();
  const from = now;
  const spending = await startSpending(ground);
  const delays: number[] = [];
  for (let done = 0; done < settings.sample; done += 1) delays.push(await next());
  const { engine, postgres } = await spending.read();
  const changed = await changedAfter(db, from);
  return {
    people,
    filledPerSecond,
    members,
    engineSeconds: (engine / settings.sample) * 1_000,
    postgresSeconds: (postgres / settings.sample) * 1_000,
    delays: delays.filter((_, index) => changed.has(from + (index + 1) * APART)),
  };
}

async function fillAll(processing: Processing, publicationId: number): Promise<void> {
  const { db, catalogs } = processing;
  const work = async () => {
    while ((await catalogs.current(db))?.filledTo !== publicationId) await fill(processing);
  };
  await Promise.all([work(), work()]);
}

/** @returns milliseconds from its being stored to its being worked off, committed */
async function oneEvent(processing: Processing, event: IncomingEvent): Promise<number> {
  await putInInbox(processing.db, [event]);
  const startedAt = performance.now();
  const { groups } = await look(processing.db);
  let worked = 0;
  for (const lanes of groups) worked += await workLanes(lanes, processing);
  if (worked !== 1) throw new Error(`${worked} events were worked off instead of one`);
  return performance.now() - startedAt;
}

function eventOf(people: number, chance: Chance, now: Instant): IncomingEvent {
  const at = new Date(now).toISOString();
  return {
    type: 'track',
    messageId: randomUUID(),
    name: nameFor(chance.next()),
    userId: `user-${1 + Math.floor(chance.next() * people)}`,
    properties: { source: 'web', seconds: Math.floor(chance.between(0, 600)), label: `item ${now % 1_000}` },
    context: {},
    occurredAt: at,
    receivedAt: at,
  };
}

/** @param place in [0, 1) */
function nameFor(place: number): string {
  let left = place * Object.values(EVENT_SHARES).reduce((sum, share) => sum + share, 0);
  for (const [name, share] of Object.entries(EVENT_SHARES)) {
    left -= share;
    if (left < 0) return name;
  }
  throw new Error(`${place} is no place among events`);
}

/** When, in product time, events changed memberships. */
async function changedAfter(db: Database, from: Instant): Promise<Set<Instant>> {
  const rows = await db
    .selectFrom('audience_changes')
    .select('recorded_at')
    .distinct()
    .where('recorded_at', '>', new Date(from))
    .execute();
  return new Set(rows.map((row) => row.recorded_at.getTime()));
}

function figuresOf({ people, members, filledPerSecond, engineSeconds, postgresSeconds, delays }: Measured): Figure[] {
  const label = (what: string) => `${people.toLocaleString('en-US')} people: ${what}`;
  const key = (what: string) => `${what}At${people}`;
  return [
    { key: key('memberships'), label: label('memberships'), value: members },
    { key: key('filledPerSecond'), label: label('people filled in a second'), value: filledPerSecond },
    { key: key('engineSeconds'), label: label('CPU of the engine, 1,000 events'), value: engineSeconds, unit: 's' },
    { key: key('postgresSeconds'), label: label('CPU of Postgres, 1,000 events'), value: postgresSeconds, unit: 's' },
    { key: key('changed'), label: label('events that changed a membership'), value: delays.length },
    { key: key('delayMedianMs'), label: label('time to the change, median'), value: median(delays), unit: 'ms' },
    { key: key('delayP99Ms'), label: label('time to the change, p99'), value: percentile(delays, 0.99), unit: 'ms' },
  ];
}

function growthOf(measured: readonly Measured[]): Figure[] {
  const [first] = measured;
  const last = measured.at(-1);
  if (first === undefined || last === undefined) return [];
  const growth = (of: (one: Measured) => number) => of(last) / of(first);
  const cpu = growth(({ engineSeconds, postgresSeconds }) => engineSeconds + postgresSeconds);
  const p99 = growth(({ delays }) => percentile(delays, 0.99));
  return [
    { key: 'cpuGrowth', label: 'CPU of an event, last size to first', value: cpu, target: { atMost: GROWTH } },
    { key: 'p99Growth', label: 'p99 time to the change, last to first', value: p99, target: { atMost: GROWTH } },
  ];
}
