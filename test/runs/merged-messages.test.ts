import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { TemporaryDeliveryError } from '../../src/channels/channel.ts';
import { publish } from '../../src/definitions/publish.ts';
import { advanceRun } from '../../src/runs/advance-run.ts';
import { type Delivering, deliverMessage, deliverNext } from '../../src/runs/deliver-message.ts';
import { emailFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { deliveringBy } from '../kit/delivering.ts';
import { workspaceOf } from '../kit/engine.ts';

/** The visitor's run ended in favour of the known person's, with its message still to be settled. */
const [VISITORS, KNOWN] = ['hello/visitor/0', 'hello/known/0'];
const messageOf = (run: string) => `${run}/email-letter/0`;

let database: TestDatabase;
let version: string;
let person: number;
const sent: string[] = [];
let isLater = false;

beforeAll(async () => {
  database = await testDatabase();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'hello.yaml': 'journey: hello\nenter: { event: Signed Up }\nsteps:\n  - email: letter\n',
    'letter.mjml': emailFile('letter', 'letter'),
  });
  version = workspace.journeys.hello?.hash ?? '';
  await publish(database.db, workspace, new Date());
});
afterAll(() => database.drop());

beforeEach(async () => {
  const { db } = database;
  sent.length = 0;
  isLater = false;
  for (const table of ['messages', 'message_attempts', 'runs', 'profiles'] as const)
    await db.deleteFrom(table).execute();
  const now = new Date();
  const traits = '{"email":"ann@example.test"}';
  const profile = { user_id: 'ann', traits, created_at: now, applied_at: now, filled_to: 1 };
  const { id } = await db.insertInto('profiles').values(profile).returning('id').executeTakeFirstOrThrow();
  person = id;
  await insertRun(KNOWN, 0, 'ready');
  await insertRun(VISITORS, 1, 'delivering');
  await sql`update runs set status = 'merged', merged_into = ${KNOWN}, ended_at = now() where id = ${VISITORS}`.execute(
    db,
  );
  await insertMessage(VISITORS, 'reserved');
});

async function insertRun(id: string, visit: number, phase: 'ready' | 'delivering'): Promise<void> {
  const now = new Date();
  const cursor = JSON.stringify({ phase, step: 'email-letter', at: now.getTime(), visit: 0 });
  const of = { profile_id: person, person: 'ann', journey: 'hello', version, visit, held_out: false };
  await database.db
    .insertInto('runs')
    .values({ id, ...of, entered_at: now, entry: '{}', status: 'active', cursor })
    .execute();
}

async function insertMessage(run: string, status: 'reserved' | 'sending'): Promise<void> {
  const of = { run_id: run, journey: 'hello', step: 'email-letter', visit: 0, profile_id: person };
  const what = { channel: 'email', template: 'letter', category: 'marketing', status, attempts: 1 } as const;
  await database.db
    .insertInto('messages')
    .values({ id: messageOf(run), ...of, ...what, reserved_at: new Date() })
    .execute();
}

const advance = (run: string) => advanceRun({ run, version }, delivering());
const deliver = (run: string) => deliverMessage({ run, version }, messageOf(run), delivering());

/** Lets both get as far as the lock on their person, in this order, and then go on in it. */
async function atTheLock(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
  const both: Promise<unknown>[] = [];
  await database.db.transaction().execute(async (tx) => {
    await sql`select from profiles where id = ${person} for update`.execute(tx);
    for (const one of [first, second]) {
      both.push(one());
      await untilWaiting(both.length);
    }
  });
  await Promise.all(both);
}

async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where wait_event_type = 'Lock' and query like '%profiles%' and query like '%for no key update%'
        and pid in (select pid from pg_locks where relation = 'profiles'::regclass)
    `.execute(database.db);
    if (rows[0]?.waiting === count) return;
    await delay(5);
  }
}

async function outcomes(): Promise<Record<string, string>> {
  const rows = await database.db.selectFrom('messages').select(['run_id', 'status', 'refusal']).execute();
  return Object.fromEntries(rows.map(({ run_id, status, refusal }) => [run_id, refusal?.reason ?? status]));
}

test('given up at the moment at which the other run leaves the message to it: it goes out after all', async () => {
  await atTheLock(
    () => advance(KNOWN),
    async () => {
      await deliver(VISITORS);
    },
  );
  // The known person's came second to read, and saw the other being sent.
  expect(await outcomes()).toEqual({ [VISITORS]: 'sent', [KNOWN]: 'sent-before' });
  expect(sent).toEqual(['ann@example.test']);
});

test('each given up in favour of the other: one of them goes out', async () => {
  await insertMessage(KNOWN, 'reserved');
  await sql`update runs set cursor = cursor || '{"phase":"delivering"}' where id = ${KNOWN}`.execute(database.db);
  await atTheLock(
    () => deliver(VISITORS),
    () => deliver(KNOWN),
  );
  expect(await outcomes()).toEqual({ [VISITORS]: 'ended', [KNOWN]: 'sent' });
  expect(sent).toEqual(['ann@example.test']);
});

test('a run that has no more to do than to rely on the message does not take it back by being over', async () => {
  await sql`update messages set status = 'sending'`.execute(database.db);
  isLater = true;
  expect(await advance(KNOWN)).toMatchObject({ kind: 'end', outcome: 'completed' });
  await expect(deliver(VISITORS)).rejects.toThrow(TemporaryDeliveryError);
  isLater = false;
  await deliver(VISITORS);
  expect(await outcomes()).toEqual({ [VISITORS]: 'sent', [KNOWN]: 'sent-before' });
  expect(sent).toEqual(['ann@example.test']);
});

test('a delivery that began with its reservation is tried again, although its run has ended: the other one relies on it', async () => {
  await sql`update messages set status = 'sending'`.execute(database.db);
  await advance(KNOWN);
  await deliverNext({ run: VISITORS, version }, 'email', delivering());
  expect(await outcomes()).toEqual({ [VISITORS]: 'sent', [KNOWN]: 'sent-before' });
  expect(sent).toEqual(['ann@example.test']);
});

const delivering = (): Delivering =>
  deliveringBy(database.db, (to) => {
    if (isLater) throw new TemporaryDeliveryError('Come back later', { mayHaveArrived: false });
    sent.push(to);
  });
