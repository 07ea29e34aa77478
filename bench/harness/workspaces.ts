/**
 * The workspaces of the benches.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';

/** `reference-email`, `reference-in-app` and `bench-latency`. */
export const REFERENCE_WORKSPACE = fileURLToPath(new URL('../workspace', import.meta.url));
/** `nurture`, `wait-for`, `experiment` and `account-task`, whose cost is held against the same written by hand. */
export const COST_WORKSPACE = fileURLToPath(new URL('../workspace-cost', import.meta.url));
/** Fifty journeys `capped-01` to `capped-50` under a cap of one. */
export const CAPS_WORKSPACE = fileURLToPath(new URL('../workspace-caps', import.meta.url));
/** Every kind of step, what holds messages back, and an account's journey, all within a minute or two. */
export const KILL_WORKSPACE = fileURLToPath(new URL('../workspace-kill', import.meta.url));
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

/** Compiled, for benches that publish it themselves. */
export async function workspaceIn(folder: string): Promise<Workspace> {
  const loaded = await loadWorkspace(folder);
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.workspace;
}
