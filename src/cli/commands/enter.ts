/**
 * `throughline enter JOURNEY --file FILE`
 * @module
 */
import { Command, Option } from 'commander';
import { createClock } from '../../core/time.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { type ImportSummary, importFile } from '../../import/import-file.ts';
import { FORMATS, type Format, UnusableFileError } from '../../import/source-file.ts';
import { expectRequestable, NotByRequestError } from '../../runs/entry-requests.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { importProgress } from '../import-progress.ts';
import { describeImport, mapped } from '../import-text.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly file: string;
  readonly format?: Format;
  readonly map: ReadonlyMap<string, string>;
  readonly rejects?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function enterCommand(): Command {
  return new Command('enter')
    .description(
      'Ask the people of a CSV or NDJSON file into a journey that says `enter: { request: true }`; exit code 1: rows were rejected.',
    )
    .argument('<journey>', 'the journey')
    .requiredOption('--file <file>', 'a column `userId`; what other columns hold, templates see as `event`')
    .addOption(new Option('--format <format>', 'where the name does not tell').choices(FORMATS))
    .option(
      '--map <column=field>',
      'what a column is: userId, properties.plan:string, …; - leaves it out',
      mapped,
      new Map(),
    )
    .option('--rejects <file>', 'where rejected rows go (default: FILE.rejects.ndjson)')
    .option('--dry-run', 'check every row and store nothing')
    .option('--json', 'print one JSON object')
    .action(async (journey: string, options: Options) => {
      const { json = false, dryRun = false } = options;
      const summary = await run(journey, options).catch(asWrongUse);
      if (json) printJson({ held: summary.rejected === 0, dryRun, journey, ...summary });
      else print(describeImport(summary, dryRun, `entries into ${journey}`));
      if (summary.rejected > 0) process.exitCode = FAILED;
    });
}

async function run(journey: string, { file, format, map: maps, rejects, dryRun }: Options): Promise<ImportSummary> {
  const config = configFromEnvironment();
  const progress = importProgress(process.stderr);
  const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
  try {
    return await withDatabase(config, async (db) => {
      expectRequestable(journey, (await currentPublication(db))?.workspace ?? { journeys: {} });
      return importFile(dryRun === true ? null : db, {
        ...{ what: 'entries', journey, file, maps, declared: {}, silent: false, clock, onProgress: progress.show },
        rejects: rejects ?? `${file}.rejects.ndjson`,
        ...(format === undefined ? {} : { format }),
      });
    });
  } finally {
    progress.done();
  }
}

function asWrongUse(error: unknown): never {
  const isWrong = error instanceof UnusableFileError || error instanceof NotByRequestError;
  throw isWrong ? new WrongUseError(error.message) : error;
}
