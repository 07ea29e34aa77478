/**
 * Calls to the outside: JSON by POST, signed as the Standard Webhooks specification says.
 * @module
 */
import { createHash, createHmac } from 'node:crypto';
import type { Json } from '../core/condition.ts';
import { type Clock, createClock, type Milliseconds, SECOND } from '../core/time.ts';
import { type Delivery, TemporaryDeliveryError } from './channel.ts';

export interface WebhookCall {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Json;
  /** The same at every attempt, so that the receiver can tell a repetition. Sent as `webhook-id`. */
  readonly id: string;
  /** `whsec_` and base64, or any text. */
  readonly secret: string;
  /** Default 15 seconds. */
  readonly timeout?: Milliseconds;
  readonly clock?: Clock;
}

const LATER = [408, 409, 425, 429];
const ANSWER_KEPT = 500;

/**
 * Accepted by any 2xx. Refused by a redirect, by a 4xx other than 408, 409, 425 and 429, and by an address or a header
 * that cannot be.
 * @throws {TemporaryDeliveryError} nobody answered in time, or the answer was anything else
 */
export async function callWebhook(call: WebhookCall): Promise<Delivery> {
  const { url, timeout = 15 * SECOND } = call;
  if (!isHttp(url)) return { result: 'refused', reason: `${JSON.stringify(url)} is not an http or https address` };
  const body = JSON.stringify(call.body);
  const headers = headersOf(call, body);
  if (headers === null) return { result: 'refused', reason: 'A header holds a character that headers cannot hold' };

  let status: number;
  let answer: string;
  try {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    status = response.status;
    answer = await beginningOf(response);
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const said = cause instanceof Error && cause.message !== '' ? cause.message : String(error);
    throw new TemporaryDeliveryError(`No answer from ${hostOf(url)}: ${said}`, {
      cause: error,
      mayHaveArrived: !isRefusedConnection(cause),
    });
  }
  const detail = { status, answer };
  if (status >= 200 && status < 300) return { result: 'accepted', detail };
  const reason = `${hostOf(url)} answered ${status}${answer === '' ? '' : `: ${answer}`}`;
  if (status >= 300 && status < 500 && !LATER.includes(status)) return { result: 'refused', reason, detail };
  throw new TemporaryDeliveryError(reason, { cause: detail, mayHaveArrived: status >= 500 });
}

/** `v1,` and base64 of HMAC-SHA256 over id, timestamp (seconds) and body. */
export function signWebhook(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

function headersOf({ headers = {}, id, secret, clock = createClock() }: WebhookCall, body: string): Headers | null {
  // Header values are ASCII; an id that is not goes as its hash, which is as good for telling a repetition.
  const sentId = /^[\x21-\x7e]+$/.test(id) ? id : createHash('sha256').update(id).digest('base64url');
  const timestamp = Math.floor(clock.wall() / SECOND);
  try {
    const all = new Headers({ 'content-type': 'application/json', 'user-agent': 'Throughline', ...headers });
    all.set('webhook-id', sentId);
    all.set('webhook-timestamp', String(timestamp));
    all.set('webhook-signature', signWebhook(secret, sentId, timestamp, body));
    return all;
  } catch {
    return null;
  }
}

/** Enough of the answer for people to see; a short one is read to its end, which keeps the connection. */
async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= ANSWER_KEPT) break;
  }
  return text.slice(0, ANSWER_KEPT).replaceAll('\u0000', '\ufffd');
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function isRefusedConnection(cause: unknown): boolean {
  const { code } = (cause ?? {}) as { code?: string };
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'UND_ERR_CONNECT_TIMEOUT';
}
