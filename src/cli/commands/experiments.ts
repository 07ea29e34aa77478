/**
 * `throughline experiments JOURNEY [--choose EXPERIMENT=VARIANT] [--undo EXPERIMENT]`
 * @module
 */
import { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import { UnknownExperimentError } from '../../definitions/choose-variant.ts';
import { chooseWinner, measureExperiments, takeWinnerBack } from '../../server/experiments.ts';
import type { Database } from '../../store/database.ts';
import { choiceIn } from '../chosen-variants.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { experimentsText } from '../experiments-text.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly choose?: string;
  readonly undo?: string;
  readonly json?: boolean;
}

export function experimentsCommand(): Command {
  return new Command('experiments')
    .description("What a journey's experiments and its hold-out came to.")
    .argument('<journey>', 'its name')
    .option('--choose <experiment=variant>', 'give everybody new this variant')
    .option('--undo <experiment>', 'let chance decide again')
    .option('--json', 'print one JSON object')
    .action(async (journey: string, options: Options) => {
      const config = configFromEnvironment();
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const { said, measured } = await withDatabase(config, async (db) => {
        const decided = await decide(db, journey, options, now);
        return { said: decided, measured: await measureExperiments(db, journey, now) };
      }).catch((error: unknown) => {
        throw error instanceof UnknownExperimentError ? new WrongUseError(`${error.message}. ${error.fix}`) : error;
      });
      if (options.json) printJson({ held: true, ...measured });
      else print([...said, experimentsText(measured)].join('\n\n'));
    });
}

async function decide(db: Database, journey: string, { choose, undo }: Options, now: number): Promise<string[]> {
  if (choose !== undefined && undo !== undefined) throw new WrongUseError('Give `--choose` or `--undo`, not both.');
  if (choose !== undefined) {
    const [experiment, variant] = choiceIn(choose);
    await chooseWinner(db, journey, experiment, variant, now);
    return [`Everybody new in ${experiment} gets ${variant} from now on.`];
  }
  if (undo === undefined) return [];
  const variant = await takeWinnerBack(db, journey, undo, now);
  return [variant === null ? `${undo} had no winner.` : `Chance decides again in ${undo}; ${variant} was the winner.`];
}
