import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { messageVerdict } from '../../bench/harness/verdict.ts';
import { messageIdOf } from '../../src/channels/email.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

const DOMAIN = 'throughline.example';
const NOTHING_WRONG = {
  unsettled: 0,
  lostMessages: 0,
  doubles: 0,
  unexplainedDoubles: 0,
  refusals: 0,
  unexplainedRefusals: 0,
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await db
    .insertInto('journey_versions')
    .values({ hash: 'h', key: 'j', body: '{}', first_published_at: new Date() })
    .execute();
  await db
    .insertInto('runs')
    .values({
      ...{ id: 'run', journey: 'j', version: 'h', profile_id: 1, person: 'ann', visit: 0, held_out: false },
      ...{ entered_at: new Date(), entry: '{}', cursor: '{}' },
    })
    .execute();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.deleteFrom('messages').execute();
});

interface Stored {
  readonly status: 'reserved' | 'sending' | 'sent' | 'refused' | 'failed';
  readonly refusal?: string;
  /** Results of the attempts that are on record. */
  readonly attempts?: readonly string[];
  /** How often the mailbox took it. */
  readonly taken: number;
}

async function verdictFor({ status, refusal, attempts = [], taken }: Stored) {
  const { db } = database;
  const id = randomUUID();
  await db
    .insertInto('messages')
    .values({
      ...{ id, run_id: 'run', journey: 'j', step: 's', visit: 0, profile_id: 1, channel: 'email', status },
      ...{ template: null, category: null, reserved_at: new Date(), refusal: refusal ?? null },
    })
    .execute();
  for (const [attempt, result] of attempts.entries()) {
    await db.insertInto('message_attempts').values({ message_id: id, attempt, at: new Date(), result }).execute();
  }
  const one = { messageId: messageIdOf(id, DOMAIN), to: 'ann@people.example', at: 0 };
  const accepted = Array.from({ length: taken }, () => one);
  return messageVerdict({ accepted, domain: DOMAIN }, db, () => undefined);
}

test('sent and taken once: nothing is wrong', async () => {
  expect(await verdictFor({ status: 'sent', taken: 1 })).toEqual(NOTHING_WRONG);
});

test('a message that is still on its way is unsettled', async () => {
  expect(await verdictFor({ status: 'sending', taken: 1 })).toEqual({ ...NOTHING_WRONG, unsettled: 1 });
});

test('recorded as sent, but never taken: lost', async () => {
  expect(await verdictFor({ status: 'sent', taken: 0 })).toEqual({ ...NOTHING_WRONG, lostMessages: 1 });
});

test('taken twice is explained by an attempt that ended without a word, and by nothing less', async () => {
  const double = { ...NOTHING_WRONG, doubles: 1 };
  expect(await verdictFor({ status: 'sent', taken: 2, attempts: ['sent again'] })).toEqual(double);
  await database.db.deleteFrom('messages').execute();
  expect(await verdictFor({ status: 'sent', taken: 2, attempts: ['not taken'] })).toEqual({
    ...double,
    unexplainedDoubles: 1,
  });
});

test('a refusal has a reason, and the mailbox did not take the message', async () => {
  const refusal = JSON.stringify({ reason: 'held-out' });
  expect(await verdictFor({ status: 'refused', refusal, taken: 0 })).toEqual({ ...NOTHING_WRONG, refusals: 1 });
  await database.db.deleteFrom('messages').execute();
  expect(await verdictFor({ status: 'refused', taken: 0 })).toMatchObject({ unexplainedRefusals: 1 });
  await database.db.deleteFrom('messages').execute();
  expect(await verdictFor({ status: 'refused', refusal, taken: 1 })).toMatchObject({ unexplainedRefusals: 1 });
});
