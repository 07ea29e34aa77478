/**
 * Many people in a long wait: what they cost while nothing happens.
 * @module
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { SECOND } from '../src/core/time.ts';
import type { Database } from '../src/store/database.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { startCpuCount } from './harness/cpu.ts';
import type { Figure } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { inboxEmpty, peopleOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { startSink } from './harness/sink.ts';
import { type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { WAITING_WORKSPACE } from './harness/workspaces.ts';

/** Sent at once, so that no queue grows without bound. */
const WAVE = 5_000;
const SETTLES_WITHIN = 15 * SECOND;
const IDLE_FOR = 20 * SECOND;
const PATIENCE = { within: 3_600 * SECOND, every: SECOND };
/** Memory of the same program varies by so much from one moment to the next. */
const MEMORY_NOISE = 1.1;

type Context = BenchContext<'people' | 'first'>;

interface Standing {
  readonly people: number;
  readonly workerBytes: number;
  readonly temporalBytes: number;
  readonly postgresBytes: number;
}

export const waiting = defineBench({
  summary: 'a hundred thousand runs waiting for two weeks: memory of the worker, bytes in Temporal and in Postgres',
  settings: {
    people: { byDefault: 100_000, about: 'people waiting' },
    first: { byDefault: 1_000, about: 'of them, that wait first; more than the worker keeps in memory' },
  },
  run: (context) => onGround({ say: context.say, own: true }, (ground) => measure(ground, context)),
});

async function measure(ground: Ground, { settings: { people, first }, say }: Context) {
  const sink = await startSink(ground);
  const common = { workspace: WAITING_WORKSPACE, smtpUrl: sink.url };
  const engine = await startProductProcess(ground, { ...common, name: 'engine', roles: ['api', 'processor'] });
  ground.atEnd(() => engine.stop());
  const worker = await startProductProcess(ground, { ...common, name: 'worker', roles: ['worker'] });
  ground.atEnd(() => worker.stop());
  const tracking = trackingClient(engine);
  ground.atEnd(async () => tracking.close());

  const none = await standing(0, worker.pid, ground);
  await enter(0, first, tracking, ground);
  const few = await standing(first, worker.pid, ground);
  say(JSON.stringify(few));
  for (let entered = first; entered < people; entered += WAVE) {
    await enter(entered, Math.min(people, entered + WAVE), tracking, ground);
    const memory = Math.round(residentBytes(worker.pid) / 1_024 / 1_024);
    say(`${Math.min(people, entered + WAVE)} people wait; the worker has ${memory} MB.`);
  }
  const many = await standing(people, worker.pid, ground);
  say(JSON.stringify(many));

  const cpu = startCpuCount({ worker: worker.pid, engine: engine.pid });
  await delay(IDLE_FOR);
  return { figures: figuresOf(none, few, many, cpu.read()), notes: notesOf(first) };
}

/** Returns when all of them have their first message and are in the wait. */
async function enter(from: number, to: number, tracking: TrackingClient, { db }: Ground): Promise<void> {
  const people = peopleOf('waiting', to).slice(from);
  await tracking.sendAll(people.map(({ userId }) => track(userId, 'Waiting Started')));
  await inboxEmpty(db, PATIENCE.within);
  await until(`${to} people wait`, async () => (await countWaiting(db)) === to, PATIENCE);
}

async function countWaiting(db: Database): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from runs where status = 'active' and cursor ->> 'phase' = 'waiting'
  `.execute(db);
  return rows[0]?.waiting ?? 0;
}

async function standing(people: number, worker: number, { db, dataDir }: Ground): Promise<Standing> {
  await delay(SETTLES_WITHIN);
  await sql`vacuum analyze`.execute(db);
  const { rows } = await sql<{ bytes: number }>`
    select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = current_schema() and c.relkind in ('r', 'm')
  `.execute(db);
  return {
    people,
    workerBytes: residentBytes(worker),
    temporalBytes: statSync(join(dataDir, 'temporal.db')).size,
    postgresBytes: rows[0]?.bytes ?? Number.NaN,
  };
}

/** Of the process alone: the worker is one. */
function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}

function figuresOf(none: Standing, few: Standing, many: Standing, idle: Record<'worker' | 'engine', number>): Figure[] {
  const megabytes = (bytes: number) => bytes / 1_024 / 1_024;
  const each = (part: 'temporalBytes' | 'postgresBytes') => (many[part] - none[part]) / many.people;
  const perSecond = (seconds: number) => (seconds / (IDLE_FOR / SECOND)) * 1_000;
  return [
    { key: 'people', label: 'runs waiting', value: many.people },
    {
      key: 'workerFew',
      label: `memory of the worker with ${few.people}`,
      value: megabytes(few.workerBytes),
      unit: 'MB',
    },
    { key: 'workerMany', label: 'memory of the worker with all', value: megabytes(many.workerBytes), unit: 'MB' },
    {
      key: 'memoryRatio',
      label: 'all to few',
      value: many.workerBytes / few.workerBytes,
      target: { atMost: MEMORY_NOISE },
    },
    { key: 'temporalBytes', label: 'bytes in Temporal, for each run', value: each('temporalBytes') },
    { key: 'postgresBytes', label: 'bytes in Postgres, for each run', value: each('postgresBytes') },
    { key: 'workerIdle', label: 'CPU of the worker while all wait', value: perSecond(idle.worker), unit: 'ms/s' },
    { key: 'engineIdle', label: 'CPU of api and processor meanwhile', value: perSecond(idle.engine), unit: 'ms/s' },
  ];
}

function notesOf(first: number): string[] {
  return [
    `Runs that got an in-app message and wait two weeks for an event. Memory is what is resident, ${SETTLES_WITHIN / SECOND} s after the last of them began`,
    `to wait: first with ${first}, then with all. Bytes are of files and tables with their indexes: events, profiles, runs, logs and messages.`,
  ];
}
