import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly recipients: readonly string[];
  readonly sender: string;
  readonly source: string;
  readonly mail: Email;
  /** By `performance.now()`. */
  readonly at: number;
}

interface Behaviour {
  /** What is answered to RCPT, by address. */
  readonly recipients?: Readonly<Record<string, { code: number; text: string }>>;
  /** Milliseconds until RCPT is answered. */
  readonly slowness?: number;
  /** What is answered to the message itself. */
  readonly message?: { code: number; text: string };
  /** After the whole message was read: `hang up` without an answer. */
  readonly afterMessage?: 'hang up';
  /** Nobody gets in without logging in as `ada`. */
  readonly login?: boolean;
  readonly port?: number;
}

/** A receiving mail server on this machine, and what it received. */
export async function startMailbox({
  recipients = {},
  slowness = 0,
  message,
  afterMessage,
  login = false,
  port = 0,
}: Behaviour = {}) {
  const received: Received[] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: !login,
    allowInsecureAuth: true,
    disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 20,
    onAuth: ({ username }, _session, done) =>
      username === 'ada' ? done(null, { user: 'ada' }) : done(answer({ code: 535, text: 'Who are you?' })),
    onConnect: (_session, done) => {
      connections += 1;
      done();
    },
    onRcptTo: ({ address }, _session, done) => {
      const refusal = recipients[address];
      setTimeout(() => done(refusal === undefined ? null : answer(refusal)), slowness);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const at = performance.now();
        const source = Buffer.concat(chunks).toString();
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          recipients: rcptTo.map(({ address }) => address),
          sender: mailFrom === false ? '' : mailFrom.address,
          source,
          mail: await PostalMime.parse(source),
          at,
        });
        if (afterMessage === 'hang up') {
          for (const connection of server.connections) connection.close();
          return;
        }
        done(message === undefined ? null : answer(message));
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  const { port: taken } = server.server.address() as AddressInfo;
  return {
    port: taken,
    url: `smtp://127.0.0.1:${taken}`,
    received,
    connections: () => connections,
    close: () => new Promise<void>((closed) => server.close(closed)),
  };
}

function answer({ code, text }: { code: number; text: string }): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
