/**
 * A client of the tracking API that costs as little as a client can: connections that stay open, calls gathered into
 * batches, and, like the official clients, the same `messageId` again where no answer came.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { WRITE_KEY } from './product.ts';

/** A Segment call. `type` is `track` where it names an event, `group` where it names an account. */
export interface Call {
  readonly type: 'track' | 'identify' | 'group';
  readonly userId: string;
  readonly messageId: string;
  readonly event?: string;
  readonly properties?: object;
  readonly traits?: object;
  readonly context?: { readonly groupId: string };
  readonly groupId?: string;
}

export interface TrackingSettings {
  readonly url: string;
  /** Connections at most. Default 8. */
  readonly connections?: number;
}

export interface TrackingClient {
  /** One call in a request of its own; returns when the answer is 200, however often that takes. */
  send(call: Call): Promise<void>;
  /** Many calls in one request. */
  sendBatch(calls: readonly Call[]): Promise<void>;
  /** Many calls as the official client sends them: 15 to a request, as many requests at once as there are connections. */
  sendAll(calls: readonly Call[]): Promise<void>;
  /** Puts the call into the next batch, which goes when 15 have come together or a few milliseconds have passed. */
  enqueue(call: Call): void;
  /** Requests that had to be sent again. */
  readonly retries: number;
  close(): void;
}

const BATCH = 15;
const FLUSH_AFTER = 10;
/** Doubled with every attempt, up to the other. */
const AGAIN_AFTER = { first: 200, atMost: 2_000 };
const ANSWER_WITHIN = 10_000;

/** @param account in which it is done; absent: in none */
export function track(userId: string, event: string, properties: object = {}, account?: string): Call {
  const context = account === undefined ? {} : { context: { groupId: account } };
  return { type: 'track', userId, event, properties, messageId: randomUUID(), ...context };
}

export function identify(userId: string, traits: object): Call {
  return { type: 'identify', userId, traits, messageId: randomUUID() };
}

/** Puts a person into an account. */
export function group(userId: string, groupId: string): Call {
  return { type: 'group', userId, groupId, traits: {}, messageId: randomUUID() };
}

export function trackingClient({ url, connections = 8 }: TrackingSettings): TrackingClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const queue: Call[] = [];
  let flushing: NodeJS.Timeout | undefined;
  let retries = 0;
  let isClosed = false;

  async function post(path: string, body: object): Promise<void> {
    const text = JSON.stringify(body);
    for (let wait = AGAIN_AFTER.first; !isClosed; wait = Math.min(2 * wait, AGAIN_AFTER.atMost)) {
      const status = await postOnce(agent, `${url}${path}`, text);
      if (status === 200) return;
      if (status !== undefined && status < 500) throw new Error(`${path} was answered with ${status}`);
      retries += 1;
      await delay(wait);
    }
  }

  const sendBatch = (batch: readonly Call[]) => post('/v1/batch', { batch });
  const flush = () => {
    clearTimeout(flushing);
    flushing = undefined;
    if (queue.length > 0) void sendBatch(queue.splice(0, BATCH));
    if (queue.length > 0) flushing = setTimeout(flush, 0);
  };

  return {
    send: ({ type, ...call }) => post(`/v1/${type}`, call),
    sendBatch,
    sendAll: async (calls) => {
      const batches = Array.from({ length: Math.ceil(calls.length / BATCH) }, (_, index) =>
        calls.slice(index * BATCH, (index + 1) * BATCH),
      );
      await Promise.all(batches.map(sendBatch));
    },
    enqueue: (call) => {
      queue.push(call);
      if (queue.length >= BATCH) flush();
      else flushing ??= setTimeout(flush, FLUSH_AFTER);
    },
    get retries() {
      return retries;
    },
    close: () => {
      isClosed = true;
      clearTimeout(flushing);
      agent.destroy();
    },
  };
}

/** The status, or undefined where there was no answer. */
function postOnce(agent: Agent, url: string, body: string): Promise<number | undefined> {
  return new Promise((answered) => {
    const post = request(
      url,
      {
        method: 'POST',
        agent,
        auth: `${WRITE_KEY}:`,
        timeout: ANSWER_WITHIN,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on('end', () => answered(response.statusCode));
        response.on('error', () => answered(undefined));
      },
    );
    post.on('error', () => answered(undefined));
    post.on('timeout', () => post.destroy());
    post.end(body);
  });
}
