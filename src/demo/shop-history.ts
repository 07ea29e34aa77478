/**
 * The shop's half year as the engine takes events in, for lives in virtual time.
 * @module
 */
import type { IncomingEvent } from '../ingest/inbox.ts';
import { readClickstream, type ShopCall } from './clickstream.ts';

export async function readShopHistory(file?: string): Promise<IncomingEvent[]> {
  return (await readClickstream(file)).map(incomingCall);
}

export function incomingCall(call: ShopCall): IncomingEvent {
  const occurredAt = new Date(call.at).toISOString();
  const { messageId, userId } = call;
  const base = { messageId, userId, context: {}, occurredAt, receivedAt: occurredAt };
  if (call.type === 'identify')
    return { ...base, type: 'identify', name: 'identify', traits: call.traits, properties: {} };
  return { ...base, type: 'track', name: call.event, properties: call.properties };
}
