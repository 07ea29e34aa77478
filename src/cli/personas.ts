/**
 * The personas that a command names: of a file, or of every file in a folder.
 * @module
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../definitions/workspace-types.ts';
import { type Persona, parsePersonas } from '../simulate/persona.ts';
import { WrongUseError } from './exit-code.ts';

const PERSONA = /\.(ya?ml|json)$/i;

/** @throws {WrongUseError} where there is no such file or folder, or a folder holds no persona */
export async function readPersonas(
  path: string,
): Promise<{ readonly personas: readonly Persona[] } | { readonly problems: readonly Problem[] }> {
  const files = await filesAt(path);
  const parsed = await Promise.all(files.map(async (file) => parsePersonas(file, await readFile(file, 'utf8'))));
  const problems = parsed.flatMap((one) => ('problems' in one ? one.problems : []));
  if (problems.length > 0) return { problems };
  return { personas: parsed.flatMap((one) => ('personas' in one ? one.personas : [])) };
}

async function filesAt(path: string): Promise<string[]> {
  const info = await stat(path).catch((error: Error) => {
    throw new WrongUseError(`The persona cannot be read: ${error.message}`);
  });
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => PERSONA.test(name)).sort();
  if (names.length === 0) throw new WrongUseError(`There is no persona in ${path}: no file ends in .yaml or .json.`);
  return names.map((name) => join(path, name));
}
