/**
 * People on their way while every part of the system is killed in turn: everybody arrives, once.
 * @module
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { MINUTE, SECOND } from '../src/core/time.ts';
import { startLocalPostgres } from '../src/runtime/local-postgres.ts';
import { startLocalTemporal } from '../src/runtime/local-temporal.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { type Figure, isHeld } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { type Part, partFrom } from './harness/part.ts';
import { type ProductProcess, startProductProcess } from './harness/product.ts';
import { type Chance, chanceFrom } from './harness/random.ts';
import { JOURNEY_WORKFLOW } from './harness/runs.ts';
import { type Sink, startSink } from './harness/sink.ts';
import { trackingClient } from './harness/tracking.ts';
import { GaveUpError, until } from './harness/until.ts';
import { countWorkflows } from './harness/workflows.ts';
import { type Controls, operate } from './kill/control.ts';
import { type Crowd, expectedRuns, postCrowd, travellersOf } from './kill/people.ts';
import { startReceiver } from './kill/receiver.ts';
import { type Verdict, verdictOn } from './kill/verdict.ts';
import { stormWorkspace } from './kill/workspace.ts';

const GAP = { from: 0.3 * SECOND, to: 3 * SECOND };
const OUTAGE = { from: 0, to: 5 * SECOND };
const NEXT_ACCEPTANCE_WITHIN = 3 * SECOND;
/** Longer than it takes until an attempt that was lost with its worker is made again. */
const STUCK_AFTER = 150 * SECOND;
/** From the beginning: most of those who wait for the end of quiet hours do so by then. */
const QUIET_AT_LEAST = 25 * SECOND;

type Setting = 'people' | 'seconds' | 'rounds' | 'seeds' | 'seed';

export const kill = defineBench<Setting>({
  summary:
    'kill -9 of engine, worker, Temporal, Postgres and mailbox in turn, under every kind of step: everyone arrives, once',
  settings: {
    people: { byDefault: 300, about: 'people of each seed' },
    seconds: { byDefault: 40, about: 'over which their events are posted' },
    rounds: { byDefault: 1, about: 'times each part is killed' },
    seeds: { byDefault: 10, about: 'different orders and moments of killing' },
    seed: { byDefault: 1, about: 'the first of them' },
  },
  run: async (context) => {
    const { settings, say } = context;
    const storms: Storm[] = [];
    for (let seed = settings.seed; seed < settings.seed + settings.seeds; seed += 1) {
      const storm = await onGround({ say, own: true }, (ground) => oneStorm(seed, ground, context));
      const wrong = figuresOf([storm]).filter((figure) => !isHeld(figure));
      say(
        `seed ${seed}: ${wrong.length === 0 ? 'everything held' : wrong.map(({ label, value }) => `${value} ${label}`).join(', ')}`,
      );
      say(`seed ${seed}: ${JSON.stringify(storm)}`);
      storms.push(storm);
    }
    return {
      figures: figuresOf(storms),
      notes: [
        `${settings.seeds} seeds, ${settings.people} people each, posted over ${settings.seconds} s; every part killed ${settings.rounds} times at random moments, one after`,
        'the other, while journeys are paused and resumed, a new version is published and people are moved to it. Counts are',
        'sums over the seeds. Clients send again, with the same messageId, what was not answered.',
      ],
    };
  },
});

interface Storm extends Verdict, Controls {
  readonly entries: number;
  readonly kills: number;
  readonly endedByThemselves: number;
  /** Requests that clients had to send again. */
  readonly retries: number;
  /** Runs that were moved to another version. */
  readonly moved: number;
  readonly seconds: number;
}

async function oneStorm(seed: number, ground: Ground, { settings, say }: BenchContext<Setting>): Promise<Storm> {
  const startedAt = Date.now();
  const chance = chanceFrom(seed);
  const receiver = await startReceiver(ground, chanceFrom(seed));
  const opens = Math.ceil((Date.now() + QUIET_AT_LEAST) / MINUTE) * MINUTE;
  const workspace = await stormWorkspace(ground.dataDir, receiver.url, opens);
  const { sink, engine, parts } = await startParts(ground, workspace.folder, say);
  const tracking = trackingClient({ ...engine, connections: 16 });
  ground.atEnd(async () => tracking.close());

  const travellers = travellersOf(seed, settings.people);
  const expected = expectedRuns(travellers);
  const crowd = postCrowd(travellers, settings.seconds, tracking, sink);
  const [kills, controls] = await Promise.all([
    killInTurn(parts, settings.rounds, sink, chance, say),
    operate({ url: engine.url, workspace, ground, chance: chanceFrom(-seed), say }),
  ]);
  await crowd.posted;
  await quiet(expected.length, crowd, ground, say);
  const { accepted } = sink;
  const verdict = await verdictOn(
    { expected, answered: crowd.answered, accepted, calls: receiver.taken, opens },
    ground,
    say,
  );
  return {
    entries: expected.length,
    kills,
    endedByThemselves: parts.reduce((sum, part) => sum + part.endedByItself, 0),
    retries: tracking.retries,
    ...controls,
    moved: await movedRuns(ground),
    ...verdict,
    seconds: Math.round((Date.now() - startedAt) / SECOND),
  };
}

/** Gives everything time to come to its end; what does not, the verdict tells. */
async function quiet(entries: number, crowd: Crowd, ground: Ground, say: (line: string) => void): Promise<void> {
  try {
    await until(
      'everything has come to its end',
      async () => {
        const { rows } = await sql<{ busy: boolean; runs: number }>`
          select count(*)::int as runs, coalesce(bool_or(status = 'active'), false) or exists (select from inbox) or exists (select from outbox)
            or exists (select from run_migrations where done_at is null) or exists (select from messages where status in ('reserved', 'sending'))
            as busy from runs
        `.execute(ground.db);
        const { busy = true, runs = 0 } = rows[0] ?? {};
        return (
          !busy &&
          runs >= entries &&
          crowd.waiting() === 0 &&
          (await countWorkflows(ground.client, JOURNEY_WORKFLOW, "ExecutionStatus = 'Running'")) === 0
        );
      },
      { within: STUCK_AFTER, every: 300 },
    );
  } catch (error) {
    if (!(error instanceof GaveUpError)) throw error;
    say(error.message);
  }
}

async function movedRuns({ db }: Ground): Promise<number> {
  const { rows } = await sql<{ moved: number }>`
    select count(*)::int as moved from migrated_runs where outcome = 'moved'
  `.execute(db);
  return rows[0]?.moved ?? 0;
}

async function startParts(
  ground: Ground,
  workspace: string,
  say: (line: string) => void,
): Promise<{ sink: Sink; engine: ProductProcess; parts: Part[] }> {
  const { postgres, temporal, dataDir, log } = ground;
  if (postgres === undefined || temporal === undefined) throw new Error('Only servers of our own are killed');
  const sink = await startSink(ground);
  const common = { workspace, smtpUrl: sink.url };
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

function figuresOf(storms: readonly Storm[]): Figure[] {
  const sum = (key: keyof Storm) => storms.reduce((total, storm) => total + storm[key], 0);
  const mustNotBe = (key: keyof Storm, label: string): Figure => ({
    key,
    label,
    value: sum(key),
    target: { exactly: 0 },
  });
  const told = (key: keyof Storm, label: string): Figure => ({ key, label, value: sum(key) });
  return [
    told('entries', 'entries'),
    mustNotBe('notOneRun', 'entries without exactly one run'),
    mustNotBe('notEnded', 'runs that did not end'),
    mustNotBe('notOneWorkflow', 'runs without exactly one completed workflow'),
    mustNotBe('disagreeing', 'runs that ended otherwise in Temporal than recorded'),
    mustNotBe('lostEvents', 'events answered with 200 and not counted once'),
    mustNotBe('missedConversions', 'conversions that ended no run'),
    mustNotBe('skippedSteps', 'steps that left no trace'),
    mustNotBe('repeatedSteps', 'steps done more often than the journey says'),
    mustNotBe('unsettled', 'messages neither sent nor refused'),
    mustNotBe('lostMessages', 'messages recorded as sent, never accepted'),
    mustNotBe('unexplainedDoubles', 'messages accepted twice without a record'),
    mustNotBe('unexplainedRefusals', 'refusals without a reason'),
    mustNotBe('notToldOnce', 'messages without exactly one event, or task'),
    mustNotBe('lostCalls', 'webhook calls recorded as made, never taken'),
    mustNotBe('strayCalls', 'webhook calls under the key of no message'),
    mustNotBe('brokenCaps', 'caps broken, or slots that nobody got'),
    mustNotBe('tooEarly', 'messages in quiet hours'),
    mustNotBe('atOnce', 'people in two journeys of a group at once'),
    mustNotBe('againstHoldOut', 'messages to people held out'),
    mustNotBe('beyondStock', 'offers made beyond their limit'),
    mustNotBe('untried', 'limits that nobody came to'),
    { ...told('moved', 'runs moved to the new version'), target: { atLeast: storms.length } },
    { ...told('held', 'runs that came due in a pause'), target: { atLeast: storms.length } },
    told('doubles', 'messages accepted twice, with a record why'),
    told('repeatedCalls', 'webhook calls taken twice, under one key'),
    told('refusals', 'refusals, with a record why'),
    told('kills', 'kills'),
    told('endedByThemselves', 'parts that ended without being killed'),
    told('retries', 'requests that clients sent again'),
    { key: 'seconds', label: 'longest storm', value: Math.max(...storms.map(({ seconds }) => seconds)), unit: 's' },
  ];
}
