/**
 * `throughline explain PERSON|ACCOUNT --audience KEY`
 * @module
 */

import { Command } from 'commander';
import { explainCondition, explanationLines } from '../../audiences/explain.ts';
import { createClock } from '../../core/time.ts';
import { namedAudiences } from '../../definitions/named-audiences.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { findPersonId } from '../../profiles/find.ts';
import { findAccount } from '../../profiles/find-accounts.ts';
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
    .description('Why a person, or an account, is in an audience or not; exit code 1 where not.')
    .argument('<id>', 'a user id, or an anonymous id; where the audience is of accounts, an account')
    .requiredOption('--audience <key>', 'the audience')
    .option('--json', 'print one JSON object')
    .action(async (id: string, { audience, json = false }: Options) => {
      const config = configFromEnvironment();
      const now = createClock({ start: config.clockStart, speed: config.clockSpeed }).now();
      const { of, explanation } = await withDatabase(config, (db) => explain(db, id, audience, now));
      if (json) printJson({ held: explanation.holds, [of]: id, audience, explanation });
      else print(explanationLines(explanation).join('\n'));
      if (!explanation.holds) process.exitCode = FAILED;
    });
}

async function explain(db: Database, name: string, audience: string, now: number) {
  const workspace = (await currentPublication(db))?.workspace;
  const audiences = workspace?.audiences ?? {};
  const definition = audiences[audience];
  if (definition === undefined) {
    const names = namedAudiences(audiences);
    const fix = didYouMean(audience, names) ?? `There are: ${names.join(', ') || 'none, nothing is published yet'}.`;
    throw new WrongUseError(`No published audience is called \`${audience}\`. ${fix}`);
  }
  const { of, condition } = definition;
  const id = of === 'account' ? ((await findAccount(db, name))?.profileId ?? null) : await findPersonId(db, name);
  const explanation = id === null ? undefined : await explainCondition(db, id, condition, now, workspace);
  if (explanation === undefined)
    throw new WrongUseError(of === 'account' ? `There is no account \`${name}\`.` : `Nobody is known as \`${name}\`.`);
  return { of, explanation };
}
