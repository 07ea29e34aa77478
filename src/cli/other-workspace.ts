/**
 * The workspace that a command compares with: what is published, another folder, or the same folder at a revision of git.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { currentPublication } from '../definitions/publish.ts';
import { loadWorkspace } from '../definitions/workspace.ts';
import type { Problem, Workspace } from '../definitions/workspace-types.ts';
import { configFromEnvironment, withDatabase } from './environment.ts';
import { WrongUseError } from './exit-code.ts';

const run = promisify(execFile);
const PUBLISHED = 'published';

/** `name` is for people to read. */
export type OtherWorkspace = { readonly name: string } & (
  | { readonly workspace: Workspace }
  | { readonly problems: readonly Problem[] }
);

/**
 * @param what `published`, a folder, or a revision; undefined: nothing
 * @param folder the workspace that is compared with it
 * @throws {WrongUseError} where there is no such thing
 */
export async function readOtherWorkspace(what: string | undefined, folder: string): Promise<OtherWorkspace | null> {
  if (what === undefined) return null;
  if (what === PUBLISHED) return readPublished();
  const isFolder = await stat(what).then(
    (info) => info.isDirectory(),
    () => false,
  );
  return isFolder ? { name: what, ...(await loadWorkspace(resolve(what))) } : readRevision(what, folder);
}

async function readPublished(): Promise<OtherWorkspace> {
  const publication = await withDatabase(configFromEnvironment(), currentPublication);
  if (publication === null) throw new WrongUseError('Nothing is published yet. `throughline publish` does that.');
  return { name: `publication ${publication.id}`, workspace: publication.workspace };
}

async function readRevision(revision: string, folder: string): Promise<OtherWorkspace> {
  const unpacked = await mkdtemp(join(tmpdir(), 'throughline-revision-'));
  try {
    const archive = join(unpacked, 'archive.tar');
    const files = join(unpacked, 'files');
    // From within the folder, so that the archive holds what is in it and nothing else.
    await run('git', ['-C', folder, 'archive', '--output', archive, '--end-of-options', revision, '.']);
    await mkdir(files);
    await run('tar', ['-xf', archive, '-C', files]);
    return { name: revision, ...(await loadWorkspace(files)) };
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new WrongUseError(
      `\`${revision}\` is no folder, and git has no such revision of ${folder}: ${said.split('\n').at(-1)}`,
    );
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}
