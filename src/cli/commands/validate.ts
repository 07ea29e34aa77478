/**
 * `throughline validate [folder]`
 * @module
 */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { FAILED } from '../exit-code.ts';
import { print, printJson } from '../output.ts';
import { describeWorkspace, printProblems, readWorkspace } from '../workspace.ts';

export function validateCommand(): Command {
  return new Command('validate')
    .description('Check a folder of definitions; needs nothing but the files.')
    .argument('[folder]', 'the workspace', process.env.WORKSPACE || 'journeys')
    .option('--json', 'print one JSON object')
    .action(async (name: string, { json = false }: { json?: boolean }) => {
      const folder = resolve(name);
      const loaded = await readWorkspace(folder);
      if ('problems' in loaded) {
        printProblems(folder, loaded, json);
        process.exitCode = FAILED;
        return;
      }
      const { workspace } = loaded;
      const { hash, journeys, audiences } = workspace;
      if (!json) return print(describeWorkspace(folder, workspace));
      printJson({ held: true, folder, hash, journeys: Object.keys(journeys), audiences: namedAudiences(audiences) });
    });
}
