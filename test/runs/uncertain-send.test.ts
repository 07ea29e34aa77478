import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { advanceToDelivery } from '../../src/runs/advance-run.ts';
import { type Delivering, deliverMessage, deliverNext } from '../../src/runs/deliver-message.ts';
import { suppress } from '../../src/runs/suppression.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { deliveringBy } from '../kit/delivering.ts';
import { workspaceOf } from '../kit/engine.ts';

const LATER = Date.now() + DAY;
const MESSAGE = 'hello/1/0/email-direct/0';

let database: TestDatabase;
let workspace: Workspace;
const sent: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  workspace = await workspaceOf({
    'settings.yaml':
      'settings: t\ntimezone: Etc/UTC\nsender: Shop <shop@example.test>\nonUncertainSend: again\ntraits: { email: string }\n',
    'hello.yaml': 'journey: hello\nenter: { event: Signed Up }\nsteps:\n  - email: direct\n',
    'direct.mjml':
      '---\nemail: direct\nsubject: Hi\n---\n<mjml><mj-body><mj-section><mj-column><mj-text><a href="{{ unsubscribeUrl }}">out</a></mj-text></mj-column></mj-section></mj-body></mjml>\n',
  });
  await publish(database.db, workspace, new Date());
});
afterAll(() => database.drop());

/** A message of which the first attempt was killed between the server's 250 and our record. */
async function attemptedOnce(runStatus: 'active' | 'converted'): Promise<string> {
  const { db } = database;
  const now = new Date();
  const version = workspace.journeys.hello?.hash ?? '';
  await db.deleteFrom('runs').execute();
  await db.deleteFrom('profiles').execute();
  const { id } = await db
    .insertInto('profiles')
    .values({ user_id: 'ann', traits: '{"email":"ann@example.test"}', created_at: now, applied_at: now, filled_to: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  const cursor = JSON.stringify({ phase: 'delivering', step: 'email-direct', at: now.getTime(), visit: 0 });
  const run = { id: 'hello/1/0', journey: 'hello', version, profile_id: id, person: 'ann', visit: 0, held_out: false };
  await db
    .insertInto('runs')
    .values({ ...run, entered_at: now, entry: '{}', status: runStatus, cursor })
    .execute();
  await db
    .insertInto('messages')
    .values({
      ...{ id: MESSAGE, run_id: run.id, journey: 'hello', step: 'email-direct', visit: 0, profile_id: id },
      ...{
        channel: 'email',
        template: 'direct',
        category: 'marketing',
        status: 'sending',
        attempts: 1,
        reserved_at: now,
      },
    })
    .execute();
  return version;
}

async function deliverAgain(version: string) {
  sent.length = 0;
  await deliverMessage({ run: 'hello/1/0', version }, MESSAGE, delivering());
  const { db } = database;
  const message = await db.selectFrom('messages').select(['status', 'refusal']).executeTakeFirstOrThrow();
  const attempts = await db.selectFrom('message_attempts').select(['result', 'detail']).execute();
  return { ...message, attempts: attempts.map(({ result }) => result), sent: sent.length };
}

/** A run that stands before its email. */
async function beforeTheEmail(): Promise<string> {
  const version = await attemptedOnce('active');
  await database.db.deleteFrom('messages').execute();
  const cursor = JSON.stringify({ phase: 'ready', step: 'email-direct', at: Date.now(), visit: 0 });
  await database.db.updateTable('runs').set({ cursor }).execute();
  return version;
}

test('a message is reserved and its delivery begun in one transaction, and it goes out once', async () => {
  const version = await beforeTheEmail();
  sent.length = 0;
  const ref = { run: 'hello/1/0', version };
  expect(await deliverNext(ref, 'email', delivering())).toMatchObject({ kind: 'end', outcome: 'completed' });
  expect(await deliverNext(ref, 'email', delivering())).toMatchObject({ kind: 'end', outcome: 'completed' });
  expect(sent).toHaveLength(1);
  const { status, attempts } = await database.db.selectFrom('messages').selectAll().executeTakeFirstOrThrow();
  expect({ status, attempts }).toEqual({ status: 'sent', attempts: 1 });
});

test('a process that dies once a delivery has begun leaves one whose end is not known', async () => {
  const version = await beforeTheEmail();
  sent.length = 0;
  const ref = { run: 'hello/1/0', version };
  const { taken } = await advanceToDelivery(ref, 'email', delivering());
  expect(taken?.id).toBe(MESSAGE);
  await deliverNext(ref, 'email', delivering());
  const attempts = await database.db.selectFrom('message_attempts').select('result').execute();
  expect({ sent: sent.length, attempts: attempts.map(({ result }) => result) }).toEqual({
    sent: 1,
    attempts: ['sent again'],
  });
});

test('the run has ended by the time the delivery is tried again: the message is given up, not forgotten', async () => {
  const version = await beforeTheEmail();
  sent.length = 0;
  const ref = { run: 'hello/1/0', version };
  await advanceToDelivery(ref, 'email', delivering());
  const { db } = database;
  await db.updateTable('runs').set({ status: 'converted', ended_at: new Date() }).execute();
  for (const _ of ['once', 'and again'])
    expect(await deliverNext(ref, 'email', delivering())).toMatchObject({ kind: 'end', outcome: 'converted' });
  const message = await db.selectFrom('messages').select(['status', 'refusal']).executeTakeFirstOrThrow();
  const attempts = await db.selectFrom('message_attempts').select('result').execute();
  expect({ ...message, attempts, sent: sent.length }).toEqual({
    status: 'refused',
    refusal: { reason: 'ended', outcome: 'converted' },
    attempts: [{ result: 'held' }],
    sent: 0,
  });
});

test('while the run goes on the message is sent once more, and that is recorded', async () => {
  const version = await attemptedOnce('active');
  expect(await deliverAgain(version)).toEqual({ status: 'sent', refusal: null, attempts: ['sent again'], sent: 1 });
});

test('once the run has ended nothing more is sent, and the record says that the server may have it', async () => {
  const version = await attemptedOnce('converted');
  expect(await deliverAgain(version)).toEqual({
    status: 'refused',
    refusal: { reason: 'ended', outcome: 'converted' },
    attempts: ['held'],
    sent: 0,
  });
});

test.each([
  ['template:direct', null, { reason: 'never-this', what: 'template', name: 'direct' }],
  ['journey:hello', null, { reason: 'never-this', what: 'journey', name: 'hello' }],
  ['all', LATER, { reason: 'snoozed', what: 'all', name: 'all', freeAt: LATER }],
])('what the person refused while it was on its way is not sent: %s', async (what, until, refusal) => {
  const version = await attemptedOnce('active');
  const { db } = database;
  const { id } = await db.selectFrom('profiles').select('id').executeTakeFirstOrThrow();
  await db.deleteFrom('suppressions').execute();
  await suppress(db, id, { what, until }, Date.now(), {});
  expect(await deliverAgain(version)).toMatchObject({ status: 'refused', refusal, sent: 0 });
});

const delivering = (): Delivering => deliveringBy(database.db, (to) => sent.push(to));
