/**
 * A workspace that came as texts by file name, checked and compiled as one in a folder is.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { problemAt } from '../definitions/source.ts';
import { type Loaded, loadWorkspace } from '../definitions/workspace.ts';

/** By name relative to the workspace's folder, with `/`. */
export type SentFiles = Readonly<Record<string, string>>;

export async function compileSent(files: SentFiles): Promise<Loaded> {
  const outside = Object.keys(files).filter((name) => !isInside(name));
  if (outside.length > 0) {
    const fix = 'Name it from the folder of the workspace on, as in `templates/welcome.mjml`';
    return { problems: outside.map((name) => problemAt(name, START, 'The file is not inside the workspace', fix)) };
  }
  const folder = await mkdtemp(join(tmpdir(), 'throughline-sent-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await loadWorkspace(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const START = { line: 1, column: 1 };

function isInside(name: string): boolean {
  const plain = normalize(name);
  return !/^([/\\]|[A-Za-z]:)/.test(name) && !name.includes('\0') && plain !== '..' && !plain.startsWith('../');
}
