/**
 * `throughline publish [folder]`
 * @module
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import { currentPublication, publish, UnknownAudienceError } from '../../definitions/publish.ts';
import type { Publication, Workspace } from '../../definitions/workspace-types.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { print, printJson } from '../output.ts';
import { describeWorkspace, printProblems, readWorkspace } from '../workspace.ts';

interface Options {
  readonly enterExisting?: readonly string[];
  readonly json?: boolean;
}

export function publishCommand(): Command {
  return new Command('publish')
    .description('Check a folder of definitions and put it in force; where anything is wrong, nothing changes.')
    .argument('[folder]', 'the workspace (default: WORKSPACE, or journeys)')
    .option('--enter-existing <audience...>', 'audiences whose present members start journeys now; `all` for each')
    .option('--json', 'print one JSON object')
    .action(async (name: string | undefined, { enterExisting = [], json = false }: Options) => {
      const config = configFromEnvironment();
      const folder = name === undefined ? config.workspace : resolve(name);
      const loaded = await readWorkspace(folder);
      if ('problems' in loaded) {
        printProblems(folder, loaded, json);
        process.exitCode = FAILED;
        return;
      }
      const { workspace } = loaded;
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const { before, publication } = await withDatabase(config, async (db) => ({
        before: await currentPublication(db),
        publication: await publish(db, workspace, new Date(now), {
          enterExisting: enterExisting.includes('all') ? 'all' : enterExisting,
        }).catch(asWrongUse),
      }));
      const isNew = before?.id !== publication.id;
      if (json) printJson({ held: true, folder, hash: publication.hash, publication: publication.id, isNew });
      else print(describePublication(folder, workspace, publication, isNew));
    });
}

function describePublication(folder: string, workspace: Workspace, publication: Publication, isNew: boolean): string {
  const what = isNew
    ? `Published as number ${publication.id}.`
    : `It was in force already, as number ${publication.id}.`;
  return `${describeWorkspace(folder, workspace)}\n${what}`;
}

function asWrongUse(error: unknown): never {
  throw error instanceof UnknownAudienceError ? new WrongUseError(error.message) : error;
}
