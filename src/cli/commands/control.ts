/**
 * `throughline pause|resume|stop JOURNEY…` and `throughline audit`
 * @module
 */
import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { Json, JsonObject } from '../../core/condition.ts';
import { type Resumption, USUAL_RESUMPTION } from '../../core/pausing.ts';
import { createClock, type Instant } from '../../core/time.ts';
import { resumptionOf } from '../../definitions/compile-policy.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { resumeRule } from '../../definitions/schema-journey.ts';
import type { JourneyVersion } from '../../definitions/workspace-types.ts';
import {
  type Changed,
  ControlError,
  pauseJourney,
  readControls,
  resumeJourneys,
  startJourney,
  stopJourney,
} from '../../runs/journey-controls.ts';
import { journeyStatus } from '../../runs/journey-status.ts';
import { countRuns } from '../../runs/read-runs.ts';
import { type ByHand, readAudit } from '../../store/audit.ts';
import type { Database } from '../../store/database.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { counted, print, printJson } from '../output.ts';

export interface ByHandOptions {
  readonly reason: string;
  readonly by: string;
  readonly json?: boolean;
}

interface LettingOut extends ByHandOptions {
  readonly rate?: string;
  readonly stale?: string;
}

export function pauseCommand(): Command {
  return byHandCommand('pause', 'Hold everybody in a journey where they are.')
    .argument('<journey>', 'its key')
    .option('--refuse-entries', 'whoever qualifies meanwhile does not enter (default: as the journey says)')
    .action((key: string, { refuseEntries, ...options }: ByHandOptions & { readonly refuseEntries?: true }) =>
      withJourneys([key], async (db, [version], now) => {
        const refuses = refuseEntries ?? version?.policy?.refusesWhilePaused ?? false;
        printChanges(
          [await pauseJourney(db, { journey: key, refuses, ...byHandOf(options) }, now)],
          [version],
          options,
        );
      }),
    );
}

export function resumeCommand(): Command {
  return withLettingOut(byHandCommand('resume', 'Let paused or stopped journeys go on, by one rate for all of them.'))
    .argument('<journey...>', 'their keys')
    .action((keys: readonly string[], options: LettingOut) =>
      withJourneys(keys, async (db, versions, now) => {
        const byHand = byHandOf(options);
        const resumption = resumptionFor(versions[0], options);
        const controls = await readControls(db);
        const stopped = keys.filter((key) => controls.get(key)?.state === 'stopped');
        const journeys = keys.filter((key) => !stopped.includes(key));
        const changes = await resumeJourneys(db, { journeys, resumption, ...byHand }, now);
        for (const journey of stopped) changes.push(await startJourney(db, { journey, ...byHand }, now));
        const ordered = keys.flatMap((key) => changes.filter(({ journey }) => journey === key));
        printChanges(ordered, versions, options);
      }),
    );
}

export function stopCommand(): Command {
  return withLettingOut(byHandCommand('stop', 'Let nobody enter a journey any more.'))
    .argument('<journey>', 'its key')
    .option('--end', 'whoever is in it ends as exited (default: they finish)')
    .action((key: string, { end: ends = false, ...options }: LettingOut & { readonly end?: boolean }) =>
      withJourneys([key], async (db, [version], now) => {
        const resumption = resumptionFor(version, options);
        const change = await stopJourney(db, { journey: key, ends, resumption, ...byHandOf(options) }, now);
        printChanges([change], [version], options);
      }),
    );
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('Who did what to journeys and runs by hand, and why; newest first.')
    .option('--journey <key>', 'of one journey')
    .option('--run <id>', 'of one run')
    .option('--limit <number>', 'lines at most', '50')
    .option('--json', 'print one JSON object')
    .action(async ({ json, limit, ...which }: { journey?: string; run?: string; limit: string; json?: boolean }) => {
      const most = Number(limit);
      if (!Number.isSafeInteger(most) || most < 1) throw new WrongUseError(`--limit is "${limit}"; write a number.`);
      const lines = await withDatabase(configFromEnvironment(), (db) => readAudit(db, { ...which, limit: most }));
      if (json) printJson({ held: true, lines });
      else
        print(
          lines
            .map(({ at, by, did, journey, run, reason, detail }) => {
              const what = run === null ? (journey ?? '') : `${run}${wayOf(detail)}`;
              return `${at.toISOString()}  ${by} ${did} ${what}${reason === null ? '' : `: ${reason}`}`;
            })
            .join('\n') || 'Nothing has been done by hand.',
        );
    });
}

/** From where to where a run was moved, as far as it is written down. */
function wayOf(detail: JsonObject): string {
  const place = (step: Json) => (step === null ? 'the end' : step);
  const from = 'from' in detail ? ` from ${place(detail.from)}` : '';
  return 'to' in detail ? `${from} to ${place(detail.to)}` : from;
}

/** With the options of everything that goes into the audit log. */
export function byHandCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--reason <text>', 'why, for the audit log')
    .option('--by <name>', 'who does it', userInfo().username)
    .option('--json', 'print one JSON object');
}

export function byHandOf({ by, reason }: ByHandOptions): ByHand {
  if (reason.trim() === '') throw new WrongUseError('--reason is empty; say why in a few words.');
  return { by, reason: reason.trim() };
}

function withLettingOut(command: Command): Command {
  return command
    .option('--rate <rate>', 'how what came due is let out, such as 100/minute (default: as the journey says)')
    .option('--stale <duration>', 'what was due longer ago is not sent any more, such as 2d, or `never`');
}

function resumptionFor(version: JourneyVersion | undefined, { rate, stale }: LettingOut): Resumption {
  const asked = resumeRule.safeParse({ rate, stale });
  if (!asked.success) {
    const [{ path, message } = { path: [], message: '' }] = asked.error.issues;
    throw new WrongUseError(`--${String(path[0])} ${message}.`);
  }
  return { ...USUAL_RESUMPTION, ...version?.policy?.resumption, ...resumptionOf(asked.data) };
}

async function withJourneys(
  keys: readonly string[],
  use: (db: Database, versions: readonly (JourneyVersion | undefined)[], now: Instant) => Promise<void>,
): Promise<void> {
  const config = configFromEnvironment();
  const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
  await withDatabase(config, async (db) => {
    const published = (await currentPublication(db))?.workspace.journeys ?? {};
    const known = new Set([...Object.keys(published), ...(await countRuns(db)).keys()]);
    for (const key of keys) {
      if (known.has(key)) continue;
      const fix = didYouMean(key, [...known]) ?? `There are: ${[...known].join(', ') || 'none'}.`;
      throw new WrongUseError(`No journey is called \`${key}\`. ${fix}`);
    }
    try {
      await use(
        db,
        keys.map((key) => published[key]),
        clock.now(),
      );
    } catch (error) {
      throw error instanceof ControlError ? new WrongUseError(`${error.message}. ${error.fix}.`) : error;
    }
  });
}

function printChanges(
  changes: readonly Changed[],
  versions: readonly (JourneyVersion | undefined)[],
  { json = false }: ByHandOptions,
): void {
  const journeys = changes.map(({ control, ...change }, index) => ({
    ...change,
    status: journeyStatus(versions[index], control),
  }));
  if (json) printJson({ held: true, journeys });
  else print(journeys.map(describeChange).join('\n'));
}

function describeChange({
  journey,
  status,
  changed,
  released,
}: Omit<Changed, 'control'> & { readonly status: string }): string {
  if (!changed) return `${journey} was ${status} already.`;
  if (released === null) return `${journey} is ${status}.`;
  const { runs, stale, until } = released;
  if (runs === 0) return `${journey} is ${status}. Nothing came due meanwhile.`;
  const last = until === null ? '' : ` until ${new Date(until).toISOString()}`;
  return `${journey} is ${status}. ${counted(runs, 'run')} came due meanwhile and ${runs === 1 ? 'goes' : 'go'} on${last}, ${stale} of them stale.`;
}
