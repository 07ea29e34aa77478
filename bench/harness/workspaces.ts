/**
 * The workspaces of the benches.
 * @module
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';

/** `reference-email`, `reference-in-app` and `bench-latency`. */
export const REFERENCE_WORKSPACE = fileURLToPath(new URL('../workspace', import.meta.url));
/** `nurture`, `wait-for`, `experiment` and `account-task`, whose cost is held against the same written by hand. */
export const COST_WORKSPACE = fileURLToPath(new URL('../workspace-cost', import.meta.url));
/** Fifty journeys `capped-01` to `capped-50` under a cap of one. */
export const CAPS_WORKSPACE = fileURLToPath(new URL('../workspace-caps', import.meta.url));
/** `ready-to-upgrade`, an audience of five clauses. */
export const PREVIEW_WORKSPACE = fileURLToPath(new URL('../workspace-preview', import.meta.url));
/** `gone-quiet`, an audience that people come into by time alone. */
export const CLOCK_WORKSPACE = fileURLToPath(new URL('../workspace-clock', import.meta.url));
/** Thirty audiences of different kinds. */
export const AUDIENCES_WORKSPACE = fileURLToPath(new URL('../workspace-audiences', import.meta.url));
/** Thirty audiences of different kinds, and journeys that mail at once or after a while. */
export const INGEST_WORKSPACE = fileURLToPath(new URL('../workspace-ingest', import.meta.url));
/** `waiting`, in which people stay for two weeks. */
export const WAITING_WORKSPACE = fileURLToPath(new URL('../workspace-waiting', import.meta.url));
/** The journeys that are shipped. */
export const SHIPPED_WORKSPACE = fileURLToPath(new URL('../../journeys', import.meta.url));
/** Of the sender in their settings. */
export const SENDER_DOMAIN = 'throughline.example';

const SHORTER = [
  ['wait: 1h', 'wait: 1s'],
  ['after: 14d', 'after: 90s'],
] as const;

/**
 * The reference workspace with a second for its hour and 90 seconds for its 14 days: for benches that restart processes, in
 * which a clock that runs faster than the machine's would jump.
 * @param inFolder where the copy goes
 */
export async function shortReference(inFolder: string): Promise<string> {
  const folder = join(inFolder, 'workspace');
  await cp(REFERENCE_WORKSPACE, folder, { recursive: true });
  const file = join(folder, 'reference.yaml');
  let text = await readFile(file, 'utf8');
  for (const [long, short] of SHORTER) {
    if (!text.includes(long)) throw new Error(`${file} does not say \`${long}\``);
    text = text.replaceAll(long, short);
  }
  await writeFile(file, text);
  return folder;
}

/** Compiled, for benches that publish it themselves. */
export async function workspaceIn(folder: string): Promise<Workspace> {
  const loaded = await loadWorkspace(folder);
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.workspace;
}
