/**
 * Email over SMTP, by connections that stay open.
 * @module
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createTransport, type NodemailerError } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { type Clock, createClock, type Milliseconds, SECOND } from '../core/time.ts';
import { type Delivery, TemporaryDeliveryError } from './channel.ts';
import { composeMime, type OutgoingEmail } from './mime.ts';
import { RateLimit } from './rate-limit.ts';

export type { OutgoingEmail } from './mime.ts';

export interface EmailChannelSettings {
  /** `smtp://user:password@host:port` or `smtps://…`; nodemailer's options may follow as a query. */
  readonly smtpUrl: string;
  /** Connections at most. Default 5. */
  readonly poolSize?: number;
  /** How long the server may stay silent before the attempt counts as failed. Default 30 seconds. */
  readonly timeout?: Milliseconds;
  /** Messages a second at most, whichever second one looks at. Absent: as many as the server takes. */
  readonly perSecond?: number;
  /** For the Date header. */
  readonly clock?: Clock;
}

export interface EmailChannel {
  /**
   * Accepted once the server has answered 250 to the message; refused where it, or the address itself, says no for good.
   * @throws {TemporaryDeliveryError} the server is away, silent, busy, or does not let us in
   */
  send(email: OutgoingEmail): Promise<Delivery>;
  /** Ends idle connections at once, busy ones after their message. */
  close(): void;
}

/** The server wants to know who we are first: ours to mend, not the message's fault. */
const WANTS_LOGIN = [530, 534, 535, 538];

export function createEmailChannel({
  smtpUrl,
  poolSize = 5,
  timeout = 30 * SECOND,
  perSecond,
  clock = createClock(),
}: EmailChannelSettings): EmailChannel {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: poolSize,
    maxMessages: Number.MAX_SAFE_INTEGER,
    idleTimeout: 0,
    // Only messages of which no byte was sent go to another connection by themselves.
    maxRequeues: 2,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
  });
  const limit = perSecond === undefined ? null : new RateLimit(perSecond);
  const bodies = new WeakMap<Buffer, Body>();
  transport.use('stream', ({ data, message }, done) => {
    const body = Buffer.isBuffer(data.raw) ? bodies.get(data.raw) : undefined;
    if (body !== undefined) message.createReadStream = () => Readable.from(given(body));
    done();
  });

  return {
    send: async (email) => {
      const to = mailbox(email.to);
      const from = mailbox(email.from);
      if (to === null) return { result: 'refused', reason: `${JSON.stringify(email.to)} is not an email address` };
      if (from === null)
        return { result: 'refused', reason: `The sender ${JSON.stringify(email.from)} is not an email address` };
      const raw = composeMime(email, clock.wall());
      const body: Body = { raw, clear: async () => undefined, isGiven: false };
      bodies.set(raw, body);
      const hand = (clear = body.clear) => {
        body.clear = clear;
        return transport.sendMail({ envelope: { from, to }, messageId: email.messageId, raw });
      };
      try {
        const { response } = await (limit === null ? hand() : limit.pass(hand));
        return { result: 'accepted', detail: { response } };
      } catch (error) {
        return refusalIn(error as NodemailerError, body.isGiven);
      }
    },
    close: () => transport.close(),
  };
}

interface Body {
  readonly raw: Buffer;
  /** Waits until the server may have it. */
  clear: () => Promise<void>;
  /** Some of it may have reached the server: an error leaves open what became of it. */
  isGiven: boolean;
}

/** Asked for once the server has taken the envelope. */
async function* given(body: Body): AsyncGenerator<Buffer> {
  await body.clear();
  body.isGiven = true;
  yield body.raw;
}

/** The Message-ID of what `messageKey` names: the same whenever it is asked for. */
export function messageIdOf(messageKey: string, domain: string): string {
  return `<${createHash('sha256').update(messageKey).digest('hex').slice(0, 32)}@${domain}>`;
}

/** The address of `Name <address>` or of an address alone; null where it is not exactly one. */
function mailbox(text: string): string | null {
  const [, named, bare] = /^(?:[^<>]*<([^<>]*)>|([^<>]*))$/.exec(text.trim()) ?? [];
  const address = named ?? bare ?? '';
  const wellFormed = /^[^\s@<>",;:\p{Cc}]+@[^\s@<>",;:\p{Cc}]+$/u.test(address);
  // The headers' own parser has to agree, or they would name somebody else.
  return wellFormed && addressparser(text).length === 1 ? address : null;
}

function refusalIn(error: NodemailerError, bodyWasRead: boolean): Delivery {
  const { code, responseCode, command } = error;
  const aboutMessage = code === 'EENVELOPE' || code === 'EMESSAGE';
  const forGood = responseCode === undefined || (error.permanent === true && !WANTS_LOGIN.includes(responseCode));
  if (aboutMessage && forGood) {
    return {
      result: 'refused',
      reason: error.response ?? error.message,
      detail: { ...(responseCode === undefined ? {} : { smtp: responseCode }), command: command ?? null },
    };
  }
  throw new TemporaryDeliveryError(sayWhy(error), {
    cause: error,
    mayHaveArrived: bodyWasRead && responseCode === undefined,
  });
}

function sayWhy({ code, response, message, responseCode = 0 }: NodemailerError): string {
  if (code === 'EAUTH' || code === 'ENOAUTH' || WANTS_LOGIN.includes(responseCode))
    return `The mail server does not let us in: ${response ?? message}. Check user and password in SMTP_URL`;
  if (response !== undefined) return `The mail server said for now: ${response}`;
  return `The mail server cannot be reached or does not answer: ${message}`;
}
