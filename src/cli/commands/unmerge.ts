/**
 * `throughline unmerge MERGE_ID [--dry-run]`
 * @module
 */
import { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import { CatalogShelf } from '../../process/catalog.ts';
import { type Unmerged, unmergePeople } from '../../process/unmerge-people.ts';
import type { PersonName } from '../../profiles/find.ts';
import { UnmergeError } from '../../profiles/unmerge.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { counted, print, printJson } from '../output.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function unmergeCommand(): Command {
  return new Command('unmerge')
    .description('Undo a merge: one person becomes two again.')
    .argument('<merge>', 'its id, from GET /api/people/PERSON/merges')
    .option('--dry-run', 'only say what would happen')
    .option('--json', 'print one JSON object')
    .action(async (id: string, { dryRun = false, json = false }: Options) => {
      const merge = Number(id);
      if (!Number.isSafeInteger(merge) || merge < 1) throw new WrongUseError(`\`${id}\` is not the id of a merge.`);
      const config = configFromEnvironment();
      const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
      const unmerged = await withDatabase(config, (db) =>
        unmergePeople({ merge, dryRun }, { db, clock, catalogs: new CatalogShelf() }),
      ).catch((error: unknown) => {
        throw error instanceof UnmergeError ? new WrongUseError(`${error.message}.`) : error;
      });
      if (json) printJson({ held: true, ...unmerged });
      else print(describeUnmerged(unmerged).join('\n'));
    });
}

function describeUnmerged(unmerged: Unmerged): string[] {
  const { merge, dryRun, stays, comesBack, identities, accounts, events, runs, stayEnded } = unmerged;
  return [
    `Merge ${merge} ${dryRun ? 'would be' : 'is'} undone: ${shown(comesBack)} is apart from ${shown(stays)} again.`,
    `  back with ${shown(comesBack)}: ${[
      counted(identities.length, 'id'),
      counted(accounts.length, 'account'),
      counted(events, 'event'),
      counted(runs.length, 'run'),
    ].join(', ')}`,
    ...stayEnded.map(({ run, reason }) => `  stays ended: ${run}, because ${reason}`),
    dryRun ? 'Nothing was changed.' : 'The two are kept apart: `identify` does not join them again, an `alias` does.',
  ];
}

function shown({ userId, anonymousId }: PersonName): string {
  return userId ?? anonymousId ?? 'somebody without a name';
}
