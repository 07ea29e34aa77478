import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** In the order they came. */
  callsTo(path: string): readonly ReceivedCall[];
  close(): Promise<void>;
}

/** Somebody else's HTTP server. `answer` says with which status, given how many calls to the path came before. */
export async function webhookReceiver(answer: (path: string, before: number) => number): Promise<WebhookReceiver> {
  const calls: ReceivedCall[] = [];
  const callsTo = (path: string) => calls.filter((call) => call.path === path);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path = '', headers } = request;
    const status = answer(path, callsTo(path).length);
    calls.push({ path, headers, text: Buffer.concat(chunks).toString() });
    response.writeHead(status).end(`said ${status}`);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callsTo,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
