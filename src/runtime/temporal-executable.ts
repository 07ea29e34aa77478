/**
 * The `temporal` program that runs a server on this machine: found, downloaded or built.
 * @module
 */
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, downloadsWork, isExecutable, makeOnce, onPath, PROJECT, run } from './installed.ts';
import type { Log } from './log.ts';

/** Later versions hold a replace directive, and Go does not install such. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const DOWNLOAD_TIMEOUT = 180_000;

/** No route to a Temporal server is open on this machine. The message names them all. */
export class NoTemporalError extends Error {
  override readonly name = 'NoTemporalError';

  constructor(reasons: readonly string[]) {
    super(
      [
        'There is no Temporal server to use. Any one of these helps:',
        '  - set TEMPORAL_ADDRESS to a server that runs (host:port)',
        '  - put the `temporal` program on the PATH (https://docs.temporal.io/cli)',
        '  - install Go 1.23 or later: it is then built once, in about three minutes',
        '  - give this machine access to https://temporal.download',
        ...reasons.map((reason) => `What was tried: ${reason}`),
      ].join('\n'),
    );
  }
}

/**
 * In this order: on the PATH, made before, downloaded by the SDK, built with Go.
 * @throws {NoTemporalError}
 */
export async function temporalExecutable(log: Log): Promise<string> {
  const found = await onPath('temporal');
  if (found !== undefined && (await works(found))) return found;
  const cached = join(cacheFolder(), 'bin', 'temporal');
  if ((await isExecutable(cached)) && !(await works(cached))) await rm(cached, { force: true });
  return makeOnce(cached, log, async (at) => {
    const reasons: string[] = [];
    for (const route of [download, build]) {
      const reason = await route(at, log);
      if (reason === undefined) return;
      log.debug(reason);
      reasons.push(reason);
    }
    throw new NoTemporalError(reasons);
  });
}

/** Makes the SDK, in a process of its own, download a server of this kind to the path `at`. */
export async function downloadBySdk(kind: 'createLocal' | 'createTimeSkipping', at: string): Promise<void> {
  const downloadDir = `${at}.download`;
  await mkdir(downloadDir, { recursive: true });
  const server = JSON.stringify({ executable: { type: 'cached-download', downloadDir } });
  const script = `
    import { TestWorkflowEnvironment } from '@temporalio/testing';
    await (await TestWorkflowEnvironment.${kind}({ server: ${server} })).teardown();`;
  await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: PROJECT, timeout: DOWNLOAD_TIMEOUT });
  const [file] = (await readdir(downloadDir)).filter((name) => name.startsWith('temporal'));
  if (file === undefined) throw new Error(`The SDK left nothing in ${downloadDir}.`);
  await chmod(join(downloadDir, file), 0o755);
  await rename(join(downloadDir, file), at);
}

async function download(at: string, log: Log): Promise<string | undefined> {
  if (!(await downloadsWork())) return 'https://temporal.download cannot be reached.';
  log.info('Downloading the Temporal dev server once (about 50 MB).');
  return downloadBySdk('createLocal', at).then(() => undefined, reasonOf);
}

async function build(at: string, log: Log): Promise<string | undefined> {
  const go = await onPath('go');
  if (go === undefined) return 'there is no `go` on the PATH.';
  log.info('Building the Temporal dev server once with Go; this takes two to four minutes.');
  const folder = `${at}.go`;
  const onStillRunning = (seconds: number) => log.info(`Still building the Temporal dev server (${seconds} s).`);
  try {
    await run(go, ['install', MODULE], { env: { ...process.env, GOBIN: folder }, cwd: dirname(at), onStillRunning });
    await rename(join(folder, 'temporal'), at);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function works(file: string): Promise<boolean> {
  return run(file, ['--version'], { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
