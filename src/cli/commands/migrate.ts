/**
 * `throughline migrate JOURNEY [--map FILE] [--preview]`
 * @module
 */
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import type { Migrating, Migration } from '../../runs/migrate-run.ts';
import { previewMigration } from '../../runs/migration-preview.ts';
import {
  type AskedMigration,
  askMigration,
  MigrationUnderWayError,
  readMigrations,
  type StoredMigration,
  workMigrations,
} from '../../runs/migrations.ts';
import { MigrationError, planMigration } from '../../runs/plan-migration.ts';
import { SettingsShelf, VersionShelf } from '../../runs/version-shelf.ts';
import type { Database } from '../../store/database.ts';
import { agreed, canBeAsked } from '../agreed.ts';
import { countingProgress } from '../counting-progress.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { metText, peopleText, warningsOf } from '../migration-text.ts';
import { print, printJson, sentence } from '../output.ts';
import { printProblems } from '../workspace.ts';

interface Options {
  readonly map?: string;
  readonly preview?: boolean;
  readonly yes?: boolean;
  readonly by: string;
  readonly reason?: string;
  readonly json?: boolean;
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Move people under way to the version of their journey that is in force.')
    .argument('<journey>', 'its key')
    .option('--map <file>', 'where they go, by step (YAML); without it, to the step of the same id')
    .option('--preview', 'only say who would go where, and what they would meet')
    .option('--yes', 'do not ask')
    .option('--by <name>', 'who does it, for the audit log', userInfo().username)
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print one JSON object')
    .action(async (journey: string, { map, preview = false, yes = false, json = false, by, reason }: Options) => {
      const config = configFromEnvironment();
      const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
      const written = map === undefined ? undefined : { file: map, text: await read(map) };
      await withDatabase(config, async (db) => {
        const migrating = { clock, versions: new VersionShelf(), settings: new SettingsShelf() };
        const planned = await planMigration(db, { journey, written }).catch(asWrongUse);
        if ('problems' in planned) {
          printProblems(map ?? journey, planned, json);
          process.exitCode = FAILED;
          return;
        }
        const { migration } = planned;
        const progress = countingProgress(process.stderr, 'Looking at people');
        const met = await previewMigration(db, migration, migrating, { progress: progress.show });
        progress.done();
        const people = met.reduce((sum, group) => sum + group.people, 0);
        if (json && preview) return printJson({ held: true, ...migration, people, met });
        if (!json) print([headOf(migration, people), ...metText(met), ...spaced(warningsOf(met))].join('\n'));
        if (preview || people === 0) return json ? printJson({ held: true, ...migration, people, met }) : undefined;
        const isAsking = !yes && !json && canBeAsked();
        if (isAsking && !(await agreed(`Move ${peopleText(people)}?`))) return print('Nothing was changed.');
        const done = await carryOut(db, { ...migration, by, reason: reason ?? null }, migrating);
        if (json) printJson({ held: true, ...done });
        else print(doneText(done));
      });
    });
}

/** Works on it until all that is left are people with a message on its way, whom the product moves by itself. */
async function carryOut(db: Database, migration: AskedMigration, migrating: Migrating): Promise<StoredMigration> {
  const now = new Date(migrating.clock.now());
  const id = await askMigration(db, migration, now).catch(asWrongUse);
  const progress = countingProgress(process.stderr, 'Moving people');
  for (;;) {
    const worked = await workMigrations(db, migrating);
    const stored = (await readMigrations(db, migration.journey, id + 1, 1))[0];
    if (stored === undefined) throw new Error(`Migration ${id} has gone`);
    progress.show(stored.people - stored.left, stored.people);
    if (worked === 0 && (stored.doneAt !== null || stored.left > 0)) {
      progress.done();
      return stored;
    }
    if (worked === 0) await delay(LOOK_AGAIN);
  }
}

const LOOK_AGAIN = 50;

function headOf({ journey, version }: Migration, people: number): string {
  if (people === 0) return `Everybody in ${journey} is on the version in force already.`;
  const where =
    version === null ? 'is not in the workspace any more' : `has the version ${version.slice(0, 12)} in force`;
  return `${journey} ${where}. ${peopleText(people)} ${people === 1 ? 'is' : 'are'} on others.`;
}

function doneText({ id, moved, stayed, out, ended, left }: StoredMigration): string {
  const counts = [
    [moved, 'moved'],
    [stayed, 'stayed'],
    [out, 'taken out'],
    [ended, 'ended by themselves'],
    [left, 'still to be moved, once the message that is on its way is out'],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${peopleText(count)} ${what}`);
  return `Migration ${id}: ${said.join(', ')}.`;
}

function spaced(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function asWrongUse(error: unknown): never {
  if (error instanceof MigrationError) throw new WrongUseError(`${error.message}. ${sentence(error.fix)}`);
  throw error instanceof MigrationUnderWayError ? new WrongUseError(`${error.message}.`) : error;
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new WrongUseError(`The map cannot be read: ${error.message}`);
  });
}
