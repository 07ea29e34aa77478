/**
 * What whole journeys cost on Temporal, each beside the same journey written by hand.
 * @module
 */
import { DAY, SECOND } from '../src/core/time.ts';
import { type MinimalJourney, minimalCosts } from './bare/minimal.ts';
import { type Figure, median } from './harness/figures.ts';
import type { Ground } from './harness/ground.ts';
import { costOf, type RunCost, waitsForTime } from './harness/history.ts';
import { makeKnown, type Person, peopleOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { startSink } from './harness/sink.ts';
import { type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { COST_WORKSPACE } from './harness/workspaces.ts';

/** What a journey may cost beyond the one written by hand, in history events. */
const MORE_AT_MOST = 2;
/** Long enough for everybody to be looked at while they wait. */
const CLOCK_SPEED = DAY / (4 * SECOND);
const PATIENCE = { within: 120 * SECOND, every: 100 };

interface CostedJourney {
  readonly journey: string;
  readonly label: string;
  readonly byHand: MinimalJourney;
  /** Waits of a run, the last one for the conversion. */
  readonly waits: number;
  /** An event that ends the first wait early. */
  readonly wakes?: string;
  /** Its runs are about accounts, each of one person. */
  readonly ofAccounts?: true;
}

const JOURNEYS: readonly CostedJourney[] = [
  { journey: 'nurture', label: 'nurture on day 0, 2 and 5', byHand: 'nurture', waits: 3 },
  { journey: 'wait-for', label: 'wait for an event', byHand: 'waitFor', waits: 2, wakes: 'Cost Viewed' },
  { journey: 'experiment', label: 'experiment with hold-out', byHand: 'experiment', waits: 1 },
  { journey: 'account-task', label: 'account with sales task', byHand: 'salesTask', waits: 1, ofAccounts: true },
];

/** @param runs of each journey */
export async function journeyCosts(runs: number, ground: Ground): Promise<Figure[]> {
  const sink = await startSink(ground);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: COST_WORKSPACE,
    smtpUrl: sink.url,
    clockSpeed: CLOCK_SPEED,
  });
  ground.atEnd(() => product.stop());
  const tracking = trackingClient(product);
  ground.atEnd(async () => tracking.close());
  const byHand = await minimalCosts(ground);
  const figures: Figure[] = [];
  for (const one of JOURNEYS) {
    const people = peopleOf(one.journey, runs);
    await makeKnown(people, tracking, ground.db);
    await goThrough(one, people, tracking, ground);
    figures.push(...figuresOf(one, await treatedCosts(one.journey, ground), byHand[one.byHand]));
  }
  return figures;
}

async function goThrough(
  { journey, waits, wakes, ofAccounts }: CostedJourney,
  people: readonly Person[],
  tracking: TrackingClient,
  ground: Ground,
): Promise<void> {
  const everybody = (event: string) =>
    tracking.sendAll(
      people.map(({ userId }) => track(userId, event, { journey }, ofAccounts ? `account-of-${userId}` : undefined)),
    );
  await everybody('Cost Started');
  if (wakes !== undefined) {
    await everybodyWaits(journey, people.length, 1, ground);
    await everybody(wakes);
  }
  await everybodyWaits(journey, people.length, waits, ground);
  await everybody('Cost Converted');
}

async function everybodyWaits(journey: string, count: number, wait: number, ground: Ground): Promise<void> {
  const { db, client } = ground;
  const runs = await until(
    `${count} people are in ${journey}`,
    async () => {
      const rows = await db.selectFrom('runs').select(['id', 'held_out']).where('journey', '=', journey).execute();
      return rows.length === count && rows;
    },
    PATIENCE,
  );
  for (const { id, held_out: heldOut } of runs) {
    if (heldOut) continue;
    const handle = client.workflow.getHandle(id);
    await until(
      `${id} is in its wait ${wait}`,
      async () => waitsForTime((await handle.fetchHistory().catch(() => ({ events: [] }))).events, wait),
      PATIENCE,
    );
  }
}

/** Held-out people cost less: they get no message. */
async function treatedCosts(journey: string, { db, client }: Ground): Promise<RunCost[]> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('journey', '=', journey)
    .where('held_out', '=', false)
    .execute();
  const costs: RunCost[] = [];
  for (const { id } of rows) {
    const handle = client.workflow.getHandle(id);
    const outcome = await handle.result();
    if (outcome !== 'converted') throw new Error(`${id} ended as ${outcome}`);
    costs.push(await costOf(handle));
  }
  return costs;
}

function figuresOf({ byHand: key, label }: CostedJourney, costs: readonly RunCost[], byHand: RunCost): Figure[] {
  const of = (part: keyof RunCost) => median(costs.map((one) => one[part]));
  return [
    {
      key: `${key}Events`,
      label: `${label}: history events`,
      value: of('events'),
      target: { atMost: byHand.events + MORE_AT_MOST },
    },
    { key: `${key}ByHandEvents`, label: `${label}: written by hand`, value: byHand.events },
    { key: `${key}Actions`, label: `${label}: billed actions`, value: of('actions') },
    { key: `${key}ByHandActions`, label: `${label}: written by hand`, value: byHand.actions },
    { key: `${key}Bytes`, label: `${label}: bytes of history`, value: of('bytes') },
  ];
}
