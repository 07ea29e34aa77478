import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MINUTE } from '../../src/core/time.ts';
import { PROJECT } from '../../src/runtime/installed.ts';
import { eventually } from '../kit/eventually.ts';
import { gate, SECRET, type SyncBench, syncBench, syncFile } from './kit.ts';
import { type Receiver, receiver } from './receiver.ts';

let bench: SyncBench;
const open: Receiver[] = [];
beforeEach(async () => {
  bench = await syncBench();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await bench.close();
});

test('a sender killed between the call and its record: another one repeats it with the same id, then goes on', async () => {
  const { held, release } = gate();
  const hooks = await receiver(async ({ before }) => {
    if (before === 0) await held;
    return 200;
  });
  open.push(hooks);
  await bench.publish(syncFile(hooks.url));
  await bench.queue(1, 2);

  const { url, schema } = bench.database;
  const script = join(PROJECT, 'test/sync/sender-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, url, schema, SECRET], { stdio: 'inherit' });
  await eventually(() => expect(hooks.open()).toBe(1));
  child.kill('SIGKILL');
  await once(child, 'exit');
  release();

  const sender = bench.sender();
  await sender.pass();
  expect(hooks.calls).toHaveLength(1);
  bench.clock.move(2 * MINUTE);
  await bench.drain(sender);
  const [first, second] = await bench.rows();
  expect(hooks.calls.map(({ body }) => body.id)).toEqual([first?.id, first?.id, second?.id]);
  expect(hooks.calls[1]?.text).toBe(hooks.calls[0]?.text);
  expect([first?.status, second?.status]).toEqual(['delivered', 'delivered']);
}, 60_000);

test('a sender that was believed dead and comes back counts nothing twice, and moves nothing on', async () => {
  const gates = [gate(), gate()];
  const hooks = await receiver(async ({ before, body }) => {
    if (body.fields.turn === 0) await gates[before]?.held;
    return 200;
  });
  open.push(hooks);
  const delivered = async () =>
    (await bench.db.selectFrom('syncs').select('delivered').executeTakeFirstOrThrow()).delivered;
  await bench.publish(syncFile(hooks.url));
  await bench.queue(1, 2);
  const slow = bench.sender();
  await slow.pass();
  await eventually(() => expect(hooks.open()).toBe(1));
  bench.clock.move(2 * MINUTE);
  const sender = bench.sender();
  await sender.pass();
  await eventually(() => expect(hooks.open()).toBe(2));

  gates[0]?.release();
  await eventually(async () => expect(await delivered()).toBe(1));
  await slow.pass();
  await sender.pass();
  // The repetition is still under way, so the next change waits.
  expect(hooks.calls.map(({ body }) => body.fields.turn)).toEqual([0, 0]);
  gates[1]?.release();
  await bench.drain(slow, sender);
  expect(hooks.calls.map(({ body }) => body.fields.turn)).toEqual([0, 0, 1]);
  expect(await delivered()).toBe(2);
});

test('a sender that is stopped breaks its calls off, and they are repeated at once by the next', async () => {
  const hooks = await receiver(({ before }) => (before === 0 ? new Promise<number>(() => undefined) : 200));
  open.push(hooks);
  await bench.publish(syncFile(hooks.url));
  await bench.queue(1);
  const first = bench.sender();
  await first.pass();
  await eventually(() => expect(hooks.calls).toHaveLength(1));
  await first.stop();
  await bench.send(bench.sender());
  expect(hooks.calls).toHaveLength(2);
  expect(await bench.rows()).toMatchObject([{ status: 'delivered' }]);
});
