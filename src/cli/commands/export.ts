/**
 * `throughline export audience KEY | people | accounts | events`
 * @module
 */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { exportProfiles } from '../../audiences/export-profiles.ts';
import { listFields, UnknownFieldError } from '../../audiences/list-fields.ts';
import type { JsonObject } from '../../core/condition.ts';
import { createClock, type Instant } from '../../core/time.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { Workspace } from '../../definitions/workspace-types.ts';
import { EVENT_FIELDS, exportEvents } from '../../ingest/export-events.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { inSnapshot } from '../../store/snapshot.ts';
import { LIST_FORMATS, type ListFormat, listText } from '../../sync/list-text.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { counted, print, printJson } from '../output.ts';

interface Options {
  readonly format: ListFormat;
  readonly fields?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** What is asked for. */
type Wanted = { readonly audience: string } | 'people' | 'accounts' | 'events';

interface List {
  readonly fields: readonly string[];
  readonly rows: (tx: Queryable) => AsyncIterable<JsonObject[]>;
}

export function exportCommand(): Command {
  const list = (name: string, description: string) =>
    new Command(name)
      .description(description)
      .addOption(new Option('--format <format>', 'how it is written').choices(LIST_FORMATS).default('csv'))
      .option('--fields <names>', 'with commas between them, such as userId,email,plan')
      .option('--out <file>', 'where to (default: the output)')
      .option('--json', 'print one JSON object about the file');
  return new Command('export')
    .description('Write a list for other programs, as things are at one instant.')
    .addCommand(
      list('audience', 'The members of an audience, with when they entered.')
        .argument('<key>', 'the audience')
        .action((audience: string, options: Options) => run({ audience }, options)),
    )
    .addCommand(list('people', 'Everybody.').action((options: Options) => run('people', options)))
    .addCommand(list('accounts', 'Every account.').action((options: Options) => run('accounts', options)))
    .addCommand(
      list('events', 'Every event, oldest first; properties.<path> reads into it.').action((options: Options) =>
        run('events', options),
      ),
    );
}

async function run(wanted: Wanted, { format, fields, out, json = false }: Options): Promise<void> {
  if (json && out === undefined) throw new WrongUseError('--json is about a file: name one with --out.');
  const config = configFromEnvironment();
  const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
  const names = fields?.split(',').map((name) => name.trim());
  await withDatabase(config, async (db) => {
    const list = await listOf(db, wanted, names, now);
    let rows = 0;
    const count = async function* (batches: AsyncIterable<JsonObject[]>) {
      for await (const batch of batches) {
        rows += batch.length;
        yield batch;
      }
    };
    const text = listText(count(inSnapshot(db, list.rows)), list.fields, format);
    if (out === undefined) return writeOut(text);
    await writeFile(text, out);
    if (json) printJson({ held: true, file: out, format, fields: list.fields, rows });
    else print(`${counted(rows, 'row')} in ${out}.`);
  });
}

async function listOf(db: Database, wanted: Wanted, names: readonly string[] | undefined, now: Instant): Promise<List> {
  if (wanted === 'events') return { fields: eventFields(names), rows: (tx) => exportEvents(tx, eventFields(names)) };
  const workspace = (await currentPublication(db))?.workspace;
  if (workspace === undefined)
    throw new WrongUseError('Nothing is published yet, so nothing is known of traits. Run `throughline publish`.');
  const audience = typeof wanted === 'string' ? null : wanted.audience;
  const of = audience === null ? (wanted === 'accounts' ? 'account' : 'person') : kindOf(audience, workspace);
  try {
    const fields = listFields(names, of, workspace, audience !== null);
    return {
      fields: fields.map(({ name }) => name),
      rows: (tx) => exportProfiles(tx, { of, audience, fields, now }),
    };
  } catch (error) {
    throw error instanceof UnknownFieldError ? new WrongUseError(error.message) : error;
  }
}

function kindOf(key: string, { audiences }: Workspace) {
  const audience = audiences[key];
  if (audience !== undefined && audience.hidden !== true) return audience.of;
  const known = Object.values(audiences).flatMap((one) => (one.hidden === true ? [] : [one.key]));
  const fix = didYouMean(key, known) ?? `There are: ${known.join(', ') || 'none'}.`;
  throw new WrongUseError(`No published audience is called \`${key}\`. ${fix}`);
}

function eventFields(names: readonly string[] = EVENT_FIELDS): readonly string[] {
  for (const name of names) {
    if (EVENT_FIELDS.some((field) => field === name) || name.startsWith('properties.')) continue;
    const fix = didYouMean(name, EVENT_FIELDS) ?? `There are: ${EVENT_FIELDS.join(', ')}, properties.<path>.`;
    throw new WrongUseError(`There is no field \`${name}\`. ${fix}`);
  }
  return names;
}

/** Whoever reads may have had enough, as `head` has. */
async function writeOut(text: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(text), process.stdout as Writable, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/** The file is there once it is whole. */
async function writeFile(text: AsyncIterable<string>, file: string): Promise<void> {
  const unfinished = `${file}.part`;
  try {
    await pipeline(Readable.from(text), createWriteStream(unfinished));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
