/**
 * `throughline explain PERSON|ACCOUNT --audience KEY | --journey KEY`
 * @module
 */

import { Command } from 'commander';
import { explainCondition, explanationLines } from '../../audiences/explain.ts';
import { createClock } from '../../core/time.ts';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { explainJourney, JourneyQuestionError, kindOfJourney } from '../../explaining/explain-journey.ts';
import { CatalogShelf } from '../../process/catalog.ts';
import { findPersonId } from '../../profiles/find.ts';
import { findAccount } from '../../profiles/find-accounts.ts';
import type { Database } from '../../store/database.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { journeyExplainedText } from '../journey-explained-text.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly audience?: string;
  readonly journey?: string;
  readonly instance?: string;
  readonly json?: boolean;
}

type Kind = 'person' | 'account';

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'Why a person, or an account, is in an audience or not, or where they stand in a journey; exit code 1 where they are not in it.',
    )
    .argument('<id>', 'a user id, or an anonymous id; where the audience or the journey is of accounts, an account')
    .option('--audience <key>', 'the audience')
    .option('--journey <key>', 'or the journey')
    .option('--instance <value>', 'of a journey with runs side by side: which one would be entered')
    .option('--json', 'print one JSON object')
    .action(async (id: string, { audience, journey, instance, json = false }: Options) => {
      if ((audience === undefined) === (journey === undefined))
        throw new WrongUseError('Say what about: either `--audience` or `--journey`.');
      const config = configFromEnvironment();
      const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
      const isIn = await withDatabase(config, (db) =>
        audience === undefined
          ? tellJourney(db, id, { journey: journey ?? '', instance }, clock, json)
          : tellAudience(db, id, audience, clock.now(), json),
      );
      if (!isIn) process.exitCode = FAILED;
    });
}

async function tellJourney(
  db: Database,
  name: string,
  asked: { readonly journey: string; readonly instance: string | undefined },
  clock: ReturnType<typeof createClock>,
  json: boolean,
): Promise<boolean> {
  try {
    const of = await kindOfJourney(db, asked.journey);
    const profileId = await expectProfile(db, name, of);
    const explained = await explainJourney({ ...asked, profileId }, { db, clock, catalogs: new CatalogShelf() });
    if (explained === undefined) throw noSuch(name, of);
    const held = explained.runs.some(({ status }) => status === 'active');
    if (json) printJson({ held, [of]: name, ...explained });
    else print(journeyExplainedText(name, explained, process.stdout.columns));
    return held;
  } catch (error) {
    if (error instanceof JourneyQuestionError) throw new WrongUseError(`${error.message}. ${error.fix}`);
    throw error;
  }
}

async function tellAudience(db: Database, name: string, key: string, now: number, json: boolean): Promise<boolean> {
  const workspace = (await currentPublication(db))?.workspace;
  const audiences = workspace?.audiences ?? {};
  const definition = audiences[key];
  if (definition === undefined) {
    const names = namedAudiences(audiences);
    const fix = didYouMean(key, names) ?? `There are: ${names.join(', ') || 'none, nothing is published yet'}.`;
    throw new WrongUseError(`No published audience is called \`${key}\`. ${fix}`);
  }
  const { of, condition } = definition;
  const explanation = await explainCondition(db, await expectProfile(db, name, of), condition, now, workspace);
  if (explanation === undefined) throw noSuch(name, of);
  if (json) printJson({ held: explanation.holds, [of]: name, audience: key, explanation });
  else print(explanationLines(explanation).join('\n'));
  return explanation.holds;
}

/** @throws {WrongUseError} */
async function expectProfile(db: Database, name: string, of: Kind): Promise<number> {
  const id = of === 'account' ? (await findAccount(db, name))?.profileId : await findPersonId(db, name);
  if (id == null) throw noSuch(name, of);
  return id;
}

function noSuch(name: string, of: Kind): WrongUseError {
  return new WrongUseError(of === 'account' ? `There is no account \`${name}\`.` : `Nobody is known as \`${name}\`.`);
}
