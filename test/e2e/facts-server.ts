import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FactsServer {
  readonly url: string;
  /** Paths, in the order they came. */
  readonly askedFor: readonly string[];
  close(): Promise<void>;
}

/** Somebody else's system that knows some things: JSON by path, 404 for others, and 500 for a path that ends on `broken`. */
export async function factsServer(known: Readonly<Record<string, object>>): Promise<FactsServer> {
  const askedFor: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    askedFor.push(url);
    const answer = known[url];
    if (url.endsWith('broken')) response.writeHead(500).end('broken');
    else if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    askedFor,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
