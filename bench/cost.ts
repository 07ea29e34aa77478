/**
 * What one run costs on Temporal: history events, billed actions, bytes. Of the reference journeys, and of others beside
 * the same written by hand.
 * @module
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import { HOUR, SECOND } from '../src/core/time.ts';
import { journeyCosts } from './cost-journeys.ts';
import { defineBench } from './harness/bench.ts';
import { type Figure, median } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { costOf, type RunCost, waitsForTime } from './harness/history.ts';
import { makeKnown, type Person, peopleOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { actionCounter } from './harness/server-metrics.ts';
import { startSink } from './harness/sink.ts';
import { type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { REFERENCE_WORKSPACE } from './harness/workspaces.ts';

const TARGETS = { email: { events: 18, actions: 5 }, 'in-app': { events: 12, actions: 4 } } as const;
type Channel = keyof typeof TARGETS;

/** The journey's wait of an hour takes one second. */
const CLOCK_SPEED = HOUR / SECOND;

export const cost = defineBench({
  summary: 'what one converted run costs on Temporal: of the reference journeys, and of others beside the same by hand',
  settings: { runs: { byDefault: 50, about: 'runs of each journey' } },
  run: async ({ settings, say, profileTo }) => {
    const reference = await onGround({ say }, async (ground) => {
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
      const tracking = trackingClient(product);
      ground.atEnd(async () => tracking.close());

      const figures: Figure[] = [];
      for (const channel of ['email', 'in-app'] as const) {
        const people = peopleOf(channel, settings.runs);
        await makeKnown(people, tracking, ground.db);
        const counter = await actionCounter(ground);
        await goThrough(people, channel, tracking, ground);
        const costs = await costsOf(channel, ground);
        const counted = await counter?.perType();
        figures.push(...figuresOf(channel, costs));
        if (counted !== undefined) {
          say(`${channel}: the server's own counter, over ${costs.length} runs: ${JSON.stringify(counted)}`);
          const all = Object.values(counted).reduce((sum, count) => sum + count, 0);
          figures.push({
            key: key(channel, 'CountedActions'),
            label: `${channel}: actions a run by the server's counter`,
            value: all / costs.length,
            target: { atMost: TARGETS[channel].actions },
          });
        }
      }
      return figures;
    });
    const journeys = await onGround({ say }, (ground) => journeyCosts(settings.runs, ground));
    return {
      figures: [...reference, ...journeys],
      notes: [
        `${settings.runs} runs of each journey, converted while they waited for it; medians over the runs, and the worst run.`,
        'Written by hand: the workflows of bench/bare/minimal-workflows.ts, run on the same server. They look nothing up.',
        'Bytes are the size of the history as the server states it.',
      ],
    };
  },
});

/** From the event to the conversion, which comes when every run waits for it: one that comes earlier costs less. */
async function goThrough(people: readonly Person[], channel: Channel, tracking: TrackingClient, ground: Ground) {
  await tracking.sendAll(people.map(({ userId }) => track(userId, 'Reference Started', { channel })));
  const runs = await until('everyone has entered', async () => {
    const ids = await runsOf(channel, ground);
    return ids.length === people.length && ids;
  });
  for (const id of runs) await until(`${id} waits for the conversion`, () => isWaiting(id, ground));
  await tracking.sendAll(people.map(({ userId }) => track(userId, 'Reference Converted')));
}

async function runsOf(channel: Channel, { db }: Ground): Promise<string[]> {
  const runs = await db.selectFrom('runs').select('id').where('journey', '=', `reference-${channel}`).execute();
  return runs.map(({ id }) => id);
}

/** The last thing that happened is that its timer of 14 days was started. */
async function isWaiting(id: string, { client }: Ground): Promise<boolean> {
  try {
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    return waitsForTime(events, 1);
  } catch (error) {
    // The run is on record before its workflow is started.
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function costsOf(channel: Channel, ground: Ground): Promise<RunCost[]> {
  const costs: RunCost[] = [];
  for (const id of await runsOf(channel, ground)) {
    const handle = ground.client.workflow.getHandle(id);
    const outcome = await handle.result();
    if (outcome !== 'converted') throw new Error(`${id} ended as ${outcome}`);
    costs.push(await costOf(handle));
  }
  return costs;
}

function figuresOf(channel: Channel, costs: readonly RunCost[]): Figure[] {
  const { events, actions } = TARGETS[channel];
  const of = (part: keyof RunCost) => costs.map((one) => one[part]);
  return [
    {
      key: key(channel, 'Events'),
      label: `${channel}: history events`,
      value: median(of('events')),
      target: { atMost: events },
    },
    {
      key: key(channel, 'EventsWorst'),
      label: `${channel}: history events, worst run`,
      value: Math.max(...of('events')),
    },
    {
      key: key(channel, 'Actions'),
      label: `${channel}: billed actions`,
      value: median(of('actions')),
      target: { atMost: actions },
    },
    {
      key: key(channel, 'ActionsWorst'),
      label: `${channel}: billed actions, worst run`,
      value: Math.max(...of('actions')),
    },
    { key: key(channel, 'Bytes'), label: `${channel}: bytes of history`, value: median(of('bytes')) },
  ];
}

function key(channel: Channel, part: string): string {
  return `${channel === 'email' ? 'email' : 'inApp'}${part}`;
}
