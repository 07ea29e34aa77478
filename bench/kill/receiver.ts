/**
 * Somebody else's HTTP server, for the kill bench's webhooks: now and then it takes a call and hangs up before it has said so.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ground } from '../harness/ground.ts';
import type { Chance } from '../harness/random.ts';

const HANGS_UP = 0.1;

export interface Receiver {
  readonly url: string;
  /** The `webhook-id` of every call that was taken, in order; grows. */
  readonly taken: readonly string[];
}

/** Is there until the bench ends. */
export async function startReceiver(ground: Ground, chance: Chance): Promise<Receiver> {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      taken.push(String(request.headers['webhook-id']));
      if (chance.next() < HANGS_UP) request.socket.destroy();
      else response.end();
    });
    // A client that was killed midway has made no call.
    request.on('error', () => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ground.atEnd(
    () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken };
}
