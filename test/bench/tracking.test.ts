import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { track, trackingClient } from '../../bench/harness/tracking.ts';

interface Received {
  readonly path: string;
  readonly body: { readonly messageId?: string; readonly batch?: readonly { readonly messageId: string }[] };
}

/** Answers with the given statuses in turn, then with 200. */
async function server(...statuses: number[]) {
  const received: Received[] = [];
  const http = createServer(async (request, response) => {
    received.push({ path: request.url ?? '', body: JSON.parse(await textOf(request)) });
    const status = statuses.shift() ?? 200;
    if (status === 0) response.destroy();
    else response.writeHead(status).end('{}');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const client = trackingClient({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
  onTestFinished(() => client.close());
  return { client, received };
}

test('what was not answered is sent again under the same id', async () => {
  const { client, received } = await server(503, 0);
  const call = track('ann', 'Reference Started');
  await client.send(call);
  expect(received.map(({ path, body }) => [path, body.messageId])).toEqual([
    ['/v1/track', call.messageId],
    ['/v1/track', call.messageId],
    ['/v1/track', call.messageId],
  ]);
  expect(client.retries).toBe(2);
});

test('a call that is refused for good is not sent again', async () => {
  const { client, received } = await server(400);
  await expect(client.send(track('ann', 'Reference Started'))).rejects.toThrow('/v1/track was answered with 400');
  expect(received).toHaveLength(1);
});

test('calls go out in batches of 15', async () => {
  const { client, received } = await server();
  await client.sendAll(Array.from({ length: 31 }, () => track('ann', 'Reference Started')));
  expect(received.map(({ body }) => body.batch?.length).sort()).toEqual([1, 15, 15]);
});

test('single calls are gathered', async () => {
  const { client, received } = await server();
  for (let index = 0; index < 20; index += 1) client.enqueue(track('ann', 'Reference Started'));
  await vi.waitFor(() => expect(received.map(({ body }) => body.batch?.length).sort()).toEqual([15, 5]));
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
