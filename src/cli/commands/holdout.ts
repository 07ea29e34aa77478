/**
 * `throughline holdout --goal EVENT [--value PROPERTY] [--within 30d]`
 * @module
 */
import { Command } from 'commander';
import { goalEvents } from '../../audiences/goal-events.ts';
import { createClock } from '../../core/time.ts';
import { duration, millisecondsOf } from '../../definitions/schema-values.ts';
import { reportHoldout } from '../../measurement/holdout.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { tableOf } from '../experiments-text.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly goal: string;
  readonly value?: string;
  readonly within: string;
  readonly json?: boolean;
}

export function holdoutCommand(): Command {
  return new Command('holdout')
    .description('What all journeys together came to, against the people who are held out of every one.')
    .requiredOption('--goal <event>', 'the event that counts as a conversion')
    .option('--value <property>', 'its property that says what it is worth')
    .option('--within <time>', 'how long after their first exposure people have time', '30d')
    .option('--json', 'print one JSON object')
    .action(async ({ goal, value, within, json = false }: Options) => {
      if (!duration.safeParse(within).success) throw new WrongUseError(`\`${within}\` is no time such as \`30d\`.`);
      const config = configFromEnvironment();
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const question = { goal, value, within: millisecondsOf(within) };
      const report = await withDatabase(config, (db) => reportHoldout(db, question, goalEvents, now));
      if (json) printJson({ held: true, ...report });
      else if (report.sides.some(({ variant }) => variant === null))
        print(tableOf({ ...report, control: null }).join('\n'));
      else print('Nobody who is held out of every journey was to get anything yet.');
    });
}
