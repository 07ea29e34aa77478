/**
 * A mailbox for benches and kill tests: takes every message as fast as it can and writes down that it did.
 *
 *     node --import tsx bench/sink.ts --port 2525 --log mail.log
 *
 * One line per message, written before the 250 goes out: Message-ID, recipient and epoch milliseconds, tab-separated. A
 * line may therefore be there for a message whose sender never saw the 250, and none is missing for one who did. Prints its
 * port once it listens. May be killed at any moment and started again on the same port and file.
 * @module
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { SMTPServer } from 'smtp-server';

const HEADERS_AT_MOST = 64 * 1024;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    log: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});
const port = Number(values.port);
if (values.log === undefined || !Number.isInteger(port)) {
  process.stderr.write('Usage: node --import tsx bench/sink.ts --port PORT --log FILE\n');
  process.exit(2);
}
const log = openSync(values.log, 'a');

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  logger: false,
  onData: (stream, session, done) => {
    let head = '';
    stream.on('data', (chunk: Buffer) => {
      if (head.length < HEADERS_AT_MOST && !head.includes('\r\n\r\n')) head += chunk.toString('latin1');
    });
    stream.on('end', () => {
      const messageId = /^message-id:\s*(<[^>\r\n]*>)/im.exec(head)?.[1] ?? '-';
      const at = Date.now();
      const lines = session.envelope.rcptTo.map(({ address }) => `${messageId}\t${address}\t${at}\n`);
      writeSync(log, lines.join(''));
      done();
    });
  },
});

server.on('error', (error) => {
  const why = (error as NodeJS.ErrnoException).code;
  // A client that was killed midway is what this is for.
  if (why !== 'EADDRINUSE' && why !== 'EACCES') return;
  process.stderr.write(`The sink cannot listen on port ${port}: ${error.message}\n`);
  process.exit(1);
});
server.listen(port, values.host, () => {
  process.stdout.write(`${(server.server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => {
  closeSync(log);
  process.exit(0);
});
