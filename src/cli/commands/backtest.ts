/**
 * `throughline backtest JOURNEY --events FILE | --from TIME --to TIME`
 * @module
 */
import { createWriteStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'csv-stringify/sync';
import { createClock, DAY, type Instant } from '../../core/time.ts';
import { CLICKSTREAM } from '../../demo/clickstream.ts';
import { readShopHistory } from '../../demo/shop-history.ts';
import { FORMATS, type Format, UnusableFileError } from '../../import/source-file.ts';
import { instantOf } from '../../ingest/occurred-at.ts';
import { type Backtest, type BacktestEntry, backtest } from '../../simulate/backtest.ts';
import { BACKTEST_COLUMNS, rowsOf } from '../../simulate/backtest-rows.ts';
import type { Period } from '../../simulate/backtest-tally.ts';
import { BrokenHistoryError, readHistoryFile } from '../../simulate/history-file.ts';
import { countPeople, readHistoryLog } from '../../simulate/history-log.ts';
import { type History, SortByPerson } from '../../simulate/sort-by-person.ts';
import { looksAtAccounts } from '../../simulate/virtual-world.ts';
import type { Database } from '../../store/database.ts';
import { type BacktestPhase, backtestProgress } from '../backtest-progress.ts';
import { backtestText } from '../backtest-text.ts';
import { CHOOSE, chosenVariants } from '../chosen-variants.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { readOtherWorkspace } from '../other-workspace.ts';
import { print, printJson } from '../output.ts';
import { journeyCalled, printProblems, readWorkspace } from '../workspace.ts';

interface Options {
  readonly events?: readonly string[];
  readonly format?: Format;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly against?: string;
  readonly choose?: readonly string[];
  readonly workspace: string;
  readonly csv?: string;
  readonly json?: boolean;
}

export function backtestCommand(): Command {
  return new Command('backtest')
    .description(
      'Who would have entered a journey in the past, when, and what they would have got, before it is published.',
    )
    .argument('<journey>', 'its key')
    .option('--events <files...>', 'what happened, as NDJSON or CSV (default: the event log of the database)')
    .addOption(new Option('--format <format>', "where a file's name does not tell").choices(FORMATS))
    .option(
      '--from <time>',
      'entries from here on count (default: the first event; of the database: 90 days ago)',
      timeIn,
    )
    .option('--to <time>', 'nothing later is looked at (default: the last event; of the database: now)', timeIn)
    .option('--against <what>', 'compare with `published`, another folder, or a revision of git')
    .addOption(CHOOSE)
    .option('--workspace <folder>', 'the folder of definitions', process.env.WORKSPACE || 'journeys')
    .option('--csv <file>', 'write every entry, message and ending to this file')
    .option('--json', 'print one JSON object, with every entry')
    .action(async (journey: string, options: Options) => {
      const { json = false, workspace: name } = options;
      const folder = resolve(name);
      const loaded = await readWorkspace(folder);
      if ('problems' in loaded) return failWith(folder, loaded, json);
      const { workspace } = loaded;
      const winners = chosenVariants(options.choose, journeyCalled(journey, workspace, name));
      try {
        const against = await readOtherWorkspace(options.against, folder);
        if (against !== null && 'problems' in against) return failWith(against.name, against, json);
        const entries: BacktestEntry[] = [];
        const rows = options.csv === undefined ? null : openRows(options.csv);
        const asked = { workspace, journey, winners, ...(against === null ? {} : { against: against.workspace }) };
        const together = looksAtAccounts(workspace) || (against !== null && looksAtAccounts(against.workspace));
        const found = await overHistory({ ...options, together }, (period, people, onHistory) =>
          backtest(
            { ...asked, period },
            people,
            (entry) => {
              rows?.add(entry);
              if (json) entries.push(entry);
            },
            onHistory,
          ),
        );
        await rows?.end();
        if (json) printJson({ held: true, ...found, entries });
        else print(backtestText(found, against?.name ?? null));
      } catch (error) {
        if (error instanceof UnusableFileError) throw new WrongUseError(error.message);
        if (!(error instanceof BrokenHistoryError)) throw error;
        failWith(error.problems[0]?.file ?? '', error, json);
      }
    });
}

type Run = (
  period: Period,
  histories: AsyncIterable<History>,
  onHistory: (history: History) => void,
) => Promise<Backtest>;

/** `together`: those who share accounts. */
type Looking = Options & { readonly together: boolean };

/** Runs the backtest over the files, or over the event log. */
async function overHistory(options: Looking, run: Run): Promise<Backtest> {
  const progress = backtestProgress(process.stderr);
  try {
    return await (options.events === undefined
      ? overLog(options, run, progress.show)
      : overFiles(options.events, options, run, progress.show));
  } finally {
    progress.done();
  }
}

type Show = (phase: BacktestPhase, share: number) => void;

async function overFiles(files: readonly string[], options: Looking, run: Run, show: Show): Promise<Backtest> {
  const { format, from, to, together } = options;
  const sorted = new SortByPerson({ together });
  try {
    for (const [place, path] of files.entries()) {
      const onRead = (share: number) => show('reading what happened', (place + share) / files.length);
      for await (const call of callsIn(path, format, onRead)) await sorted.add(call);
    }
    if (sorted.span === null) throw new WrongUseError(`Nothing happened in ${files.join(', ')}.`);
    const period = { from: from ?? sorted.span.first, to: to ?? sorted.span.last };
    let lived = 0;
    return await run(period, sorted.people(), ({ calls }) => {
      lived += calls.length;
      show('living through it', lived / sorted.count);
    });
  } finally {
    await sorted.close();
  }
}

async function* callsIn(path: string, format: Format | undefined, onRead: (share: number) => void) {
  if ((await realpath(path).catch(() => path)) === (await realpath(CLICKSTREAM))) yield* await readShopHistory();
  else yield* readHistoryFile({ path, onRead, ...(format === undefined ? {} : { format }) });
}

function overLog({ from, to, together }: Looking, run: Run, show: Show): Promise<Backtest> {
  const config = configFromEnvironment();
  const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
  const period = { from: from ?? (to ?? now) - 90 * DAY, to: to ?? now };
  return withDatabase(config, async (db: Database) => {
    const people = await countPeople(db);
    let lived = 0;
    return run(period, readHistoryLog(db, period.to, together), (history) => {
      lived += history.people.length;
      show('living through it', lived / people);
    });
  });
}

/** One CSV row at a time. */
function openRows(file: string) {
  const output = createWriteStream(file);
  output.write(stringify([[...BACKTEST_COLUMNS]]));
  return {
    add: (entry: BacktestEntry) => {
      output.write(stringify(rowsOf(entry), { columns: [...BACKTEST_COLUMNS] }));
    },
    end: () =>
      new Promise<void>((done, fail) => {
        output.once('error', fail);
        output.end(done);
      }),
  };
}

function timeIn(text: string): Instant {
  const instant = instantOf(text);
  if (instant === null) throw new InvalidArgumentError('It is a time such as `2026-03-01` or `2026-03-01T09:00:00Z`.');
  return instant;
}

function failWith(where: string, problems: Parameters<typeof printProblems>[1], json: boolean): void {
  printProblems(where, problems, json);
  process.exitCode = FAILED;
}
