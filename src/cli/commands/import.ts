/**
 * `throughline import people|accounts|events FILE`
 * @module
 */
import { Argument, Command, Option } from 'commander';
import { createClock } from '../../core/time.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { TraitType } from '../../definitions/workspace-types.ts';
import { IMPORTS, type What } from '../../import/fields.ts';
import { type ImportRequest, type ImportSummary, importFile } from '../../import/import-file.ts';
import { FORMATS, type Format, UnusableFileError } from '../../import/source-file.ts';
import type { Database } from '../../store/database.ts';
import { configFromEnvironment, databaseUrlOf, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { importProgress } from '../import-progress.ts';
import { describeImport, mapped } from '../import-text.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly format?: Format;
  readonly map: ReadonlyMap<string, string>;
  readonly rejects?: string;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly live?: boolean;
  readonly json?: boolean;
}

export function importCommand(): Command {
  return new Command('import')
    .description(
      'Read people, accounts or events from a CSV or NDJSON file, gzip or plain; exit code 1: rows were rejected.',
    )
    .addArgument(new Argument('<what>', 'what its rows are').choices(IMPORTS))
    .argument('<file>', 'the file')
    .addOption(new Option('--format <format>', 'where the name does not tell').choices(FORMATS))
    .option(
      '--map <column=field>',
      'what a column is: userId, traits.plan:string, …; - leaves it out',
      mapped,
      new Map(),
    )
    .option('--rejects <file>', 'where rejected rows go (default: FILE.rejects.ndjson)')
    .option('--resume', 'there must be an import that was broken off; one is taken up without this, too')
    .option('--dry-run', 'check every row and store nothing')
    .addOption(new Option('--history', 'the rows change audiences and start no journey (default)').conflicts('live'))
    .option('--live', 'the rows start journeys, as if they came by the tracking API')
    .option('--json', 'print one JSON object')
    .action(async (what: What, file: string, options: Options) => {
      const { json = false, dryRun = false } = options;
      const summary = await run(what, file, options).catch(asWrongUse);
      if (json) printJson({ held: summary.rejected === 0, dryRun, ...summary });
      else print(describeImport(summary, dryRun));
      if (summary.rejected > 0) process.exitCode = FAILED;
    });
}

async function run(what: What, file: string, options: Options): Promise<ImportSummary> {
  const config = configFromEnvironment();
  const progress = importProgress(process.stderr);
  const request: Omit<ImportRequest, 'declared'> = {
    ...{ what, file, maps: options.map, silent: options.live !== true },
    rejects: options.rejects ?? `${file}.rejects.ndjson`,
    clock: createClock({ start: config.clockStart, speed: config.clockSpeed }),
    onProgress: progress.show,
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.resume === undefined ? {} : { resume: options.resume }),
  };
  const isDry = options.dryRun === true;
  try {
    if (isDry && (await databaseUrlOf(config)) === undefined)
      return await importFile(null, { ...request, declared: {} });
    return await withDatabase(config, async (db) =>
      importFile(isDry ? null : db, { ...request, declared: await declaredTypes(db, what) }),
    );
  } finally {
    progress.done();
  }
}

/** What the published workspace says of traits; of properties it says nothing. */
async function declaredTypes(db: Database, what: What): Promise<Readonly<Record<string, TraitType>>> {
  const settings = (await currentPublication(db))?.workspace.settings;
  if (what === 'events') return {};
  return (what === 'people' ? settings?.traits : settings?.accountTraits) ?? {};
}

function asWrongUse(error: unknown): never {
  throw error instanceof UnusableFileError ? new WrongUseError(error.message) : error;
}
