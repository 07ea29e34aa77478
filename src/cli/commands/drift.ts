/**
 * `throughline drift`
 * @module
 */
import { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { columns, thousands } from '../../demo/columns.ts';
import { type Watched, watchDrift } from '../../measurement/drift.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED } from '../exit-code.ts';
import { print, printJson } from '../output.ts';

export function driftCommand(): Command {
  return new Command('drift')
    .description('Conversions and audience sizes that moved away from what is usual; exit code 1 where there are any.')
    .option('--json', 'print one JSON object')
    .action(async ({ json = false }: { json?: boolean }) => {
      const config = configFromEnvironment();
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const watched = await withDatabase(config, async (db) => {
        const audiences = namedAudiences((await currentPublication(db))?.workspace.audiences ?? {});
        return watchDrift(db, audiences, now);
      });
      const drifting = watched.filter(({ drifts }) => drifts);
      if (json) printJson({ held: drifting.length === 0, watched });
      else print(driftText(watched, drifting));
      if (drifting.length > 0) process.exitCode = FAILED;
    });
}

function driftText(watched: readonly Watched[], drifting: readonly Watched[]): string {
  const known = watched.filter(({ expected }) => expected !== null).length;
  const about = `Of ${watched.length} figures ${known} have enough history to go by.`;
  if (drifting.length === 0) return `Nothing moved away from what is usual. ${about}`;
  const rows = drifting.map((one) => [
    one.what === 'conversion' ? `conversion of ${one.key}` : `size of ${one.key}`,
    shown(one, one.value),
    `${shown(one, one.expected?.low ?? 0)} to ${shown(one, one.expected?.high ?? 0)}`,
  ]);
  return [...columns([['', 'now', 'usually'], ...rows]), '', about].join('\n');
}

function shown({ what }: Watched, value: number): string {
  return what === 'conversion' ? `${(value * 100).toFixed(1)}%` : thousands(Math.round(value));
}
