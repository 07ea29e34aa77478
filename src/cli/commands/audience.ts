/**
 * `throughline audience preview | overlap | around | cohort`
 * @module
 */
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { readAroundEvent } from '../../audiences/around-event.ts';
import { type AskedCohort, askAudience, askCohort, askOverlap, QuestionError } from '../../audiences/ask.ts';
import { type CohortProgress, checkCohort } from '../../audiences/cohort-check.ts';
import { readOverlap } from '../../audiences/overlap.ts';
import { previewAudience } from '../../audiences/preview.ts';
import { createClock, DAY, type Instant, MINUTE, type Milliseconds } from '../../core/time.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { duration, millisecondsOf } from '../../definitions/schema-values.ts';
import type { Workspace } from '../../definitions/workspace-types.ts';
import { compareGroups } from '../../measurement/cohorts.ts';
import type { Database } from '../../store/database.ts';
import { aroundText, cohortText, overlapText, previewText } from '../audience-text.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { print, printJson } from '../output.ts';

interface Printed {
  readonly json?: boolean;
}

export function audienceCommand(): Command {
  return new Command('audience')
    .description('Questions about audiences before and beside their use.')
    .addCommand(previewCommand())
    .addCommand(overlapCommand())
    .addCommand(aroundCommand())
    .addCommand(cohortCommand());
}

function previewCommand(): Command {
  return new Command('preview')
    .description('How many would be in an audience that is not published yet, and some of them.')
    .argument('<file>', 'its definition (YAML)')
    .option('--json', 'print one JSON object')
    .action(async (file: string, { json = false }: Printed) => {
      const definition = await read(file);
      const { preview, of } = await answer(async ({ db, ask, now }) => {
        const audience = ask((workspace) => askAudience(workspace, { definition }));
        return { preview: await previewAudience(db, audience, now), of: audience.of };
      });
      if (json) printJson(preview);
      else print(previewText(preview, of));
    });
}

function overlapCommand(): Command {
  return new Command('overlap')
    .description('How far audiences hold the same members.')
    .argument('[keys...]', 'the audiences (default: all of people)')
    .option('--json', 'print one JSON object')
    .action(async (keys: readonly string[], { json = false }: Printed) => {
      const overlap = await answer(({ db, ask }) =>
        readOverlap(
          db,
          ask((workspace) => askOverlap(workspace, keys.length === 0 ? undefined : keys)),
        ),
      );
      if (json) printJson(overlap);
      else print(overlapText(overlap));
    });
}

function aroundCommand(): Command {
  return new Command('around')
    .description('What people do shortly before and after an event, against their usual.')
    .argument('<event>', "the event's name")
    .option('--minutes <number>', 'how long before and after', aboveZero, 30)
    .option('--days <number>', 'how far back', aboveZero, 90)
    .option('--json', 'print one JSON object')
    .action(async (event: string, { minutes, days, json = false }: Printed & { minutes: number; days: number }) => {
      const found = await answer(({ db, now }) =>
        readAroundEvent(db, { event, since: now - days * DAY, until: now, within: minutes * MINUTE }),
      );
      if (json) printJson(found);
      else print(aroundText(event, minutes, found));
    });
}

interface CohortOptions extends Printed {
  readonly goal: AskedCohort['goal'];
  readonly period: Milliseconds;
  readonly within: Milliseconds;
  readonly back: AskedCohort['retention'];
  readonly onlyNew?: boolean;
  readonly share: number;
}

function cohortCommand(): Command {
  return new Command('cohort')
    .description('What became of those who came to match in the past, against everybody else; without hindsight.')
    .argument('<audience>', 'a published audience, or a file with one that is not (YAML)')
    .requiredOption('--goal <event>', "an event's name, or `{ event: …, where: { … } }`", goalIn)
    .option('--period <duration>', 'how long', durationIn, 90 * DAY)
    .option('--within <duration>', 'the goal counts this long', durationIn, 14 * DAY)
    .option('--back <from..until>', 'when coming back counts', windowIn, { from: 7 * DAY, until: 14 * DAY })
    .option('--only-new', 'leave out who had reached the goal before')
    .option('--share <number>', 'look at this share of people, up to 1', shareIn, 1)
    .option('--json', 'print one JSON object')
    .action(async (name: string, { json = false, ...options }: CohortOptions) => {
      const audience = /\.ya?ml$/.test(name) ? { definition: await read(name) } : { audience: name };
      const { within: convertWithin, back: retention, onlyNew = false, goal, period, share } = options;
      const asked = { goal, period, convertWithin, retention, onlyNew, share };
      const { question, check } = await answer(async ({ db, ask, now }) => {
        const put = ask((workspace) => askCohort(workspace, askAudience(workspace, audience), asked, now));
        return { question: put, check: await checkCohort(db, put, progressTo(process.stderr)) };
      });
      const compared = compareGroups(check.matched, check.others);
      const { from, to } = question;
      if (json) printJson({ from: new Date(from), to: new Date(to), ...check, ...compared });
      else print(cohortText(question, check, compared));
    });
}

interface Asking {
  readonly db: Database;
  readonly now: Instant;
  /** Makes a question of the workspace in force. */
  ask<Question>(put: (workspace: Workspace) => Question): Question;
}

async function answer<Answer>(find: (asking: Asking) => Promise<Answer>): Promise<Answer> {
  const config = configFromEnvironment();
  const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
  return withDatabase(config, async (db) => {
    const workspace = (await currentPublication(db))?.workspace;
    const ask: Asking['ask'] = (put) => {
      if (workspace === undefined)
        throw new WrongUseError('Nothing is published yet. `throughline publish` does that.');
      try {
        return put(workspace);
      } catch (error) {
        if (!(error instanceof QuestionError)) throw error;
        throw new WrongUseError(`${error.message}${error.fix === undefined ? '' : `. ${error.fix}`}`);
      }
    };
    return find({ db, now, ask });
  });
}

/** At a terminal, on one line. */
function progressTo(output: NodeJS.WriteStream): CohortProgress {
  if (output.isTTY !== true) return () => undefined;
  return (walk, people) =>
    void output.write(`\r${walk === 1 ? 'Looking for entries' : 'Counting'}: ${people} people \r`);
}

function goalIn(text: string): AskedCohort['goal'] {
  if (!text.trimStart().startsWith('{')) return { event: text };
  try {
    const { event, where } = parse(text) as { event?: unknown; where?: unknown };
    if (typeof event === 'string' && (where === undefined || (typeof where === 'object' && where !== null)))
      return { event, ...(where !== undefined && { where }) };
  } catch {
    // What is wrong with it is less of a help than what it has to look like.
  }
  throw new InvalidArgumentError('It is like `{ event: Order Completed, where: { total: { atLeast: 50 } } }`.');
}

function durationIn(text: string): Milliseconds {
  if (duration.safeParse(text).success) return millisecondsOf(text);
  throw new InvalidArgumentError('It is a duration such as `12h` or `14 days`.');
}

function windowIn(text: string): AskedCohort['retention'] {
  const [from = '', until = '', ...more] = text.split('..');
  if (more.length > 0) throw new InvalidArgumentError('It is like `7d..14d`.');
  return { from: durationIn(from), until: durationIn(until) };
}

function shareIn(text: string): number {
  const share = aboveZero(text);
  if (share <= 1) return share;
  throw new InvalidArgumentError('It must be at most 1.');
}

function aboveZero(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new WrongUseError(`The definition cannot be read: ${error.message}`);
  });
}
