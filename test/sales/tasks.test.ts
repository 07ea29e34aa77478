import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, DAY, HOUR } from '../../src/core/time.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { reportOnMessage } from '../../src/runs/message-events.ts';
import { listTasks, readTask } from '../../src/sales/read-tasks.ts';
import { claimTask, completeTask, createTask, reassignTask, snoozeTask } from '../../src/sales/tasks.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMessage, addPerson, addRun, publishWorkspace } from '../server/rows.ts';

let database: TestDatabase;
let now = AT.getTime();
const clock: Clock = { now: () => now, wall: () => now, speed: 1 };
let profileId = 0;
let made = 0;

beforeAll(async () => {
  database = await testDatabase();
  await publishWorkspace(database.db);
  profileId = await addPerson(database.db, 'ada');
});
afterAll(() => database.drop());
beforeEach(async () => {
  now = AT.getTime();
  await database.db.deleteFrom('inbox').execute();
});

const tasks = () => ({ db: database.db, clock, report: reportOnMessage });

async function newTask(changes: { dueAt?: Date; owner?: string } = {}): Promise<string> {
  made += 1;
  const run = `free-to-paid/${profileId}/${made}`;
  await addRun(database.db, { id: run, profileId });
  const id = await addMessage(database.db, { run, profileId, step: 'call', channel: 'sales-task' });
  const task = {
    id,
    profileId,
    title: 'Call Ada',
    owner: 'expansion',
    brief: 'She hit the limit',
    dueAt: new Date(now + DAY),
  };
  await createTask(database.db, { ...task, createdAt: new Date(now), ...changes });
  return id;
}

async function reported(): Promise<IncomingEvent[]> {
  const rows = await database.db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map(({ body }) => body as IncomingEvent);
}

test('a task that is made twice is one task', async () => {
  const id = await newTask();
  await createTask(database.db, {
    ...{ id, profileId, title: 'Another', owner: 'x', brief: 'y' },
    ...{ dueAt: new Date(now), createdAt: new Date(now) },
  });
  expect(await readTask(database.db, id, now)).toMatchObject({ title: 'Call Ada', status: 'open' });
});

describe('claiming', () => {
  test('makes it that rep’s, says so once, and names the rep to everyone else', async () => {
    const id = await newTask();
    expect(await claimTask(tasks(), { id, by: 'bob' })).toMatchObject({ status: 'claimed', claimedBy: 'bob' });
    expect(await claimTask(tasks(), { id, by: 'bob' })).toMatchObject({ claimedBy: 'bob' });
    await expect(claimTask(tasks(), { id, by: 'eve' })).rejects.toThrow('bob has claimed this task');
    expect(await reported()).toMatchObject([
      {
        name: 'Sales Task Claimed',
        profileId,
        occurredAt: AT.toISOString(),
        properties: {
          message_id: id,
          journey: 'free-to-paid',
          step: 'call',
          template: 'call',
          owner: 'expansion',
          by: 'bob',
        },
      },
    ]);
  });

  test('by ten at once goes to one', async () => {
    const id = await newTask();
    const reps = Array.from({ length: 10 }, (_, index) => `rep ${index}`);
    const results = await Promise.allSettled(reps.map((by) => claimTask(tasks(), { id, by })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await reported()).toHaveLength(1);
  });

  test('of a task that is not there answers null', async () => {
    expect(await claimTask(tasks(), { id: 'none', by: 'bob' })).toBeNull();
  });
});

describe('completing', () => {
  test('keeps outcome and note and reports them, once', async () => {
    const id = await newTask();
    const completed = { id, by: 'bob', outcome: 'won', note: 'Wants 10 seats' } as const;
    expect(await completeTask(tasks(), completed)).toMatchObject({
      status: 'completed',
      outcome: 'won',
      completedAt: AT,
    });
    expect(await completeTask(tasks(), completed)).toMatchObject({ status: 'completed' });
    expect(await reported()).toMatchObject([
      {
        name: 'Sales Task Completed',
        messageId: `${id}:completed`,
        properties: { outcome: 'won', note: 'Wants 10 seats', by: 'bob' },
      },
    ]);
  });

  test('cannot be done by somebody else, nor twice with two outcomes, and nothing happens after it', async () => {
    const id = await newTask();
    await claimTask(tasks(), { id, by: 'bob' });
    await expect(completeTask(tasks(), { id, by: 'eve', outcome: 'won' })).rejects.toThrow('bob has claimed this task');
    await completeTask(tasks(), { id, by: 'bob', outcome: 'lost' });
    const done = 'bob completed this task as lost';
    await expect(completeTask(tasks(), { id, by: 'bob', outcome: 'won' })).rejects.toThrow(done);
    await expect(claimTask(tasks(), { id, by: 'bob' })).rejects.toThrow(done);
    await expect(snoozeTask(tasks(), { id, by: 'bob', until: new Date(now + DAY) })).rejects.toThrow(done);
    await expect(reassignTask(tasks(), { id, by: 'bob', owner: 'x' })).rejects.toThrow(done);
    expect(await reported()).toHaveLength(2);
  });
});

test('a change whose event cannot be stored is not made', async () => {
  const id = await newTask();
  const report = () => Promise.reject(new Error('The inbox is away'));
  await expect(claimTask({ ...tasks(), report }, { id, by: 'bob' })).rejects.toThrow('The inbox is away');
  expect(await readTask(database.db, id, now)).toMatchObject({ status: 'open', claimedBy: null });
});

describe('a snoozed task', () => {
  test('is back as what it was when its time comes', async () => {
    const [open, claimed] = [await newTask(), await newTask()];
    await claimTask(tasks(), { id: claimed, by: 'bob' });
    const until = new Date(now + HOUR);
    for (const id of [open, claimed]) {
      expect(await snoozeTask(tasks(), { id, by: 'bob', until })).toMatchObject({
        status: 'snoozed',
        snoozedUntil: until,
      });
    }
    now += HOUR - 1;
    expect(await readTask(database.db, open, now)).toMatchObject({ status: 'snoozed' });
    now += 1;
    expect(await readTask(database.db, open, now)).toMatchObject({ status: 'open', snoozedUntil: null });
    expect(await readTask(database.db, claimed, now)).toMatchObject({ status: 'claimed', claimedBy: 'bob' });
  });
});

describe('reassigning', () => {
  test('opens it for the new owner, and each claim after it is reported', async () => {
    const id = await newTask();
    await claimTask(tasks(), { id, by: 'bob' });
    now += 1;
    expect(await reassignTask(tasks(), { id, by: 'boss', owner: 'eve' })).toMatchObject({
      ...{ status: 'open', owner: 'eve', claimedBy: null },
    });
    await claimTask(tasks(), { id, by: 'eve' });
    const events = await reported();
    expect(events.map(({ name }) => name)).toEqual([
      'Sales Task Claimed',
      'Sales Task Reassigned',
      'Sales Task Claimed',
    ]);
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(3);
  });
});

test('the list is by due date, by what a task is now and by owner', async () => {
  await database.db.deleteFrom('tasks').execute();
  const late = await newTask({ dueAt: new Date(now + 3 * DAY) });
  const soon = await newTask({ dueAt: new Date(now + DAY), owner: 'bob' });
  const put = await newTask({ dueAt: new Date(now + 2 * DAY) });
  await snoozeTask(tasks(), { id: put, by: 'bob', until: new Date(now + HOUR) });
  const ids = async (filter: Partial<Parameters<typeof listTasks>[1]>) =>
    (await listTasks(database.db, { limit: 10, ...filter }, now)).map(({ id }) => id);
  expect(await ids({})).toEqual([soon, put, late]);
  expect(await ids({ status: 'open' })).toEqual([soon, late]);
  expect(await ids({ owner: 'bob' })).toEqual([soon]);
  expect(await ids({ after: { dueAt: new Date(now + DAY).toISOString(), id: soon } })).toEqual([put, late]);
  now += HOUR;
  expect(await ids({ status: 'open' })).toEqual([soon, put, late]);
});
