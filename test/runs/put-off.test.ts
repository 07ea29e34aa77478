import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { journeyActivities } from '../../activities/journey-activities.ts';
import { TemporaryDeliveryError } from '../../src/channels/channel.ts';
import type { Instant } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { advanceRun } from '../../src/runs/advance-run.ts';
import { type Delivering, deliverMessage } from '../../src/runs/deliver-message.ts';
import type { Instruction, RunRef } from '../../src/runs/instruction.ts';
import { HoursOverError } from '../../src/runs/put-off.ts';
import { emailFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { deliveringBy } from '../kit/delivering.ts';
import { workspaceOf } from '../kit/engine.ts';

/** Quiet hours begin a minute later, and end at eight. */
const EVENING = Date.UTC(2026, 2, 3, 21, 59);
const NIGHT = Date.UTC(2026, 2, 3, 22, 10);
const MORNING = Date.UTC(2026, 2, 4, 8);

let database: TestDatabase;
let workspace: Workspace;
let now: Instant;
let weather: 'fine' | 'later' | 'hangs up';
const sent: Instant[] = [];

const journeyFile = (key: string, step: string) =>
  `journey: ${key}\nenter: { event: Signed Up }\nsteps:\n  - ${step}\n`;

beforeAll(async () => {
  database = await testDatabase();
  const settings = 'quietHours: [{ from: 22:00, to: 08:00 }]\nonUncertainSend: again\ntraits: { email: string }\n';
  workspace = await workspaceOf({
    'settings.yaml': settingsFile(settings),
    'waits.yaml': journeyFile('waits', 'email: letter'),
    'skips.yaml': journeyFile('skips', '{ email: letter, refused: { hours: skip } }'),
    'leaves.yaml': journeyFile('leaves', '{ email: letter, refused: { hours: leave } }'),
    'receipts.yaml': journeyFile('receipts', 'email: receipt'),
    'letter.mjml': emailFile('letter', 'letter'),
    'receipt.mjml': emailFile('receipt', 'receipt', 'transactional: true\n'),
  });
  await publish(database.db, workspace, new Date(EVENING));
});
afterAll(() => database.drop());

test.each(['later', 'hangs up'] as const)(
  'an email that the mail server put off into quiet hours waits for their end: the server %s',
  async (first) => {
    const { ref, message } = await triedInTheEvening('waits', first);
    const atNight = deliverMessage(ref, message, delivering());
    if (first === 'hangs up') await expect(atNight).rejects.toEqual(new HoursOverError(message, MORNING));
    else expect(await atNight).toMatchObject({ kind: 'wait', milliseconds: MORNING - NIGHT });
    expect(sent).toEqual([]);

    now = MORNING;
    await goOn(ref, message);
    expect(sent).toEqual([MORNING]);
    expect(await messages()).toEqual([{ status: 'sent', refusal: null, attempts: first === 'hangs up' ? 2 : 1 }]);
    expect(await logged()).toEqual(first === 'hangs up' ? ['acted', 'ended'] : ['held', 'acted', 'ended']);
  },
);

/** Does not print what is expected to fail. */
const quiet = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

test('what the server may have is not tried again until the hours come, however many attempts that would take', async () => {
  const { ref, message } = await triedInTheEvening('waits', 'hangs up');
  const { deliver } = journeyActivities(delivering());
  await expect(quiet.run(deliver, ref, message)).rejects.toMatchObject({
    type: 'HoursOverError',
    nonRetryable: false,
    nextRetryDelay: MORNING - NIGHT,
  });
});

test.each([
  ['skips', 'completed'],
  ['leaves', 'exited'],
])('a step that would not have waited for the hours is refused then, too: %s', async (journey, outcome) => {
  const { ref, message } = await triedInTheEvening(journey, 'later');
  expect(await deliverMessage(ref, message, delivering())).toMatchObject({ kind: 'end', outcome });
  expect(sent).toEqual([]);
  const refusal = { reason: 'hours', zone: 'Etc/UTC', freeAt: MORNING };
  expect(await messages()).toEqual([{ status: 'refused', refusal, attempts: 0 }]);
});

test('receipts have no hours', async () => {
  const { ref, message } = await triedInTheEvening('receipts', 'later');
  await goOn(ref, message);
  expect(sent).toEqual([NIGHT]);
});

test('a run that ended meanwhile has its message settled at once', async () => {
  const { ref, message } = await triedInTheEvening('waits', 'later');
  await database.db
    .updateTable('runs')
    .set({ status: 'converted', ended_at: new Date(now) })
    .execute();
  expect(await deliverMessage(ref, message, delivering())).toMatchObject({ kind: 'end', outcome: 'converted' });
  expect(await messages()).toMatchObject([{ status: 'refused', refusal: { reason: 'ended' } }]);
});

/** A run whose email was reserved, and tried for the first time, right before quiet hours; they have begun by now. */
async function triedInTheEvening(journey: string, first: 'later' | 'hangs up') {
  const { db } = database;
  sent.length = 0;
  now = EVENING;
  weather = first;
  await db.deleteFrom('runs').execute();
  await db.deleteFrom('profiles').execute();
  const at = new Date(now);
  const profile = {
    user_id: 'ann',
    traits: '{"email":"ann@example.test"}',
    created_at: at,
    applied_at: at,
    filled_to: 1,
  };
  const { id } = await db.insertInto('profiles').values(profile).returning('id').executeTakeFirstOrThrow();
  const { hash: version = '', journey: definition } = workspace.journeys[journey] ?? {};
  const cursor = JSON.stringify({ phase: 'ready', step: definition?.first, at: now, visit: 0 });
  const run = { id: `${journey}/1/0`, journey, version, profile_id: id, person: 'ann', visit: 0, held_out: false };
  await db
    .insertInto('runs')
    .values({ ...run, entered_at: at, entry: '{}', status: 'active', cursor })
    .execute();

  const ref = { run: run.id, version };
  const reserved = await advanceRun(ref, delivering());
  const message = 'message' in reserved ? reserved.message : '';
  await expect(deliverMessage(ref, message, delivering())).rejects.toThrow(TemporaryDeliveryError);
  weather = 'fine';
  now = NIGHT;
  return { ref, message };
}

/** Until the run has ended. */
async function goOn(ref: RunRef, message: string): Promise<void> {
  const isReserved = (await messages()).length > 0;
  let next: Instruction = isReserved
    ? await deliverMessage(ref, message, delivering())
    : await advanceRun(ref, delivering());
  while (next.kind === 'deliver') next = await deliverMessage(ref, next.message, delivering());
  expect(next).toMatchObject({ kind: 'end', outcome: 'completed' });
}

const messages = () => database.db.selectFrom('messages').select(['status', 'refusal', 'attempts']).execute();

async function logged(): Promise<string[]> {
  const rows = await database.db.selectFrom('run_log').select('entry').orderBy('id').execute();
  return rows.map(({ entry }) => entry.did);
}

const delivering = (): Delivering => ({
  ...deliveringBy(database.db, () => {
    if (weather !== 'fine') throw new TemporaryDeliveryError('Not now', { mayHaveArrived: weather === 'hangs up' });
    sent.push(now);
  }),
  clock: { speed: 1, now: () => now, wall: () => now },
});
