import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { freePort, isFree, requireFreePort } from '../../src/runtime/free-port.ts';

async function busyPort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it.each(['127.0.0.1', '0.0.0.0'])('a port that is busy on %s is named, with the way out', async (host) => {
  const port = await busyPort(host);
  await expect(requireFreePort(port, 'PORT')).rejects.toThrow(
    `PORT is ${port}, but another program listens there already. Stop it, or set PORT to a free port (0 picks one).`,
  );
});

it('0 is always free', async () => {
  await expect(requireFreePort(0, 'PORT')).resolves.toBeUndefined();
});

it('a wanted port is taken only where it is free', async () => {
  const busy = await busyPort('127.0.0.1');
  const other = await freePort(busy);
  expect(other).not.toBe(busy);
  expect(await isFree(other)).toBe(true);
  expect(await freePort(other)).toBe(other);
});

it('many ports asked for at once are all different', async () => {
  const ports = await Promise.all(Array.from({ length: 30 }, () => freePort()));
  expect(new Set(ports).size).toBe(30);
});
