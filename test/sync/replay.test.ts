import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR } from '../../src/core/time.ts';
import { replay } from '../../src/sync/replay.ts';
import { eventually } from '../kit/eventually.ts';
import { gate, type SyncBench, syncBench, syncFile } from './kit.ts';
import { type Answer, type Call, type Receiver, receiver } from './receiver.ts';

let bench: SyncBench;
const open: Receiver[] = [];
beforeEach(async () => {
  bench = await syncBench();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await bench.close();
});

async function receives(answer: (call: Call) => Answer | Promise<Answer>): Promise<Receiver> {
  const one = await receiver(answer);
  open.push(one);
  await bench.publish(syncFile(one.url));
  return one;
}

const told = (calls: readonly Call[]) => calls.map(({ body }) => `${body.person.userId}:${body.fields.turn}`);

test('a span of time is sent again with the same ids, and each person up to the latest change', async () => {
  const { calls } = await receives(() => 200);
  const sender = bench.sender();
  const start = bench.clock.now();
  for (let hour = 0; hour < 4; hour += 1) {
    await bench.queue(1);
    if (hour === 3) await bench.queue(2);
    await bench.drain(sender);
    bench.clock.move(HOUR);
  }
  const first = calls.map(({ text }) => text);
  const asked = await replay(bench.db, 'crm', { from: start + HOUR, to: start + 2 * HOUR }, bench.clock.now());
  expect(asked).toEqual({ changes: 3, people: 1 });
  await bench.drain(sender);
  // Person 1 was asked for from the second change on; the last call has to be the latest change.
  expect(told(calls.slice(first.length))).toEqual(['user-1:1', 'user-1:2', 'user-1:3']);
  expect(calls.slice(first.length).every(({ text }) => first.includes(text))).toBe(true);
});

test('failed changes are sent again, with what the person had after them', async () => {
  let works = false;
  const { calls } = await receives(({ body }) => (works || body.fields.turn !== 1 ? 200 : 422));
  await bench.queue(1, 3);
  await bench.queue(2, 1);
  const sender = bench.sender();
  await bench.drain(sender);
  expect((await bench.rows()).map(({ status }) => status)).toEqual(['delivered', 'failed', 'delivered', 'delivered']);
  works = true;
  const before = calls.length;
  expect(await replay(bench.db, 'crm', { failed: true }, bench.clock.now())).toEqual({ changes: 2, people: 1 });
  await bench.drain(sender);
  expect(told(calls.slice(before))).toEqual(['user-1:1', 'user-1:2']);
  expect((await bench.rows()).map(({ status }) => status)).toEqual(Array(4).fill('delivered'));
});

test("one person's changes are sent again, those of before a merge too", async () => {
  const { calls } = await receives(() => 200);
  const { db, clock } = bench;
  const at = new Date(clock.now());
  const person = { created_at: at, applied_at: at, filled_to: 0, user_id: null, traits: '{}' };
  const [into, from] = await db.insertInto('profiles').values([person, person]).returning('id').execute();
  await db
    .updateTable('profiles')
    .set({ merged_into: into?.id })
    .where('id', '=', from?.id ?? 0)
    .execute();
  await bench.queue(from?.id ?? 0);
  await bench.queue(into?.id ?? 0);
  await bench.queue(99);
  const sender = bench.sender();
  await bench.drain(sender);
  expect(await replay(db, 'crm', { profileId: into?.id ?? 0 }, clock.now())).toEqual({ changes: 2, people: 2 });
  await bench.drain(sender);
  expect(told(calls.slice(3)).sort()).toEqual([`user-${into?.id}:0`, `user-${from?.id}:0`].sort());
});

test('a call under way while its person is sent again is repeated in its place', async () => {
  const { held, release } = gate();
  const { calls, open: underWay } = await receives(async ({ body, before }) => {
    if (body.fields.turn === 2 && before === 0) await held;
    return 200;
  });
  const sender = bench.sender();
  await bench.queue(1, 2);
  await bench.drain(sender);
  await bench.queue(1, 1);
  await sender.pass();
  await eventually(() => expect(underWay()).toBe(1));
  await replay(bench.db, 'crm', { from: 0, to: bench.clock.now() + 1 }, bench.clock.now());
  await sender.pass();
  expect(calls).toHaveLength(3);
  release();
  await bench.drain(sender);
  expect(told(calls)).toEqual([0, 1, 2, 0, 1, 2].map((turn) => `user-1:${turn}`));
});

test('nothing is sent again where nothing was asked for', async () => {
  await receives(() => 200);
  await bench.queue(1);
  await bench.drain(bench.sender());
  const { db, clock } = bench;
  expect(await replay(db, 'crm', { failed: true }, clock.now())).toEqual({ changes: 0, people: 0 });
  expect(await replay(db, 'other', { from: 0, to: clock.now() + HOUR }, clock.now())).toEqual({
    changes: 0,
    people: 0,
  });
});
