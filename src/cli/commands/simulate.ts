/**
 * `throughline simulate JOURNEY --persona FILE`
 * @module
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { didYouMean } from '../../definitions/problems.ts';
import { parsePersona } from '../../simulate/persona.ts';
import { renderSimulation } from '../../simulate/render-simulation.ts';
import { simulate } from '../../simulate/simulate.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { print, printJson } from '../output.ts';
import { printProblems, readWorkspace } from '../workspace.ts';

interface Options {
  readonly persona: string;
  readonly workspace: string;
  readonly only?: boolean;
  readonly json?: boolean;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('What a person would live through in a journey, in virtual time; needs nothing but the files.')
    .argument('<journey>', 'its key')
    .requiredOption('--persona <file>', 'who it is and what they do (YAML)')
    .option('--workspace <folder>', 'the folder of definitions', process.env.WORKSPACE || 'journeys')
    .option('--only', 'no other journey of the workspace runs beside it')
    .option('--json', 'print one JSON object')
    .action(async (journey: string, { persona: file, workspace: name, only = false, json = false }: Options) => {
      const folder = resolve(name);
      const loaded = await readWorkspace(folder);
      if ('problems' in loaded) return failWith(folder, loaded, json);
      const persona = parsePersona(file, await read(file));
      if ('problems' in persona) return failWith(file, persona, json);

      const { workspace } = loaded;
      const keys = Object.keys(workspace.journeys);
      if (!keys.includes(journey)) {
        const fix = didYouMean(journey, keys) ?? `There are: ${keys.join(', ') || 'none'}.`;
        throw new WrongUseError(`No journey in ${name} is called \`${journey}\`. ${fix}`);
      }
      const simulation = simulate({ workspace, journey, persona: persona.persona, only });
      if (json) printJson({ held: true, ...simulation });
      else print(renderSimulation(simulation));
    });
}

function failWith(where: string, { problems }: Parameters<typeof printProblems>[1], json: boolean): void {
  printProblems(where, { problems }, json);
  process.exitCode = FAILED;
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new WrongUseError(`The persona cannot be read: ${error.message}`);
  });
}
