/**
 * `throughline explain PERSON --audience KEY`
 * @module
 */

import { Command } from 'commander';
import { explainCondition, explanationLines } from '../../audiences/explain.ts';
import { createClock } from '../../core/time.ts';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { findPersonId } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED, WrongUseError } from '../exit-code.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly audience: string;
  readonly json?: boolean;
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('Why a person is in an audience or not; exit code 1 where not.')
    .argument('<person>', 'a user id, or an anonymous id')
    .requiredOption('--audience <key>', 'the audience')
    .option('--json', 'print one JSON object')
    .action(async (person: string, { audience, json = false }: Options) => {
      const config = configFromEnvironment();
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const explanation = await withDatabase(config, (db) => explain(db, person, audience, now));
      if (json) printJson({ held: explanation.holds, person, audience, explanation });
      else print(explanationLines(explanation).join('\n'));
      if (!explanation.holds) process.exitCode = FAILED;
    });
}

async function explain(db: Database, person: string, audience: string, now: number) {
  const audiences = (await currentPublication(db))?.workspace.audiences ?? {};
  const definition = audiences[audience];
  if (definition === undefined) {
    const names = namedAudiences(audiences);
    const fix = didYouMean(audience, names) ?? `There are: ${names.join(', ') || 'none, nothing is published yet'}.`;
    throw new WrongUseError(`No published audience is called \`${audience}\`. ${fix}`);
  }
  const id = await findPersonId(db, person);
  const explanation = id === null ? undefined : await explainCondition(db, id, definition.condition, now);
  if (explanation === undefined) throw new WrongUseError(`Nobody is known as \`${person}\`.`);
  return explanation;
}
