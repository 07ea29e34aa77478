import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/core/bucket.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { readSyncs } from '../../src/sync/read-syncs.ts';
import { resume } from '../../src/sync/replay.ts';
import { eventually } from '../kit/eventually.ts';
import { count, gate, SECRET, type SyncBench, syncBench, syncFile } from './kit.ts';
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

async function receives(answer: (call: Call) => Answer | Promise<Answer>, more = ''): Promise<Receiver> {
  const one = await receiver(answer);
  open.push(one);
  await bench.publish(syncFile(one.url, more));
  return one;
}

const people = (many: number) => Array.from({ length: many }, (_, index) => index + 1);
const turnsOf = (calls: readonly Call[], profile: number) =>
  calls.filter(({ body }) => body.person.userId === `user-${profile}`).map(({ body }) => body.fields.turn);

describe('a receiver in any weather', () => {
  /** By chance that is the same each time: fails, is slow, hangs up before or after it has taken the change. */
  const weather = async ({ body, before }: Call): Promise<Answer> => {
    const chance = bucketOf('weather', `${body.person.userId} ${body.fields.turn} ${before}`);
    if (chance < 0.15) return 503;
    if (chance < 0.25) return 'hang up';
    if (chance < 0.3) return { status: 429, headers: { 'retry-after': '2' } };
    if (chance < 0.5) await new Promise((later) => setTimeout(later, chance * 60));
    return 200;
  };

  test("gets every change, each person's in order, from two senders side by side", async () => {
    const { calls } = await receives(weather);
    for (const profile of people(30)) await bench.queue(profile, 6);
    await bench.drain(bench.sender(), bench.sender());

    const rows = await bench.rows();
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'delivered'));
    for (const profile of people(30)) {
      const accepted = calls.filter(
        ({ body, answered }) => body.person.userId === `user-${profile}` && answered === 200,
      );
      expect(accepted.map(({ body }) => body.fields.turn)).toEqual([0, 1, 2, 3, 4, 5]);
      // A change is not even tried before the one that precedes it was accepted.
      const tried = turnsOf(calls, profile);
      expect(tried).toEqual([...tried].sort((a, b) => Number(a) - Number(b)));
    }
    expect(calls.length).toBeGreaterThan(rows.length * 1.2);
  });

  test('gets a repetition with the same id and the same body', async () => {
    const { calls } = await receives(({ before }) => (before < 2 ? 500 : 204));
    await bench.queue(1, 2);
    await bench.drain(bench.sender());
    expect(calls).toHaveLength(6);
    const rows = await bench.rows();
    expect(calls.map(({ body }) => body.id)).toEqual(rows.flatMap(({ id }) => [id, id, id]));
    expect(calls.map(({ headers }) => headers['webhook-id'])).toEqual(calls.map(({ body }) => body.id));
    expect(new Set(calls.map(({ text }) => text)).size).toBe(2);
  });
});

test('a call says who, what and when, and is signed as Standard Webhooks specifies', async () => {
  const { calls } = await receives(() => 200);
  await bench.queue(7);
  await bench.drain(bench.sender());
  const [call] = calls;
  const [row] = await bench.rows();
  expect(JSON.parse(call?.text ?? '')).toEqual({
    id: row?.id,
    sync: 'crm',
    audience: 'vips',
    type: 'entered',
    at: '2026-03-01T12:00:00.000Z',
    person: { userId: 'user-7', anonymousId: null },
    fields: { turn: 0 },
  });
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = call?.headers ?? {};
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const signed = createHmac('sha256', key).update(`${id}.${timestamp}.${call?.text}`).digest('base64');
  expect(signature).toBe(`v1,${signed}`);
  expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
});

test('one person whose call is not answered holds up nobody else', async () => {
  const { held, release } = gate();
  const { calls } = await receives(async ({ body }) => {
    if (body.person.userId === 'user-1') await held;
    return 200;
  });
  for (const profile of people(40)) await bench.queue(profile, 2);
  const sender = bench.sender();
  await eventually(async () => {
    await sender.pass();
    expect((await bench.rows()).filter(({ status }) => status === 'delivered')).toHaveLength(78);
  });
  expect(turnsOf(calls, 1)).toEqual([0]);
  release();
  await bench.drain(sender);
  expect(turnsOf(calls, 1)).toEqual([0, 1]);
});

test('calls go out eight at a time', async () => {
  const { held, release } = gate();
  const { open: underWay, calls } = await receives(async () => {
    await held;
    return 200;
  });
  for (const profile of people(30)) await bench.queue(profile);
  const sender = bench.sender();
  await sender.pass();
  await eventually(() => expect(underWay()).toBe(8));
  await sender.pass();
  await sender.pass();
  expect(await count(bench.db, sql`sync_lanes where leased`)).toBe(8);
  release();
  await bench.drain(sender);
  expect(calls).toHaveLength(30);
});

test('a rate is kept by all senders together, at every instant', async () => {
  const { calls } = await receives(() => 200, 'rate: 20 per second\n');
  for (const profile of people(100)) await bench.queue(profile);
  const senders = [bench.sender(), bench.sender()];
  const sent: number[] = [];
  for (let time = 0; time < 2 * SECOND; time += 10) {
    await bench.send(...senders);
    sent.push(calls.length);
    bench.clock.move(10);
  }
  expect(calls).toHaveLength(40);
  for (const [index, until] of sent.entries()) {
    const before = sent[index - 100] ?? 0;
    expect(until - before).toBeLessThanOrEqual(21);
  }
});

describe('an answer', () => {
  test.each([400, 401, 404, 409, 422, 301])('%i is no for good, and the next change goes on', async (status) => {
    const { calls } = await receives(({ body }) => (body.fields.turn === 0 ? status : 200));
    await bench.queue(1, 2);
    await bench.send(bench.sender());
    expect(calls).toHaveLength(2);
    expect(await bench.rows()).toMatchObject([
      { status: 'failed', attempts: 1, error: expect.stringContaining(`answered ${status}: said ${status}`) },
      { status: 'delivered' },
    ]);
  });

  test.each([408, 425, 500, 503])('%i is tried again, later each time, and the next change waits', async (status) => {
    const { calls } = await receives(() => status);
    await bench.queue(1, 2);
    const sender = bench.sender();
    const pauses: number[] = [];
    for (let made = 1; made <= 14; made += 1) {
      await bench.send(sender);
      expect(calls).toHaveLength(made);
      const { due_at: due } = await bench.db.selectFrom('sync_lanes').selectAll().executeTakeFirstOrThrow();
      pauses.push(due.getTime() - bench.clock.now());
      bench.clock.move(due.getTime() - bench.clock.now());
    }
    expect(turnsOf(calls, 1)).toEqual(pauses.map(() => 0));
    for (const [index, pause] of pauses.entries()) {
      const full = Math.min(HOUR, SECOND * 2 ** index);
      expect(pause).toBeGreaterThanOrEqual(full / 2);
      expect(pause).toBeLessThanOrEqual(full);
    }
  });

  test('with Retry-After is tried no sooner', async () => {
    const { calls } = await receives(({ before }) =>
      before === 0 ? { status: 503, headers: { 'retry-after': '120' } } : 200,
    );
    await bench.queue(1);
    await bench.queue(2);
    const sender = bench.sender();
    await bench.send(sender);
    bench.clock.move(2 * MINUTE - 1);
    await bench.send(sender);
    expect(calls).toHaveLength(2);
    bench.clock.move(1);
    await bench.send(sender);
    expect(calls).toHaveLength(4);
  });

  test('429 with Retry-After makes the whole sync wait', async () => {
    const { calls } = await receives(({ before, body }) =>
      before === 0 && body.person.userId === 'user-1' ? { status: 429, headers: { 'retry-after': '120' } } : 200,
    );
    await bench.queue(1);
    const sender = bench.sender();
    await bench.send(sender);
    await bench.queue(2);
    bench.clock.move(2 * MINUTE - 1);
    await bench.send(sender);
    expect(calls).toHaveLength(1);
    bench.clock.move(1);
    await bench.send(sender);
    expect(calls).toHaveLength(3);
  });

  test('410 stops the sync; changes go on being queued, and go out when it is resumed', async () => {
    let isGone = true;
    const { calls } = await receives(() => (isGone ? 410 : 200));
    await bench.queue(1);
    const sender = bench.sender();
    await bench.send(sender);
    await bench.queue(1);
    await bench.queue(2);
    bench.clock.move(10 * DAY);
    await bench.send(sender);
    expect(calls).toHaveLength(1);
    expect(await readSyncs(bench.db, bench.clock.now())).toMatchObject([
      { key: 'crm', waiting: 3, stopped: { because: expect.stringContaining('answered 410') } },
    ]);
    isGone = false;
    expect(await resume(bench.db, 'crm')).toBe(true);
    expect(await resume(bench.db, 'crm')).toBe(false);
    await bench.drain(sender);
    expect(turnsOf(calls, 1)).toEqual([0, 0, 1]);
    expect(turnsOf(calls, 2)).toEqual([0]);
  });

  test('410 stops the address only: another one gets what waits', async () => {
    await receives(() => 410);
    await bench.queue(1);
    const sender = bench.sender();
    await bench.send(sender);
    const { calls } = await receives(() => 200);
    await bench.drain(sender);
    expect(calls).toHaveLength(1);
  });

  test('that never comes well is given up after the time that the definition says', async () => {
    const { calls } = await receives(({ body }) => (body.fields.turn === 0 ? 500 : 200), 'retryFor: 2h\n');
    await bench.queue(1, 2);
    const start = bench.clock.now();
    await bench.drain(bench.sender());
    expect(await bench.rows()).toMatchObject([
      { status: 'failed', error: expect.stringMatching(/^given up after \d+ attempts: 127.+ answered 500: said 500$/) },
      { status: 'delivered' },
    ]);
    expect(bench.clock.now() - start).toBeGreaterThan(HOUR);
    expect(bench.clock.now() - start).toBeLessThanOrEqual(2 * HOUR);
    expect(turnsOf(calls, 1).at(-1)).toBe(1);
  });
});

test('a sync that is taken away stops, goes on where it comes back, and is forgotten after 30 days', async () => {
  const { calls, url } = await receives(() => 200);
  const sender = bench.sender();
  await bench.publish(null);
  await bench.queue(1);
  await bench.send(sender);
  bench.clock.move(29 * DAY);
  await bench.send(sender);
  expect(calls).toHaveLength(0);
  await bench.publish(syncFile(url));
  await bench.drain(sender);
  expect(calls).toHaveLength(1);

  await bench.publish(null);
  await bench.queue(1);
  await bench.send(sender);
  bench.clock.move(30 * DAY + HOUR);
  await bench.send(sender);
  expect(await bench.rows()).toEqual([]);
});

test('what was delivered is kept for 30 days', async () => {
  await receives(() => 200);
  await bench.queue(1);
  const sender = bench.sender();
  await bench.send(sender);
  bench.clock.move(30 * DAY - HOUR);
  await bench.send(sender);
  expect(await bench.rows()).toHaveLength(1);
  bench.clock.move(2 * HOUR);
  await bench.send(sender);
  expect(await bench.rows()).toHaveLength(0);
});
