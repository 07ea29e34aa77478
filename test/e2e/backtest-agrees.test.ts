import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { readShopHistory } from '../../src/demo/shop-history.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { backtest } from '../../src/simulate/backtest.ts';
import { SortByPerson } from '../../src/simulate/sort-by-person.ts';
import { checkedWorkspace } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyOf } from './story.ts';

const SHIPPED = fileURLToPath(new URL('../../journeys', import.meta.url));
const PEOPLE = 100;
/** Days in which the shop's payments fail; all of them by hand: `SHOP_DAYS=178 npm test test/e2e/backtest-agrees.test.ts`. */
const DAYS = Number(process.env.SHOP_DAYS ?? 12);
const LAST_DAY = process.env.SHOP_DAYS === undefined ? '2024-06-01' : '2024-06-30';

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;
let from: Instant;
let to: Instant;
/** As in the shop, at another time: those days of the shop are the engine's first. */
let history: readonly IncomingEvent[];

beforeAll(async () => {
  mailbox = await testMailbox();
  workspace = await checkedWorkspace(SHIPPED);
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  const shop = await readShopHistory();
  const chosen = new Set([...new Set(shop.map(({ userId }) => userId))].sort().slice(0, PEOPLE));
  from = engine.clock.now();
  to = from + DAYS * DAY;
  const later = Math.floor((to - Date.parse(LAST_DAY)) / DAY) * DAY;
  history = shop
    .filter(({ userId, occurredAt }) => chosen.has(userId) && occurredAt < LAST_DAY)
    .map((call) => moved(call, later));
  await live();
}, 1_800_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
});

function moved(call: IncomingEvent, later: number): IncomingEvent {
  const occurredAt = new Date(Date.parse(call.occurredAt) + later).toISOString();
  return { ...call, occurredAt, receivedAt: occurredAt };
}

/** What happened before is imported; then everything comes when it happens. */
async function live(): Promise<void> {
  const receivedAt = new Date(from).toISOString();
  const before = history.filter(({ occurredAt }) => Date.parse(occurredAt) < from);
  await engine.send(...before.map((call) => ({ ...call, receivedAt, silent: true as const })));
  await engine.pass(0);
  const timeline = new Map<Instant, IncomingEvent[]>();
  for (const call of history.slice(before.length)) {
    const at = Date.parse(call.occurredAt);
    timeline.set(at, [...(timeline.get(at) ?? []), call]);
  }
  for (const [at, calls] of timeline) {
    await engine.pass(at - engine.clock.now());
    await engine.send(...calls);
  }
  await engine.pass(to - engine.clock.now());
}

/** By person: what each run did. */
type Runs = Record<string, string[]>;

async function realRuns(journey: string): Promise<Runs> {
  const rows = await engine.db
    .selectFrom('run_log')
    .innerJoin('runs', 'runs.id', 'run_log.run_id')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['profiles.user_id as person', 'runs.visit', 'runs.held_out', 'run_log.entry'])
    .where('runs.journey', '=', journey)
    .orderBy('run_log.id')
    .execute();
  const logs = new Map<string, LogEntry[]>();
  for (const { person, visit, held_out, entry } of rows) {
    const id = `${person}/${visit}${held_out ? ' held out' : ''}`;
    logs.set(id, [...(logs.get(id) ?? []), entry]);
  }
  return Object.fromEntries(
    [...logs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, log]) => [id, storyOf(log, from)]),
  );
}

async function testedRuns(journey: string): Promise<Runs> {
  const sorted = new SortByPerson();
  for (const call of history) await sorted.add(call);
  const runs: [string, string[]][] = [];
  await backtest({ workspace, journey, period: { from, to } }, sorted.people(), ({ person, run }) => {
    const { visit, heldOut, log } = run;
    if (log.length > 0) runs.push([`${person}/${visit}${heldOut ? ' held out' : ''}`, storyOf(log, from)]);
  });
  return Object.fromEntries(runs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test.each(['cart-recovery', 'payment-trouble', 'gone-quiet', 'wish-list-nudge'])(
  'for a hundred people of the shop a backtest of %s equals real workflows, step by step and to the millisecond',
  async (journey) => {
    const real = await realRuns(journey);
    expect(await testedRuns(journey)).toEqual(real);
    expect(Object.keys(real).length).toBeGreaterThan(5);
  },
);

test('sides of hold-outs and splits are among them', async () => {
  const rows = await engine.db.selectFrom('runs').select(['held_out']).where('journey', '=', 'gone-quiet').execute();
  expect(new Set(rows.map(({ held_out }) => held_out))).toEqual(new Set([true, false]));
  const stories = Object.values(await realRuns('gone-quiet')).flat();
  for (const way of ['news', 'offer']) expect(stories.some((line) => line.endsWith(`took ${way}`))).toBe(true);
});
