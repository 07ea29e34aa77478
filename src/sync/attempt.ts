/**
 * One attempt: the call, and what its answer means.
 * @module
 */
import { TemporaryDeliveryError } from '../channels/channel.ts';
import { postWebhook, saidBy, type WebhookCall } from '../channels/webhook.ts';
import { bucketOf } from '../core/bucket.ts';
import type { JsonObject } from '../core/condition.ts';
import { type Clock, DAY, HOUR, type Milliseconds, SECOND } from '../core/time.ts';
import type { SyncDefinition } from '../definitions/sync-types.ts';
import type { Claimed } from './claim.ts';
import type { Outcome } from './settle.ts';

export interface Attempting {
  readonly clock: Clock;
  readonly secret: string;
  readonly signal: AbortSignal;
  readonly timeout: Milliseconds;
}

/** 4xx that say nothing about the change. */
const LATER = [408, 425, 429];
const TOO_MANY = 429;
const GONE = 410;
const FIRST_PAUSE = SECOND;
const LONGEST_PAUSE = HOUR;
const LONGEST_ASKED_FOR = DAY;

/** What tells a repetition: the same at every attempt and in every round, on this database and on a copy of it. */
export function deliveryId(sync: string, { seq, at }: Pick<Claimed, 'seq' | 'at'>): string {
  return `${sync}/${at}/${seq}`;
}

/** What is sent, in this order of keys. */
export function callBody(sync: string, delivery: Pick<Claimed, 'seq' | 'at' | 'type' | 'body'>): JsonObject {
  const { audience, person, fields } = delivery.body;
  const { userId = null, anonymousId = null, traits } = person;
  return {
    id: deliveryId(sync, delivery),
    sync,
    audience,
    type: delivery.type,
    at: new Date(delivery.at).toISOString(),
    person: { userId, anonymousId, ...(traits === undefined ? {} : { traits }) },
    fields,
  };
}

/** Calls once. Never throws for what the other side does. */
export async function attempt(sync: SyncDefinition, claimed: Claimed, attempting: Attempting): Promise<Outcome> {
  const { key, url, headers } = sync;
  const call: WebhookCall = {
    ...{ url, headers, body: callBody(key, claimed), id: deliveryId(key, claimed) },
    ...attempting,
  };
  try {
    const posted = await postWebhook(call);
    if ('unsendable' in posted) return { kind: 'failed', error: posted.unsendable };
    const { status, retryAfter } = posted;
    if (status >= 200 && status < 300) return { kind: 'delivered' };
    const error = saidBy(url, posted);
    if (status === GONE) return { kind: 'gone', url, error };
    if (status >= 300 && status < 500 && !LATER.includes(status)) return { kind: 'failed', error };
    return again(sync, claimed, error, { retryAfter, everybody: status === TOO_MANY }, attempting);
  } catch (error) {
    if (!(error instanceof TemporaryDeliveryError)) throw error;
    return again(sync, claimed, error.message, { retryAfter: null, everybody: false }, attempting);
  }
}

function again(
  { key, retryFor }: SyncDefinition,
  claimed: Claimed,
  error: string,
  { retryAfter, everybody }: { readonly retryAfter: Milliseconds | null; readonly everybody: boolean },
  { clock, signal }: Attempting,
): Outcome {
  const now = clock.now();
  // We are the ones who end: whoever comes next need not wait.
  if (signal.aborted) return { kind: 'again', at: now, error, everybody: false };
  const asked = Math.min(retryAfter ?? 0, LONGEST_ASKED_FOR);
  const pause = Math.max(asked, pauseAfter(claimed.attempts, deliveryId(key, claimed))) * clock.speed;
  const givenUpAt = claimed.firstTriedAt + retryFor * clock.speed;
  if (now + pause > givenUpAt)
    return { kind: 'failed', error: `given up after ${claimed.attempts} attempts: ${error}` };
  return { kind: 'again', at: now + pause, error, everybody: everybody && retryAfter !== null };
}

/** Twice as long each time, up to an hour; shortened by up to half, so that what failed together is not repeated together. */
export function pauseAfter(attempts: number, id: string): Milliseconds {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1));
  return Math.ceil(full * (1 - bucketOf(`pause ${attempts}`, id) / 2));
}
