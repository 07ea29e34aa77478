/**
 * The product as processes of their own, started as its operators start it: `throughline start`, by environment.
 * @module
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Role } from '../../src/runtime/config.ts';
import { freePort } from '../../src/runtime/free-port.ts';
import { type LocalServer, startServer } from '../../src/runtime/local-server.ts';
import type { Ground } from './ground.ts';

export const WRITE_KEY = 'bench-write-key';
export const API_KEY = 'bench-api-key';
const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const READY_WITHIN = 120_000;

export interface ProductProcessSettings {
  /** Names its log file: `engine`. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Folder of definitions. */
  readonly workspace: string;
  readonly smtpUrl: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default 1. */
  readonly clockSpeed?: number;
  /** Folder for a CPU profile, written when the process is stopped. */
  readonly profileTo?: string;
}

export interface ProductProcess extends LocalServer {
  /** Where events go. */
  readonly url: string;
  readonly port: number;
}

/** Starts it and waits until it says that it is ready; one without the role `api` until it runs. */
export async function startProductProcess(ground: Ground, settings: ProductProcessSettings): Promise<ProductProcess> {
  const { name, roles, workspace, smtpUrl, clockSpeed = 1, profileTo } = settings;
  const port = settings.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer(
    {
      name,
      file: process.execPath,
      args: [
        ...(profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`]),
        ...['--import', 'tsx', CLI, 'start'],
      ],
      env: {
        ...process.env,
        PORT: String(port),
        PUBLIC_URL: url,
        DATA_DIR: join(ground.dataDir, name),
        WORKSPACE: workspace,
        DATABASE_URL: ground.databaseUrl,
        TEMPORAL_ADDRESS: ground.temporalAddress,
        TEMPORAL_NAMESPACE: ground.temporalNamespace,
        SMTP_URL: smtpUrl,
        WRITE_KEY,
        API_KEY,
        ROLES: roles.join(','),
        CLOCK_SPEED: String(clockSpeed),
        LOG_LEVEL: 'warn',
      },
      logFile: join(ground.dataDir, `${name}.log`),
      stopSignal: 'SIGTERM',
      patience: 20_000,
    },
    { isReady: async () => !roles.includes('api') || isReady(url), within: READY_WITHIN },
  );
  return { ...server, url, port };
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
  await response.body?.cancel();
  return response.ok;
}
