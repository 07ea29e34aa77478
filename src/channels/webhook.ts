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
  /** Gives up before that. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

const LATER = [408, 409, 425, 429];
const ANSWER_KEPT = 500;

/** What the other side said, or why nothing could be sent to it. */
export type Posted =
  | {
      readonly status: number;
      /** Its beginning. */
      readonly answer: string;
      /** How long the other side asks to be left alone; null where it does not. */
      readonly retryAfter: Milliseconds | null;
    }
  | { readonly unsendable: string };

/**
 * Accepted by any 2xx. Refused by a redirect, by a 4xx other than 408, 409, 425 and 429, and by an address or a header
 * that cannot be.
 * @throws {TemporaryDeliveryError} nobody answered in time, or the answer was anything else
 */
export async function callWebhook(call: WebhookCall): Promise<Delivery> {
  const posted = await postWebhook(call);
  if ('unsendable' in posted) return { result: 'refused', reason: posted.unsendable };
  const { status, answer } = posted;
  const detail = { status, answer };
  if (status >= 200 && status < 300) return { result: 'accepted', detail };
  const reason = saidBy(call.url, posted);
  if (status >= 300 && status < 500 && !LATER.includes(status)) return { result: 'refused', reason, detail };
  throw new TemporaryDeliveryError(reason, { cause: detail, mayHaveArrived: status >= 500 });
}

/**
 * One POST, signed; what the answer means is the caller's to say.
 * @throws {TemporaryDeliveryError} nobody answered in time
 */
export async function postWebhook(call: WebhookCall): Promise<Posted> {
  const { url, timeout = 15 * SECOND, signal, clock = createClock() } = call;
  if (!isHttp(url)) return { unsendable: `${JSON.stringify(url)} is not an http or https address` };
  const body = JSON.stringify(call.body);
  const headers = headersOf(call, body);
  if (headers === null) return { unsendable: 'A header holds a character that headers cannot hold' };
  const patience = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
      redirect: 'manual',
    });
    const retryAfter = pauseIn(response.headers.get('retry-after'), clock);
    return { status: response.status, answer: await beginningOf(response), retryAfter };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const said = cause instanceof Error && cause.message !== '' ? cause.message : String(error);
    throw new TemporaryDeliveryError(`No answer from ${hostOf(url)}: ${said}`, {
      cause: error,
      mayHaveArrived: !isRefusedConnection(cause),
    });
  }
}

/** `example.com answered 404: not here` */
export function saidBy(url: string, { status, answer }: Extract<Posted, { status: number }>): string {
  return `${hostOf(url)} answered ${status}${answer === '' ? '' : `: ${answer}`}`;
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

/** `Retry-After`, in seconds or as a date. */
function pauseIn(header: string | null, clock: Clock): Milliseconds | null {
  if (header === null) return null;
  const pause = /^\d+$/.test(header) ? Number(header) * SECOND : Date.parse(header) - clock.wall();
  return Number.isFinite(pause) ? Math.max(0, pause) : null;
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
