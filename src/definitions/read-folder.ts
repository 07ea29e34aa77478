/**
 * The files of a workspace: every `.yaml`, `.yml` and `.mjml` anywhere below its folder.
 * @module
 */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface WorkspaceFile {
  /** Relative to the folder, with `/`. */
  readonly name: string;
  /** On disk. */
  readonly path: string;
  readonly text: string;
}

const DEFINITION = /\.(ya?ml|mjml)$/;

/**
 * In order of name. Folders and files that begin with a dot are left out, and `node_modules`.
 * @throws what the file system says, where the folder or a file cannot be read
 */
export async function readFolder(folder: string): Promise<readonly WorkspaceFile[]> {
  const names = (await namesBelow(folder, '')).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const text = await readFile(path, 'utf8');
      return { name, path, text: text.replace(/^\uFEFF/, '') };
    }),
  );
}

async function namesBelow(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  const names = entries
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .map(async (entry) => {
      const name = `${prefix}${entry.name}`;
      if (entry.isDirectory()) return namesBelow(folder, `${name}/`);
      return DEFINITION.test(name) && (await isFile(join(folder, name), entry)) ? [name] : [];
    });
  return (await Promise.all(names)).flat();
}

/** A link to a file is one too: that is how Kubernetes mounts configuration. */
async function isFile(path: string, entry: Dirent): Promise<boolean> {
  return entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile());
}
