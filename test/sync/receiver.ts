import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/condition.ts';

export interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: {
    readonly id: string;
    readonly type: 'entered' | 'left';
    readonly at: string;
    readonly person: {
      readonly userId: string | null;
      readonly anonymousId: string | null;
      readonly traits?: JsonObject;
    };
    readonly fields: JsonObject;
    readonly [key: string]: unknown;
  };
  /** How many calls with the same id came before. */
  readonly before: number;
  /** What was answered, once it was. */
  answered?: number;
}

/** A status, with headers; or to hang up without a word. */
export type Answer = number | { readonly status: number; readonly headers: Record<string, string> } | 'hang up';

export interface Receiver {
  readonly url: string;
  /** In the order they came. */
  readonly calls: readonly Call[];
  /** Calls that have come and are not answered. */
  open(): number;
  close(): Promise<void>;
}

/** Somebody else's HTTP server, which answers as it is told and when it likes. */
export async function receiver(answer: (call: Call) => Answer | Promise<Answer>): Promise<Receiver> {
  const calls: Call[] = [];
  let open = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text) as Call['body'];
    const call: Call = {
      headers: request.headers,
      text,
      body,
      before: calls.filter((other) => other.body.id === body.id).length,
    };
    calls.push(call);
    open += 1;
    const said = await answer(call);
    open -= 1;
    say(said, call, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    calls,
    open: () => open,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function say(said: Answer, call: Call, response: ServerResponse): void {
  if (said === 'hang up') {
    response.destroy();
    return;
  }
  const { status, headers } = typeof said === 'number' ? { status: said, headers: {} } : said;
  call.answered = status;
  response.writeHead(status, headers).end(`said ${status}`);
}
