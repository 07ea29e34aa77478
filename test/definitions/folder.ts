import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem } from '../../src/definitions/problems.ts';
import { type Loaded, loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';

export type Files = Readonly<Record<string, string>>;

/** Settings that every test workspace has unless it brings its own. */
export const SETTINGS = `settings: test
timezone: Europe/Berlin
sender: Test <test@example.com>
traits: { firstName: string, plan: string, createdAt: date, address: object }
accountTraits: { name: string }
`;

/** Settings with traits of every type, and an end to history. */
export const LANGUAGE_SETTINGS = `settings: test
timezone: Europe/Berlin
sender: Test <test@example.com>
traits: { plan: string, seats: number, vip: boolean, tags: list, createdAt: date, address: object }
accountTraits: { domain: string, licensed: number }
`;

/** Likewise, but events are kept for 90 days only. */
export const FORGETFUL_SETTINGS = `${LANGUAGE_SETTINGS}keepHistory: 90d\n`;

export const EMAIL = `---
email: hello
subject: Hello
---
<mjml><mj-body><mj-section><mj-column>
<mj-text>Hi {{ person.firstName }}, <a href="{{ unsubscribeUrl }}">unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
`;

export async function load(files: Files): Promise<Loaded> {
  const folder = await mkdtemp(join(tmpdir(), 'workspace-'));
  try {
    for (const [name, text] of Object.entries({ 'settings.yaml': SETTINGS, ...files })) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await loadWorkspace(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What `validate` says, line by line. */
export async function messagesOf(files: Files): Promise<readonly string[]> {
  const loaded = await load(files);
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
}

/** @throws with every problem, where there is one */
export async function workspaceOf(files: Files): Promise<Workspace> {
  const loaded = await load(files);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.workspace;
}
