/**
 * `throughline sync list | replay KEY | resume KEY`
 * @module
 */
import { Command } from 'commander';
import { createClock, type Instant, MINUTE } from '../../core/time.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { findPersonId } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';
import { type ReadSync, readSyncKeys, readSyncs } from '../../sync/read-syncs.ts';
import { type ReplayOf, replay, resume } from '../../sync/replay.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { counted, print, printJson } from '../output.ts';

interface Options {
  readonly json?: boolean;
}

interface ReplayOptions extends Options {
  readonly from?: string;
  readonly to?: string;
  readonly person?: string;
  readonly failed?: boolean;
}

const KEY = ['<key>', 'the sync'] as const;
const JSON_OPTION = ['--json', 'print one JSON object'] as const;

export function syncCommand(): Command {
  return new Command('sync')
    .description('What other systems are told of audiences: how it fares, and sending it again.')
    .addCommand(
      new Command('list')
        .description('Every sync, with what waits, was accepted and failed.')
        .option(...JSON_OPTION)
        .action(({ json = false }: Options) =>
          withSyncs(async (db, now) => {
            const syncs = await readSyncs(db, now);
            if (json) printJson({ held: true, syncs });
            else print(syncs.length === 0 ? 'There are no syncs.' : syncs.map(describeSync).join('\n'));
          }),
        ),
    )
    .addCommand(
      new Command('replay')
        .description('Send changes again, with the same ids, and what each person had after them.')
        .argument(...KEY)
        .option('--from <instant>', 'changes from then on, such as 2026-03-01T09:00:00Z')
        .option('--to <instant>', 'changes before then (default: now)')
        .option('--person <id>', "one person's changes")
        .option('--failed', 'those that were refused or given up')
        .option(...JSON_OPTION)
        .action((key: string, options: ReplayOptions) =>
          withSyncs(async (db, now) => {
            await expectSync(db, key);
            const { changes, people } = await replay(db, key, await whichOf(db, options, now), now);
            if (options.json) printJson({ held: true, sync: key, changes, people });
            else
              print(
                `${counted(changes, 'change')} of ${people === 1 ? '1 person' : `${people} people`} will be sent again.`,
              );
          }),
        ),
    )
    .addCommand(
      new Command('resume')
        .description('Let a sync go on whose receiver answered 410.')
        .argument(...KEY)
        .option(...JSON_OPTION)
        .action((key: string, { json = false }: Options) =>
          withSyncs(async (db) => {
            await expectSync(db, key);
            const resumed = await resume(db, key);
            if (json) printJson({ held: true, sync: key, resumed });
            else print(resumed ? `${key} goes on.` : `${key} was not stopped.`);
          }),
        ),
    );
}

async function withSyncs(use: (db: Database, now: Instant) => Promise<void>): Promise<void> {
  const config = configFromEnvironment();
  const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
  await withDatabase(config, (db) => use(db, clock.now()));
}

async function expectSync(db: Database, key: string): Promise<void> {
  const keys = await readSyncKeys(db);
  if (keys.includes(key)) return;
  const fix = didYouMean(key, keys) ?? `There are: ${keys.join(', ') || 'none'}.`;
  throw new WrongUseError(`No sync is called \`${key}\`. ${fix}`);
}

async function whichOf(db: Database, { from, to, person, failed }: ReplayOptions, now: Instant): Promise<ReplayOf> {
  const given = [from ?? to, person, failed].filter((one) => one !== undefined);
  if (given.length !== 1) throw new WrongUseError('Say which changes: --from and --to, or --person, or --failed.');
  if (failed) return { failed: true };
  if (person !== undefined) {
    const profileId = await findPersonId(db, person);
    if (profileId === null) throw new WrongUseError(`Nobody is known as \`${person}\`.`);
    return { profileId };
  }
  if (from === undefined) throw new WrongUseError('--to needs --from beside it.');
  const span = { from: instantOf('--from', from), to: to === undefined ? now : instantOf('--to', to) };
  if (span.from >= span.to) throw new WrongUseError('--from is not before --to.');
  return span;
}

function instantOf(option: string, text: string): Instant {
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw new WrongUseError(`${option} is "${text}", which is no instant; write it like 2026-03-01T09:00:00Z.`);
}

function describeSync({
  key,
  audience,
  waiting,
  delivered,
  failed,
  oldestWaiting,
  lastError,
  stopped,
}: ReadSync): string {
  const age = oldestWaiting === null ? '' : `, the oldest for ${Math.round(oldestWaiting.age / MINUTE)} min`;
  return [
    `${key} (${audience ?? 'not in the workspace any more'}): ${waiting} waiting${age}, ${delivered} delivered, ${failed} failed`,
    ...(stopped === null ? [] : [`  stopped since ${stopped.at.toISOString()}: ${stopped.because}`]),
    ...(lastError === null ? [] : [`  last error at ${lastError.at.toISOString()}: ${lastError.message}`]),
  ].join('\n');
}
