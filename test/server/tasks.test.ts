import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { createTask } from '../../src/sales/tasks.ts';
import { taskRoutes } from '../../src/server/routes/tasks.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMessage, addPerson, addRun, publishWorkspace } from './rows.ts';
import { bearer, testServer } from './test-server.ts';

let database: TestDatabase;
let app: FastifyInstance;
const clock = { now: () => AT.getTime(), wall: () => Date.now(), speed: 1 };

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await publishWorkspace(db);
  for (const [index, userId] of ['ada', 'eve', 'kim'].entries()) {
    const profileId = await addPerson(db, userId);
    const run = `free-to-paid/${profileId}/0`;
    await addRun(db, { id: run, profileId });
    const id = await addMessage(db, { run, profileId, step: 'call', channel: 'sales-task' });
    const dueAt = new Date(AT.getTime() + index * DAY);
    await createTask(db, { id, profileId, title: `Call ${userId}`, owner: 'sales', brief: '', dueAt, createdAt: AT });
  }
  app = await testServer(db, { clock, plugins: [taskRoutes({ db, clock })] });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function list(query: Record<string, string> = {}) {
  const answer = await app.inject({ url: '/api/tasks', query, headers: bearer });
  return answer.json<{ items: { id: string; person: { userId: string }; status: string }[]; next: string | null }>();
}

async function idOf(userId: string): Promise<string> {
  const [task] = (await list({ person: userId })).items;
  return encodeURIComponent(task?.id ?? '');
}

const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload, headers: bearer });

test('nobody gets in without the API key', async () => {
  expect((await app.inject('/api/tasks')).statusCode).toBe(401);
  expect((await app.inject({ method: 'POST', url: '/api/tasks/x/claim', payload: { by: 'bob' } })).statusCode).toBe(
    401,
  );
});

test('tasks page by cursor, with the caller’s own ids', async () => {
  const first = await list({ limit: '2' });
  expect(first.items.map(({ person }) => person.userId)).toEqual(['ada', 'eve']);
  const second = await list({ limit: '2', cursor: first.next ?? '' });
  expect(second.items.map(({ person }) => person.userId)).toEqual(['kim']);
  expect(second.next).toBeNull();
});

test('a task is claimed, put off and completed under its URL-encoded id', async () => {
  const id = await idOf('ada');
  expect((await app.inject({ url: `/api/tasks/${id}`, headers: bearer })).json()).toMatchObject({
    title: 'Call ada',
    status: 'open',
  });
  expect((await post(`/api/tasks/${id}/claim`, { by: 'bob' })).json()).toMatchObject({
    status: 'claimed',
    claimedBy: 'bob',
  });
  const until = new Date(AT.getTime() + DAY).toISOString();
  expect((await post(`/api/tasks/${id}/snooze`, { by: 'bob', until })).json()).toMatchObject({
    status: 'snoozed',
    snoozedUntil: until,
  });
  expect(
    (await post(`/api/tasks/${id}/complete`, { by: 'bob', outcome: 'won', note: '10 seats' })).json(),
  ).toMatchObject({
    ...{ status: 'completed', outcome: 'won', note: '10 seats' },
  });
  expect((await list({ status: 'completed' })).items).toHaveLength(1);
});

describe('what cannot be done is refused with what to do', () => {
  test('409 names who has the task', async () => {
    const id = await idOf('eve');
    await post(`/api/tasks/${id}/claim`, { by: 'bob' });
    const answer = await post(`/api/tasks/${id}/claim`, { by: 'mia' });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({ code: 'claimed', message: 'bob has claimed this task' });
    expect((await post(`/api/tasks/${id}/reassign`, { by: 'boss', owner: 'mia' })).json()).toMatchObject({
      owner: 'mia',
      claimedBy: null,
    });
    expect((await post(`/api/tasks/${id}/claim`, { by: 'mia' })).statusCode).toBe(200);
  });

  test('404 for a task that is not there, 404 for a person nobody knows', async () => {
    expect((await post('/api/tasks/none/claim', { by: 'bob' })).json().error.message).toBe(
      'There is no sales task `none`',
    );
    expect((await app.inject({ url: '/api/tasks?person=nobody', headers: bearer })).statusCode).toBe(404);
  });

  test('400 for an unknown outcome and for a snooze into the past', async () => {
    const id = await idOf('kim');
    const outcome = await post(`/api/tasks/${id}/complete`, { by: 'bob', outcome: 'great' });
    expect(outcome.statusCode).toBe(400);
    expect(outcome.json().error.field).toBe('outcome');
    const snooze = await post(`/api/tasks/${id}/snooze`, { by: 'bob', until: AT.toISOString() });
    expect(snooze.json().error).toMatchObject({ field: 'until', message: 'until: lies in the past' });
  });
});
