/**
 * The workspace of the kill bench for one storm, and what becomes of it in the midst of that.
 * @module
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Instant, MINUTE } from '../../src/core/time.ts';
import { KILL_WORKSPACE } from '../harness/workspaces.ts';

/** Stand in the files for what only a storm knows. */
const RECEIVER = 'http://127.0.0.1:9';
const [OPENS, CLOSES] = ['23:58', '22:00'];

/** `all-kinds` of later: another wait, and a message before the last call. */
const BEFORE = '  - { id: middle, wait: 2s }';
const AFTER = '  - { id: pause, wait: 3s }\n  - { id: added, in-app: kill-note }';
/** Where people go who are at a step that is there no more. */
export const LATER_MAP = { journey: 'all-kinds', steps: { middle: 'pause' } };

export interface StormWorkspace {
  readonly folder: string;
  /** Changes `all-kinds` in the folder. */
  change(): Promise<void>;
}

/**
 * @param inFolder where the copy goes
 * @param receiver address that webhooks go to
 * @param opens a full minute, until which there are quiet hours
 */
export async function stormWorkspace(inFolder: string, receiver: string, opens: Instant): Promise<StormWorkspace> {
  const folder = join(inFolder, 'workspace');
  await cp(KILL_WORKSPACE, folder, { recursive: true });
  const edit = async (name: string, ...changes: readonly (readonly [from: string, to: string])[]) => {
    const file = join(folder, name);
    let text = await readFile(file, 'utf8');
    for (const [from, to] of changes) {
      if (!text.includes(from)) throw new Error(`${file} does not say \`${from}\``);
      text = text.replaceAll(from, to);
    }
    await writeFile(file, text);
  };
  const closes = opens - 120 * MINUTE;
  const clock = (at: Instant) => new Date(at).toISOString().slice(11, 16);
  await edit('settings.yaml', [OPENS, clock(opens)], ["from: '00:00'", `from: '${clock(closes)}'`]);
  await edit('held.yaml', [OPENS, clock(opens)], [CLOSES, clock(closes)]);
  await edit('all-kinds.yaml', [RECEIVER, receiver]);
  return { folder, change: () => edit('all-kinds.yaml', [BEFORE, AFTER]) };
}
