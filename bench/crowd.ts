/**
 * Quiet hours end for a crowd at one instant, under a cap, and the mail server takes no more than so many a second.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Instant, MINUTE, SECOND } from '../src/core/time.ts';
import { drainBare, startBareWorker } from './bare/journey.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { pidOf, startCpuCount } from './harness/cpu.ts';
import type { Figure } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { makeKnown, type Person, peopleOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { stuckAfter } from './harness/runs.ts';
import { type Accepted, startSink } from './harness/sink.ts';
import { track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';

/** Of one journey each, for a fifth of the crowd. */
const PRIORITIES = [90, 70, 50, 30, 10];
const STUCK_AFTER = 120 * SECOND;
/** Of a thousand people, until all of them are held. */
const HELD_WITHIN = 25 * SECOND;
/** Of a thousand bare workflows, until all of them sleep. */
const BARE_STARTED_WITHIN = 20 * SECOND;

export const crowd = defineBench({
  summary:
    'quiet hours end for a crowd under a cap: by priority, never over the rate of the mail server, and close to it',
  settings: {
    people: { byDefault: 5_000, about: 'people due at one instant' },
    rate: { byDefault: 100, about: 'emails that the mail server takes per second' },
  },
  run: (context) => onGround(context, (ground) => measure(ground, context)),
});

async function measure(ground: Ground, { settings, profileTo, say }: BenchContext<'people' | 'rate'>) {
  const bare = await drainedBare(ground, settings);
  say(`Bare workflows drained at ${Math.round(bare.drained * 100)} % of the limit.`);
  const sink = await startSink(ground);
  const quietUntil = Math.ceil((Date.now() + 40 * SECOND + (settings.people / 1_000) * HELD_WITHIN) / MINUTE) * MINUTE;
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: await workspaceOf(ground.dataDir, quietUntil, settings.rate),
    smtpUrl: sink.url,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const tracking = trackingClient(product);
  ground.atEnd(async () => tracking.close());

  const people = peopleOf('crowd', settings.people);
  await makeKnown(people, tracking, ground.db);
  await tracking.sendAll(people.flatMap(eventsOf));
  const rivals = people.filter((_, index) => isWantedTwice(index)).length;
  await until('everybody is held', async () => (await heldRuns(ground)) === people.length + rivals, {
    within: quietUntil - Date.now(),
    every: 500,
  });
  say(`Everybody is held, for ${Math.round((quietUntil - Date.now()) / SECOND)} s more.`);
  await delay(quietUntil - Date.now());
  const cpu = startCpuCount({
    ...pidOf('engine', product),
    ...pidOf('Temporal', ground.temporal),
    ...pidOf('Postgres', ground.postgres),
  });
  const stuck = await stuckAfter(ground, STUCK_AFTER + (settings.people / settings.rate) * SECOND);

  const spent = cpu.read();
  const { accepted } = sink;
  const last = Math.max(...accepted.map(({ at }) => at));
  const perPerson = new Map<string, number>();
  for (const { to } of accepted) perPerson.set(to, (perPerson.get(to) ?? 0) + 1);
  const drained = accepted.length / ((last - quietUntil) / SECOND) / settings.rate;
  const figures: Figure[] = [
    { key: 'sent', label: 'messages the mailbox took', value: accepted.length, target: { exactly: settings.people } },
    {
      key: 'broken',
      label: 'people with more than the cap allows',
      value: [...perPerson.values()].filter((count) => count > 1).length,
      target: { exactly: 0 },
    },
    {
      key: 'busiest',
      label: 'most messages in any one second',
      value: mostInASecond(accepted),
      target: { atMost: settings.rate },
    },
    {
      key: 'early',
      label: 'messages before quiet hours were over',
      value: accepted.filter(({ at }) => at < quietUntil).length,
      target: { exactly: 0 },
    },
    {
      key: 'drained',
      label: 'drained at this share of the limit',
      value: drained * 100,
      unit: '%',
      target: { atLeast: 95 },
    },
    { key: 'bareDrained', label: 'bare workflows drained at', value: bare.drained * 100, unit: '%' },
    {
      key: 'inOrder',
      label: 'pairs of unlike priority, the higher first',
      value: inOrder(accepted, people) * 100,
      unit: '%',
      target: { atLeast: 95 },
    },
    { key: 'stuck', label: 'runs that did not end', value: stuck, target: { exactly: 0 } },
    {
      key: 'seconds',
      label: 'from the end of quiet hours to the last message',
      value: (last - quietUntil) / SECOND,
      unit: 's',
    },
    ...perThousand(spent, { key: 'cpu', label: 'CPU' }, settings.people),
    ...perThousand(bare.spent, { key: 'cpuBare', label: 'bare: CPU' }, settings.people),
  ];
  return {
    figures,
    notes: [
      `${people.length} people, a fifth each in journeys of priority ${PRIORITIES.join(', ')}; ${rivals} of them are wanted by a sixth, too.`,
      'A second is any 1,000 ms at the mailbox, wherever they begin.',
    ],
  };
}

/** The share of the limit at which workflows do that sleep until then and call an activity that does nothing. */
async function drainedBare(ground: Ground, { people, rate }: Readonly<Record<'people' | 'rate', number>>) {
  const worker = await startBareWorker(ground, rate);
  const dueAt = Date.now() + BARE_STARTED_WITHIN * Math.ceil(people / 1_000);
  const counting = delay(dueAt - Date.now()).then(() =>
    startCpuCount({ worker: worker.pid, ...pidOf('Temporal', ground.temporal) }),
  );
  const milliseconds = await drainBare(
    peopleOf('bare', people).map(({ userId }) => userId),
    dueAt,
    worker,
    ground,
  );
  const spent = (await counting).read();
  await worker.stop();
  return { drained: people / (milliseconds / SECOND) / rate, spent };
}

function perThousand(
  spent: Readonly<Record<string, number>>,
  what: Pick<Figure, 'key' | 'label'>,
  people: number,
): Figure[] {
  return Object.entries(spent).map(([name, seconds]) => ({
    key: `${what.key}${name}`,
    label: `${what.label} of ${name} for a thousand`,
    value: (seconds / people) * 1_000,
    unit: 's',
  }));
}

async function heldRuns({ db }: Ground): Promise<number> {
  const { rows } = await sql<{ held: number }>`
    select count(*) as held from runs where cursor -> 'hold' ->> 'reason' = 'hours'
  `.execute(db);
  return rows[0]?.held ?? 0;
}

function groupOf(index: number): number {
  return index % PRIORITIES.length;
}

function isWantedTwice(index: number): boolean {
  return index % 25 === 0;
}

function eventsOf({ userId }: Person, index: number) {
  return [
    track(userId, `Crowd ${PRIORITIES[groupOf(index)]}`),
    ...(isWantedTwice(index) ? [track(userId, 'Crowd Rival')] : []),
  ];
}

/** At most how many were taken within one second. */
function mostInASecond(accepted: readonly Accepted[]): number {
  const times = accepted.map(({ at }) => at).sort((a, b) => a - b);
  let first = 0;
  return times.reduce((most, at, index) => {
    while ((times[first] ?? at) <= at - SECOND) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

/** Of all pairs of messages of different priority: the share in which the higher one came first. */
function inOrder(accepted: readonly Accepted[], people: readonly Person[]): number {
  const groups = new Map(people.map(({ email }, index) => [email, groupOf(index)]));
  const seen = PRIORITIES.map(() => 0);
  let [right, all] = [0, 0];
  for (const { to } of [...accepted].sort((a, b) => a.at - b.at)) {
    const group = groups.get(to) ?? 0;
    seen.forEach((count, other) => {
      if (other < group) right += count;
      if (other !== group) all += count;
    });
    seen[group] = (seen[group] ?? 0) + 1;
  }
  return all === 0 ? Number.NaN : right / all;
}

async function workspaceOf(dataDir: string, quietUntil: Instant, rate: number): Promise<string> {
  const folder = join(dataDir, 'workspace');
  await mkdir(folder);
  const clock = (at: Instant) => new Date(at).toISOString().slice(11, 16);
  const journeys = [...PRIORITIES.map((priority) => [`${priority}`, priority] as const), ['rival', 0] as const];
  await writeFile(
    join(folder, 'settings.yaml'),
    `settings: crowd
timezone: Etc/UTC
sender: Bench <bench@throughline.example>
traits: { email: string }
emailRate: ${rate}
caps: [{ channel: email, atMost: 1, within: 1d }]
quietHours: [{ from: '${clock(quietUntil - 60 * MINUTE)}', to: '${clock(quietUntil)}' }]
`,
  );
  await writeFile(
    join(folder, 'journeys.yaml'),
    journeys
      .map(([name, priority]) => {
        const event = name === 'rival' ? 'Crowd Rival' : `Crowd ${name}`;
        return `journey: crowd-${name}\nenter: { event: ${event} }\npriority: ${priority}\nsteps: [{ email: hello }]\n`;
      })
      .join('---\n'),
  );
  await writeFile(
    join(folder, 'hello.mjml'),
    `---
email: hello
subject: Good morning
---
<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text>
<mj-text><a href="{{ unsubscribeUrl }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>
`,
  );
  return folder;
}
