import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ExperimentStep, experimentsOf } from '../../src/core/experiment.ts';
import type { Journey, Variant } from '../../src/core/journey.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import { appendEvents } from '../../src/ingest/event-log.ts';
import { pickWinners } from '../../src/process/pick-winners.ts';
import { readWinners, undoWinner } from '../../src/runs/winners.ts';
import { jsonb } from '../../src/store/columns.ts';
import { did, inApp, journey } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addRun } from '../measurement/rows.ts';

let database: TestDatabase;
let now: Instant;
beforeEach(async () => {
  database = await testDatabase();
  now = AT.getTime();
});
afterEach(() => database.drop());

const clock = { speed: 1, now: () => now, wall: () => now };
const picking = () => ({ db: database.db, clock, log: pino({ level: 'silent' }) });

async function publishVersion(hash: string, variants: readonly Variant[]): Promise<{ hash: string; journey: Journey }> {
  const step: ExperimentStep = {
    ...{ id: 'tone', kind: 'experiment', next: 'one', name: 'tone', control: 'a', variants },
    winner: { by: 'conversion', after: 60, confidence: 0.95, within: 2 * DAY },
  };
  const body = journey([step, inApp('one')], { key: 'shop', goal: did('Order Completed', { since: 'entry' }) });
  await database.db
    .insertInto('journey_versions')
    .values({ hash, key: 'shop', body: jsonb(body), first_published_at: new Date(now) })
    .execute();
  return { hash, journey: body };
}
const variant = (name: string, share: number, stopped?: Variant['stopped']): Variant => ({
  ...{ name, share, then: 'one' },
  ...(stopped !== undefined && { stopped }),
});
const HALVES = [variant('a', 0.5), variant('b', 0.5)];

let people = 0;
/** So many get the variant now, and of them so many order an hour later. */
async function expose(version: string, name: string, of: number, converted: number): Promise<void> {
  for (let index = 0; index < of; index += 1) {
    people += 1;
    await addRun(database.db, {
      ...{ journey: 'shop', person: `p${people}`, version, status: 'timed-out', exposedAt: new Date(now) },
      variants: { tone: { variant: name, by: 'chance', at: now, version } },
    });
    if (index >= converted) continue;
    await appendEvents(database.db, [
      {
        ...{ profileId: people, name: 'Order Completed', type: 'track', byEngine: false, at: now + HOUR },
        ...{ receivedAt: AT.toISOString(), messageId: `order-${people}`, properties: {}, context: {} },
      },
    ]);
  }
}

test('a winner is picked once those who were exposed have had their time, and stored with what it was decided by', async () => {
  const current = await publishVersion('v1', HALVES);
  await expose('v1', 'a', 80, 8);
  await expose('v1', 'b', 80, 40);
  now += 2 * DAY - 1;
  expect(await pickWinners([current], picking())).toBe(1);
  expect(await readWinners(database.db, 'shop')).toEqual([]);
  now += 1;
  expect(await pickWinners([current], picking())).toBe(0);
  const [winner] = await readWinners(database.db, 'shop');
  expect(winner).toMatchObject({
    ...{ experiment: 'tone', variant: 'b', byHand: false, decidedAt: new Date(now), undoneAt: null },
    figures: {
      ...{ by: 'conversion', confidence: 0.95, needed: expect.closeTo(0.05) },
      variants: [
        { variant: 'a', of: 80, converted: 8 },
        { variant: 'b', of: 80, converted: 40 },
      ],
    },
  });
  expect(Number(winner?.figures?.pValue)).toBeLessThan(0.001);
});

test('it is picked once, however many look at it at the same time', async () => {
  const current = await publishVersion('v1', HALVES);
  await expose('v1', 'a', 60, 3);
  await expose('v1', 'b', 60, 40);
  now += 3 * DAY;
  await Promise.all([1, 2, 3, 4].map(() => pickWinners([current], picking())));
  expect(await readWinners(database.db, 'shop')).toHaveLength(1);
});

test('taken back, the rule begins anew with those who come from then on', async () => {
  const current = await publishVersion('v1', HALVES);
  await expose('v1', 'a', 60, 3);
  await expose('v1', 'b', 60, 40);
  now += 3 * DAY;
  await pickWinners([current], picking());
  await undoWinner(database.db, 'shop', 'tone', now);
  expect(await pickWinners([current], picking())).toBe(1);
  now += DAY;
  await expose('v1', 'a', 60, 40);
  await expose('v1', 'b', 60, 3);
  now += 3 * DAY;
  expect(await pickWinners([current], picking())).toBe(0);
  expect((await readWinners(database.db, 'shop')).map(({ variant: name }) => name)).toEqual(['a', 'b']);
});

test('who was drawn by other shares does not count', async () => {
  await publishVersion('v1', [variant('a', 0.9), variant('b', 0.1)]);
  await expose('v1', 'a', 70, 3);
  await expose('v1', 'b', 70, 40);
  const current = await publishVersion('v2', HALVES);
  now += 3 * DAY;
  expect(await pickWinners([current], picking())).toBe(1);
  expect(experimentsOf(current.journey).size).toBe(1);
});

test('a variant that is stopped neither wins nor stands in the way', async () => {
  const current = await publishVersion('v1', [variant('a', 0.4), variant('b', 0.4), variant('c', 0.2, 'stay')]);
  await expose('v1', 'a', 60, 3);
  await expose('v1', 'b', 60, 40);
  await expose('v1', 'c', 5, 5);
  now += 3 * DAY;
  await pickWinners([current], picking());
  expect(await readWinners(database.db, 'shop')).toMatchObject([{ variant: 'b' }]);
});
