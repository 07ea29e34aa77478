/**
 * `throughline held list | release | discard`
 * @module
 */
import { Command, InvalidArgumentError } from 'commander';
import { createClock } from '../../core/time.ts';
import {
  discardHeldEvents,
  type HeldEvent,
  type HeldFilter,
  readHeldEvents,
  releaseHeldEvents,
} from '../../tracking-plan/held-events.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { counted, print, printJson } from '../output.ts';

interface Which {
  readonly event?: string;
  readonly person?: string;
  readonly field?: string;
  readonly json?: boolean;
}

type Chosen = Which & { readonly all?: boolean };

export function heldCommand(): Command {
  return new Command('held')
    .description('Events that were kept aside: those that violate the tracking plan, or cannot be applied.')
    .addCommand(listCommand())
    .addCommand(releaseCommand())
    .addCommand(discardCommand());
}

function listCommand(): Command {
  return which(new Command('list').description('What is kept aside, and why; the oldest first.'))
    .option('--discarded', 'those that were discarded instead')
    .option('--limit <number>', 'at most so many', wholeNumber, 50)
    .action(async ({ json = false, limit, ...filter }: Which & { discarded?: boolean; limit: number }) => {
      const held = await withDatabase(configFromEnvironment(), (db) => readHeldEvents(db, filter, null, limit + 1));
      const shown = held.slice(0, limit);
      if (json) return printJson({ items: shown, more: held.length > limit });
      if (shown.length === 0) print('Nothing is kept aside.');
      for (const one of shown) print(lineOf(one));
      if (held.length > limit) print(`There are more; \`--limit\` shows them.`);
    });
}

function releaseCommand(): Command {
  return chosen(
    new Command('release').description('Put events back to be processed; the plan checks them again.'),
  ).action(async (ids: readonly number[], { json = false, ...options }: Chosen) => {
    const filter = filterOf(ids, options);
    const released = await withDatabase(configFromEnvironment(), (db) => releaseHeldEvents(db, filter));
    if (json) printJson({ released });
    else print(`${counted(released, 'event')} put back.`);
  });
}

function discardCommand(): Command {
  return chosen(new Command('discard').description('Give events up; they stay on record with the reason.'))
    .requiredOption('--because <text>', 'why')
    .action(async (ids: readonly number[], { json = false, because, ...options }: Chosen & { because: string }) => {
      const filter = filterOf(ids, options);
      const config = configFromEnvironment();
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const discarded = await withDatabase(config, (db) => discardHeldEvents(db, filter, because, now));
      if (json) printJson({ discarded });
      else print(`${counted(discarded, 'event')} discarded.`);
    });
}

function which(command: Command): Command {
  return command
    .option('--event <name>', 'events of this name')
    .option('--person <id>', 'of this user id, or anonymous id')
    .option('--field <path>', 'that violate the plan by this property, as in properties.seats')
    .option('--json', 'print one JSON object');
}

function chosen(command: Command): Command {
  return which(
    command.argument('[ids...]', 'as `held list` shows them', (id, ids: number[] = []) => [...ids, wholeNumber(id)]),
  ).option('--all', 'every one');
}

function filterOf(ids: readonly number[] = [], { all = false, event, person, field }: Chosen): HeldFilter {
  const isNarrowed = ids.length > 0 || event !== undefined || person !== undefined || field !== undefined;
  if (isNarrowed === all)
    throw new WrongUseError('Say which events: ids, `--event`, `--person` or `--field`, or else `--all`.');
  return { event, person, field, ...(ids.length > 0 && { ids }) };
}

function lineOf({ id, event, reason, heldAt, discardedAt, discardedBecause }: HeldEvent): string {
  const person = event.userId ?? event.anonymousId ?? 'nobody';
  const end = discardedAt === null ? '' : ` (discarded ${discardedAt.toISOString()}: ${discardedBecause})`;
  return `${id}  ${heldAt.toISOString()}  ${event.name} of ${person}: ${reason}${end}`;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
}
