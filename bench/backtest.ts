/**
 * How fast a backtest goes through a history, against only reading the same history and sorting it by person; and whether
 * its memory grows with the history.
 * @module
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, type Instant, SECOND } from '../src/core/time.ts';
import type { Workspace } from '../src/definitions/workspace-types.ts';
import { readShopHistory } from '../src/demo/shop-history.ts';
import type { IncomingEvent } from '../src/ingest/inbox.ts';
import { backtest as runBacktest } from '../src/simulate/backtest.ts';
import { readHistoryFile } from '../src/simulate/history-file.ts';
import { SortByPerson } from '../src/simulate/sort-by-person.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { median } from './harness/figures.ts';
import { type Chance, chanceFrom } from './harness/random.ts';
import { SHIPPED_WORKSPACE, workspaceIn } from './harness/workspaces.ts';

const JOURNEY = 'cart-recovery';
const SEED = 5;
const START: Instant = Date.UTC(2026, 0, 1);
const DAYS = 180;
/** Of a hundred events, about as many of each as in the shop. */
const NAMES: Readonly<Record<string, number>> = {
  'Home Viewed': 14,
  'Product List Viewed': 22,
  'Product Viewed': 28,
  'Products Searched': 9,
  'Product Added': 8,
  'Cart Viewed': 6,
  'Checkout Step Completed': 5,
  'Product Added to Wishlist': 3,
  'Order Completed': 3,
  'Payment Failed': 2,
};

type Read = () => AsyncIterable<IncomingEvent>;

export const backtest = defineBench({
  summary: 'a backtest against only reading the same events and sorting them by person',
  settings: {
    events: { byDefault: 400_000, about: 'events in the long history' },
    each: { byDefault: 50, about: 'of them for each person, on average' },
    rounds: { byDefault: 3, about: 'times that each is measured, in turn' },
  },
  run: async ({ settings, say }) => {
    const workspace = await workspaceIn(SHIPPED_WORKSPACE);
    const folder = await mkdtemp(join(tmpdir(), 'throughline-bench-'));
    try {
      const file = join(folder, 'history.ndjson');
      say(`Writing ${settings.events} events.`);
      await writeHistory(file, settings);
      const shop = await measure(
        workspace,
        async function* () {
          yield* await readShopHistory();
        },
        { name: 'the shop', settings, say },
      );
      const long = await measure(workspace, () => readHistoryFile({ path: file }), {
        name: 'the long history',
        settings,
        say,
      });
      return {
        figures: [
          { key: 'shopEvents', label: 'the shop: events', value: shop.events },
          { key: 'shopReadSeconds', label: 'the shop: only read and sorted', value: shop.reading, unit: 's' },
          {
            key: 'shopSeconds',
            label: 'the shop: backtest of all its journeys',
            value: shop.testing,
            unit: 's',
            target: { below: 10 },
          },
          { key: 'events', label: 'long history: events', value: long.events },
          {
            key: 'readPerSecond',
            label: 'long history: only read and sorted, events per second',
            value: long.events / long.reading,
          },
          { key: 'perSecond', label: 'long history: backtest, events per second', value: long.events / long.testing },
          {
            key: 'ratio',
            label: 'the second to the first',
            value: long.reading / long.testing,
            target: { atLeast: 0.2 },
          },
          {
            key: 'shopRatio',
            label: 'the same of the shop',
            value: shop.reading / shop.testing,
            target: { atLeast: 0.2 },
          },
          { key: 'entries', label: `long history: entries into ${JOURNEY}`, value: long.entries },
          { key: 'peakMegabytes', label: 'memory at most', value: process.resourceUsage().maxRSS / 1024, unit: 'MB' },
        ],
        notes: [
          `Medians of ${settings.rounds} rounds, in turn. All ${Object.keys(workspace.journeys).length} shipped journeys run in a backtest; one is counted.`,
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

interface Measuring extends Pick<BenchContext<'events' | 'each' | 'rounds'>, 'settings' | 'say'> {
  readonly name: string;
}

async function measure(workspace: Workspace, read: Read, { name, settings, say }: Measuring) {
  const reading: number[] = [];
  const testing: number[] = [];
  let events = 0;
  let entries = 0;
  for (let round = 0; round < settings.rounds; round += 1) {
    const only = await timed(() => onlyReadAndSort(read));
    const whole = await timed(() => wholeBacktest(workspace, read));
    events = only.value;
    entries = whole.value;
    reading.push(only.seconds);
    testing.push(whole.seconds);
    say(
      `${name}, round ${round + 1}: read and sorted in ${only.seconds.toFixed(2)} s, backtest in ${whole.seconds.toFixed(2)} s`,
    );
  }
  return { events, entries, reading: median(reading), testing: median(testing) };
}

/** @returns events */
async function onlyReadAndSort(read: Read): Promise<number> {
  const sorted = new SortByPerson();
  for await (const call of read()) await sorted.add(call);
  let events = 0;
  for await (const { calls } of sorted.people()) events += calls.length;
  await sorted.close();
  return events;
}

/** @returns entries */
async function wholeBacktest(workspace: Workspace, read: Read): Promise<number> {
  const sorted = new SortByPerson();
  for await (const call of read()) await sorted.add(call);
  const { first: from, last: to } = sorted.span ?? { first: 0, last: 0 };
  const { proposed } = await runBacktest({ workspace, journey: JOURNEY, period: { from, to } }, sorted.people());
  await sorted.close();
  return proposed.entries;
}

async function writeHistory(file: string, { events, each }: { readonly events: number; readonly each: number }) {
  const chance = chanceFrom(SEED);
  const names = Object.entries(NAMES).flatMap(([name, share]) => new Array<string>(share).fill(name));
  const people = Math.ceil(events / each);
  const output = createWriteStream(file);
  for (let number = 0; number < events; number += 1) {
    const at = START + Math.floor((number / events) * DAYS * DAY);
    const line = `${JSON.stringify(eventOf(chance, names, people, at))}\n`;
    if (!output.write(line)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
}

/** Some people do far more than others. */
function eventOf(chance: Chance, names: readonly string[], people: number, at: Instant) {
  const person = Math.floor(chance.next() ** 1.5 * people);
  return {
    type: 'track',
    userId: `user-${person}`,
    event: names[Math.floor(chance.next() * names.length)],
    timestamp: new Date(at).toISOString(),
    properties: { session_id: `s-${Math.floor(at / DAY)}-${person}`, price: Math.round(chance.between(5, 300)) },
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly value: T }> {
  const startedAt = performance.now();
  const value = await work();
  return { seconds: (performance.now() - startedAt) / SECOND, value };
}
