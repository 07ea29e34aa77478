/**
 * The shop's own server, as far as the engine can tell: it reports what happens, when it happens, with Segment's client.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Analytics } from '@segment/analytics-node';
import type { Clock, Instant, Milliseconds } from '../core/time.ts';
import type { ShopCall } from './clickstream.ts';

export interface SenderSettings {
  readonly calls: readonly ShopCall[];
  /** Where the engine's API answers. */
  readonly host: string;
  readonly writeKey: string;
  /** When things happen in the shop. */
  readonly clock: Clock;
  /** Called after every round with the instant before which everything has happened and is safe with the engine. */
  readonly onRound: (before: Instant) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Sent {
  /** `track` calls. */
  readonly events: number;
  /** Of these, those that the engine answered with 200. */
  readonly acknowledged: number;
  /** `identify` calls, sent and acknowledged. */
  readonly identifies: number;
}

/** The engine would not take something, or the client gave up trying. */
export class NotAcknowledgedError extends Error {
  override readonly name = 'NotAcknowledgedError';

  constructor(missing: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : 'no reason was given';
    super(`The engine did not acknowledge ${missing} of the events it was sent: ${why}`, { cause });
  }
}

/** In real time: what happened since is sent together. */
const ROUND: Milliseconds = 100;
/** Below what the client puts into one request, so that there is only ever one under way and people's events stay in order. */
const AT_ONCE = 250;

export interface Sender {
  sent(): Sent;
  /** Resolves when everything was sent and acknowledged. @throws {NotAcknowledgedError} */
  run(): Promise<void>;
}

export function createSender({ calls, host, writeKey, clock, onRound, signal }: SenderSettings): Sender {
  const sent = { events: 0, acknowledged: 0, identifies: 0 };
  const analytics = new Analytics({ writeKey, host, flushAt: AT_ONCE });
  let reason: unknown;
  analytics.on('track', () => {
    sent.acknowledged += 1;
  });
  analytics.on('identify', () => {
    sent.identifies += 1;
  });
  analytics.on('error', (error) => {
    reason ??= error.reason;
  });

  const send = (call: ShopCall) => {
    const said = { messageId: call.messageId, userId: call.userId, timestamp: new Date(call.at) };
    if (call.type === 'identify') analytics.identify({ ...said, traits: { ...call.traits } });
    else {
      sent.events += 1;
      analytics.track({ ...said, event: call.event, properties: { ...call.properties } });
    }
  };

  return {
    sent: () => sent,
    run: async () => {
      for (let next = 0; next < calls.length; ) {
        signal.throwIfAborted();
        const round = delay(ROUND);
        const now = clock.now();
        let end = next;
        while (end < calls.length && end - next < AT_ONCE && (calls[end]?.at ?? 0) <= now) end += 1;
        for (const call of calls.slice(next, end)) send(call);
        if (end > next) await analytics.flush();
        const missing = end - sent.acknowledged - sent.identifies;
        if (missing > 0) throw new NotAcknowledgedError(missing, reason);
        next = end;
        await onRound(calls[next]?.at ?? Number.POSITIVE_INFINITY);
        await round;
      }
      await analytics.closeAndFlush();
    },
  };
}
