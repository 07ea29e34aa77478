/**
 * `throughline simulate JOURNEY --persona FILE`
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { renderSimulation } from '../../simulate/render-simulation.ts';
import { simulate } from '../../simulate/simulate.ts';
import type { Simulation } from '../../simulate/simulation.ts';
import { CHOOSE, chosenVariants } from '../chosen-variants.ts';
import { FAILED } from '../exit-code.ts';
import { print, printJson } from '../output.ts';
import { readPersonas } from '../personas.ts';
import { journeyCalled, printProblems, readWorkspace } from '../workspace.ts';

interface Options {
  readonly persona: string;
  readonly workspace: string;
  readonly only?: boolean;
  readonly choose?: readonly string[];
  readonly html?: string;
  readonly json?: boolean;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('What people would live through in a journey, in virtual time; needs nothing but the files.')
    .argument('<journey>', 'its key')
    .requiredOption('--persona <file>', 'who it is and what they do (YAML); a folder: everybody in it')
    .option('--workspace <folder>', 'the folder of definitions', process.env.WORKSPACE || 'journeys')
    .option('--only', 'no other journey of the workspace runs beside it')
    .addOption(CHOOSE)
    .option('--html <folder>', 'write the emails there')
    .option('--json', 'print one JSON object')
    .action(async (journey: string, options: Options) => {
      const { persona: file, workspace: name, only = false, choose, html, json = false } = options;
      const folder = resolve(name);
      const loaded = await readWorkspace(folder);
      if ('problems' in loaded) return failWith(folder, loaded, json);
      const read = await readPersonas(file);
      if ('problems' in read) return failWith(file, read, json);

      const { workspace } = loaded;
      const winners = chosenVariants(choose, journeyCalled(journey, workspace, name));
      const simulations = read.personas.map((persona) => simulate({ workspace, journey, persona, only, winners }));
      if (html !== undefined) await writeEmails(html, simulations);
      if (json) printJson({ held: true, simulations });
      else
        print(
          simulations
            .map((one) => renderSimulation(one, process.stdout.columns))
            .join('\n\n')
            .trimEnd(),
        );
    });
}

/** A file for each email of the journey, named after the person, the run and the step. */
async function writeEmails(folder: string, simulations: readonly Simulation[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { userId, runs } of simulations) {
    for (const { visit, messages } of runs) {
      for (const { channel, step, content, visit: place } of messages) {
        if (channel !== 'email' || content === null) continue;
        const name = `${userId}-${visit + 1}-${place + 1}-${step}.html`.replaceAll(/[^\w.@-]/g, '_');
        await writeFile(join(folder, name), String(content.html));
      }
    }
  }
}

function failWith(where: string, { problems }: Parameters<typeof printProblems>[1], json: boolean): void {
  printProblems(where, { problems }, json);
  process.exitCode = FAILED;
}
