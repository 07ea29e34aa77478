import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Ground } from '../../bench/harness/ground.ts';
import { brokenLimits } from '../../bench/kill/limits.ts';
import { messageIdOf } from '../../src/channels/email.ts';
import { MINUTE } from '../../src/core/time.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

/** Nobody here comes to more than the limit in question. */
const NOTHING_BROKEN = { brokenCaps: 0, tooEarly: 0, atOnce: 0, againstHoldOut: 0, beyondStock: 0, untried: 5 };
const CAP = JSON.stringify({ reason: 'cap' });
const opens = Date.now();

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const version = { hash: 'h', key: 'j', body: '{}', first_published_at: new Date() };
  await database.db.insertInto('journey_versions').values(version).execute();
});
afterAll(() => database.drop());
beforeEach(async () => {
  for (const table of ['offer_grants', 'messages', 'runs'] as const) await database.db.deleteFrom(table).execute();
});

interface Stored {
  readonly journey: string;
  readonly of?: number;
  readonly heldOut?: boolean;
  /** Minutes after the end of quiet hours. */
  readonly from?: number;
  readonly to?: number;
}

async function run({ journey, of = 1, heldOut = false, from = 0, to = 1 }: Stored): Promise<string> {
  const [entered, ended] = [from, to].map((minutes) => new Date(opens + minutes * MINUTE));
  const id = `${journey}/${of}/0`;
  await database.db
    .insertInto('runs')
    .values({
      ...{ id, journey, version: 'h', profile_id: of, person: `${of}`, visit: 0, held_out: heldOut, entry: '{}' },
      ...{ entered_at: entered ?? new Date(), ended_at: ended ?? null, status: 'completed', cursor: '{}' },
    })
    .execute();
  return id;
}

/** @param at minutes after the end of quiet hours at which the mailbox took it; absent: refused for a cap */
async function email(runId: string, category: string, at?: number) {
  const id = `${runId}/s/0`;
  const [journey = '', of] = runId.split('/');
  const what = { channel: 'email', template: null, category, reserved_at: new Date() } as const;
  const fate =
    at === undefined ? ({ status: 'refused', refusal: CAP } as const) : ({ status: 'sent', refusal: null } as const);
  await database.db
    .insertInto('messages')
    .values({ id, run_id: runId, journey, step: 's', visit: 0, profile_id: Number(of), ...what, ...fate })
    .execute();
  const messageId = messageIdOf(id, 'throughline.example');
  return at === undefined ? [] : [{ messageId, to: 'ann@people.example', at: opens + at * MINUTE }];
}

const verdictFor = (accepted: Awaited<ReturnType<typeof email>>) =>
  brokenLimits(
    { expected: [], answered: [], calls: [], accepted, opens },
    { db: database.db } as Ground,
    () => undefined,
  );

test('of two promotions one goes out: both break the cap, and none is a slot that nobody got', async () => {
  const [low, high] = [await run({ journey: 'promoted-low' }), await run({ journey: 'promoted-high' })];
  const one = [...(await email(low, 'promotions')), ...(await email(high, 'promotions', 1))];
  expect(await verdictFor(one)).toEqual({ ...NOTHING_BROKEN, untried: 4 });
  await database.db.deleteFrom('messages').execute();
  const both = [...(await email(low, 'promotions', 1)), ...(await email(high, 'promotions', 1))];
  expect(await verdictFor(both)).toEqual({ ...NOTHING_BROKEN, brokenCaps: 1 });
  await database.db.deleteFrom('messages').execute();
  const none = [...(await email(low, 'promotions')), ...(await email(high, 'promotions'))];
  expect(await verdictFor(none)).toEqual({ ...NOTHING_BROKEN, brokenCaps: 1, untried: 4 });
});

test('what counts against quiet hours is when the mailbox took it', async () => {
  expect(await verdictFor(await email(await run({ journey: 'opening' }), 'marketing', -1))).toMatchObject({
    tooEarly: 1,
  });
  await database.db.deleteFrom('messages').execute();
  expect(await verdictFor(await email('opening/1/0', 'marketing', 1))).toMatchObject({ tooEarly: 0 });
});

test('two journeys of a group one after the other are right, and wrong where they overlap', async () => {
  await run({ journey: 'grouped-one', from: 0, to: 2 });
  await run({ journey: 'grouped-two', from: 2, to: 3 });
  await run({ journey: 'grouped-one', of: 2, from: 1, to: 3 });
  await run({ journey: 'grouped-two', of: 2, from: 2, to: 4 });
  expect(await verdictFor([])).toEqual({ ...NOTHING_BROKEN, atOnce: 1 });
});

test('whoever is held out gets nothing', async () => {
  const held = await run({ journey: 'all-kinds', heldOut: true });
  expect(await verdictFor(await email(held, 'marketing', 1))).toEqual({ ...NOTHING_BROKEN, againstHoldOut: 1 });
});
