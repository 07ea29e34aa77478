/**
 * The folder of definitions, as commands read it and complain about it.
 * @module
 */
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Journey } from '../core/journey.ts';
import { namedAudiences } from '../definitions/named-audiences.ts';
import { didYouMean, formatProblem } from '../definitions/problems.ts';
import { loadWorkspace } from '../definitions/workspace.ts';
import type { Problem, Workspace } from '../definitions/workspace-types.ts';
import { WrongUseError } from './exit-code.ts';
import { counted, print, printJson } from './output.ts';

/** @throws {WrongUseError} where there is no such folder */
export async function readWorkspace(
  folder: string,
): Promise<{ readonly workspace: Workspace } | { readonly problems: readonly Problem[] }> {
  const isFolder = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new WrongUseError(`There is no folder ${folder}. Name the one that holds the definitions.`);
  return loadWorkspace(folder);
}

/** @param name of the folder. @throws {WrongUseError} where there is no such journey in it */
export function journeyCalled(key: string, { journeys }: Workspace, name: string): Journey {
  const version = journeys[key];
  if (version !== undefined) return version.journey;
  const keys = Object.keys(journeys);
  const fix = didYouMean(key, keys) ?? `There are: ${keys.join(', ') || 'none'}.`;
  throw new WrongUseError(`No journey in ${name} is called \`${key}\`. ${fix}`);
}

/** A line for each problem, and how many there are. */
export function describeProblems(folder: string, problems: readonly Problem[]): string {
  return [...problems.map(formatProblem), '', `${counted(problems.length, 'problem')} in ${shown(folder)}.`].join('\n');
}

/** What is wrong with a folder or a file, for people or for machines. */
export function printProblems(
  where: string,
  { problems }: { readonly problems: readonly Problem[] },
  json: boolean,
): void {
  if (json) printJson({ held: false, folder: where, problems });
  else print(describeProblems(where, problems));
}

export function describeWorkspace(folder: string, { journeys, audiences, hash }: Workspace): string {
  const size = [
    counted(Object.keys(journeys).length, 'journey'),
    counted(namedAudiences(audiences).length, 'audience'),
  ].join(' and ');
  return `${shown(folder)} holds ${size}, nothing wrong (${hash.slice(0, 12)}).`;
}

/** Short where it lies below where we are. */
function shown(folder: string): string {
  const short = relative(process.cwd(), folder);
  return short.startsWith('..') ? folder : short || '.';
}
