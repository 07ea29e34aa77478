/**
 * A mailbox on this machine that takes every email and shows it on a page.
 * @module
 */
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answers, freePort } from './free-port.ts';
import { type LocalServer, ServerEndedError, startServer } from './local-server.ts';

const READY_WITHIN = 30_000;
const TRIES = 5;
const TRY_AGAIN_AFTER = 200;

export interface LocalMailboxSettings {
  /** Emails go to `mail` below it, messages to `mailbox.log`. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly smtpPort?: number;
  /** Where this one is taken, or none is given: a free one. */
  readonly webPort?: number;
}

export interface LocalMailbox extends LocalServer {
  readonly smtpUrl: string;
  /** The page; `GET <webUrl>/email` lists what came as JSON, `DELETE <webUrl>/email/all` empties it. */
  readonly webUrl: string;
  /** What to start a successor with that is found at the same places. */
  readonly ports: { readonly smtpPort: number; readonly webPort: number };
}

/** @throws {ServerEndedError} */
export async function startLocalMailbox(settings: LocalMailboxSettings): Promise<LocalMailbox> {
  const { dataDir } = settings;
  const mail = join(dataDir, 'mail');
  await mkdir(mail, { recursive: true });
  const program = join(dirname(createRequire(import.meta.url).resolve('maildev/package.json')), 'bin', 'maildev');
  for (let attempt = 1; ; attempt++) {
    const smtpPort = settings.smtpPort ?? (await freePort());
    const webPort = await freePort(settings.webPort);
    const webUrl = `http://127.0.0.1:${webPort}`;
    const ports = ['--smtp', String(smtpPort), '--web', String(webPort)];
    try {
      const server = await startServer(
        {
          name: 'mailbox',
          file: process.execPath,
          args: [program, ...ports, '--ip', '127.0.0.1', '--mail-directory', mail, '--silent'],
          logFile: join(dataDir, 'mailbox.log'),
          stopSignal: 'SIGTERM',
          patience: 3_000,
        },
        {
          isReady: async () => (await answers(smtpPort)) && (await isServed(`${webUrl}/healthz`)),
          within: READY_WITHIN,
        },
      );
      return { ...server, smtpUrl: `smtp://127.0.0.1:${smtpPort}`, webUrl, ports: { smtpPort, webPort } };
    } catch (error) {
      const lostPort = error instanceof ServerEndedError && error.output.includes('EADDRINUSE');
      if (!lostPort || attempt === TRIES) throw error;
      await delay(TRY_AGAIN_AFTER);
    }
  }
}

async function isServed(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}
