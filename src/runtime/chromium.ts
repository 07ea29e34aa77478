/**
 * The browser that tests of pages drive.
 * @module
 */
import { isExecutable, onPath, run } from './installed.ts';
import type { Log } from './log.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** `CHROMIUM_PATH`, or one that is installed. */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH;
  for (const name of NAMES) {
    const found = await onPath(name, env);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Finds a browser, or installs one where this machine lets us. */
export async function chromiumExecutable(log: Log): Promise<string> {
  const found = await findChromium();
  if (found !== undefined && (await isExecutable(found))) return found;
  const apt = await onPath('apt-get');
  if (found !== undefined || apt === undefined || process.getuid?.() !== 0) {
    const why = found === undefined ? 'There is no Chromium' : `CHROMIUM_PATH is "${found}", which is no program`;
    throw new Error(`${why}. Install Chromium, or set CHROMIUM_PATH to where it is.`);
  }
  log.info('Installing Chromium once with apt-get; this takes a minute.');
  await run(apt, ['update']);
  await run(apt, ['install', '--yes', '--no-install-recommends', 'chromium'], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const installed = await findChromium();
  if (installed === undefined) throw new Error('apt-get installed chromium, but there is none on the PATH.');
  return installed;
}
