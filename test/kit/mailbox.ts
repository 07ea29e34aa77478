import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface TestMailboxSettings {
  /** Addresses the server answers with 550. */
  readonly refuse?: (address: string) => boolean;
  /** Addresses the server answers with 451 for now, as often as it is asked. */
  readonly defer?: (address: string) => boolean | Promise<boolean>;
  /** Addresses whose message the server takes, and hangs up before it has said so. */
  readonly hangUp?: (address: string) => boolean;
  /** Default: a free one. */
  readonly port?: number;
}

export interface ReceivedEmail extends Email {
  /** Who the server was told it is for. */
  readonly recipients: readonly string[];
}

export interface TestMailbox {
  /** For `SMTP_URL`. */
  readonly url: string;
  readonly port: number;
  /** In the order they came. */
  messages(): readonly ReceivedEmail[];
  /** Those for one address. */
  messagesTo(address: string): readonly ReceivedEmail[];
  /** The messages, as soon as there are `count` of them; fails after ten seconds. */
  waitFor(count: number): Promise<readonly ReceivedEmail[]>;
  close(): Promise<void>;
}

const PATIENCE = 10_000;
/** Clients keep their connections open, and are not asked when the server goes away. */
const CLOSED_WITHIN = 50;

/** A real SMTP server that keeps what it is sent. */
export async function testMailbox({
  refuse = () => false,
  defer = () => false,
  hangUp = () => false,
  port: wanted = 0,
}: TestMailboxSettings = {}): Promise<TestMailbox> {
  const received: ReceivedEmail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: CLOSED_WITHIN,
    onRcptTo: async ({ address }, _session, answer) => {
      if (refuse(address)) return answer(Object.assign(new Error('No such user here'), { responseCode: 550 }));
      if (await defer(address)) return answer(Object.assign(new Error('Come back later'), { responseCode: 451 }));
      answer();
    },
    onData: (stream, session, answer) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        received.push({ ...(await PostalMime.parse(Buffer.concat(chunks))), recipients });
        if (recipients.some(hangUp)) for (const connection of server.connections) connection.close();
        else answer();
        for (const look of waiting) look();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((listening) => server.listen(wanted, '127.0.0.1', listening));
  const { port } = server.server.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    messages: () => received,
    messagesTo: (address) => received.filter(({ recipients }) => recipients.includes(address)),
    waitFor: (count) =>
      new Promise((enough, failed) => {
        const look = () => {
          if (received.length < count) return;
          clearTimeout(patience);
          waiting.delete(look);
          enough(received);
        };
        const patience = setTimeout(() => {
          waiting.delete(look);
          failed(new Error(`${received.length} of ${count} messages came within ${PATIENCE / 1_000} s.`));
        }, PATIENCE);
        waiting.add(look);
        look();
      }),
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}
