/**
 * `throughline play [NAME] [--into FOLDER]`: ready-made journeys to start from.
 * @module
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { parseAllDocuments } from 'yaml';
import { didYouMean } from '../../definitions/problems.ts';
import { loadWorkspace } from '../../definitions/workspace.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { print, printJson } from '../output.ts';
import { describeProblems } from '../workspace.ts';

/** One workspace, with a folder for each play beside its settings. */
const PLAYS = fileURLToPath(new URL('../../../plays/workspace/', import.meta.url));
/** What plays share, and a workspace that has its own keeps. */
const SETTINGS = 'settings.yaml';
const ROLES = 'roles.yaml';

interface Options {
  readonly into: string;
  readonly json?: boolean;
}

export function playCommand(): Command {
  return new Command('play')
    .description('Ready-made journeys to start from: lists them, or copies one into your workspace.')
    .argument('[name]', 'the play to copy')
    .option('--into <folder>', 'the folder of definitions it goes to', process.env.WORKSPACE || 'journeys')
    .option('--json', 'print one JSON object')
    .action(async (name: string | undefined, { into, json = false }: Options) => {
      const plays = await listPlays();
      if (name === undefined) return show(plays, json);
      if (!plays.some((play) => play.name === name)) {
        const names = plays.map((play) => play.name);
        const fix = didYouMean(name, names) ?? `There are: ${names.join(', ')}.`;
        throw new WrongUseError(`There is no play \`${name}\`. ${fix}`);
      }
      await copyPlay(name, resolve(into), json);
    });
}

interface Play {
  readonly name: string;
  readonly description: string;
}

async function listPlays(): Promise<Play[]> {
  const entries = await readdir(PLAYS, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(folders.sort().map(async (name) => ({ name, description: await descriptionOf(name) })));
}

/** Its journey is called like the play. */
async function descriptionOf(play: string): Promise<string> {
  const documents = parseAllDocuments(await readFile(join(PLAYS, play, 'journey.yaml'), 'utf8'));
  const definitions = documents.map((document) => document.toJS() as { journey?: string; description?: string });
  return definitions.find(({ journey }) => journey === play)?.description ?? '';
}

function show(plays: readonly Play[], json: boolean): void {
  const width = Math.max(...plays.map(({ name }) => name.length));
  if (json) printJson({ held: true, plays });
  else print(plays.map(({ name, description }) => `${name.padEnd(width)}  ${description}`).join('\n'));
}

/** Copies nothing where something of it is there already. Settings, and the roles that plays of accounts name, come along. */
async function copyPlay(name: string, folder: string, json: boolean): Promise<void> {
  const target = join(folder, name);
  if (await isThere(target)) throw new WrongUseError(`There is a folder ${target} already. Name another with --into.`);
  await mkdir(target, { recursive: true });
  const files = (await readdir(join(PLAYS, name))).map((file) => ({
    from: join(PLAYS, name, file),
    to: join(target, file),
  }));
  for (const shared of (await namesRoles(name)) ? [SETTINGS, ROLES] : [SETTINGS])
    if (!(await isThere(join(folder, shared)))) files.push({ from: join(PLAYS, shared), to: join(folder, shared) });
  for (const { from, to } of files) await copyFile(from, to, constants.COPYFILE_EXCL);

  const loaded = await loadWorkspace(folder);
  const problems = 'problems' in loaded ? loaded.problems : [];
  const copied = files.map(({ to }) => relative(folder, to)).sort();
  if (json) printJson({ held: problems.length === 0, play: name, folder, copied, problems });
  else
    print([...copied, '', problems.length === 0 ? 'Nothing is wrong.' : describeProblems(folder, problems)].join('\n'));
  if (problems.length > 0) process.exitCode = FAILED;
}

async function namesRoles(play: string): Promise<boolean> {
  return /^of: accounts$/m.test(await readFile(join(PLAYS, play, 'journey.yaml'), 'utf8'));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
