/**
 * One computed trait, from the author's form to the core's expression.
 * @module
 */
import type { Aggregate, EventFilter, Expression } from '../core/condition.ts';
import { compileFilter } from './compile-events.ts';
import { checkDate, checkNumber, compileFormula } from './compile-formula.ts';
import { compileRelatedCount } from './compile-related.ts';
import { checkNewKept } from './kept-history.ts';
import { checkPast } from './lint-past.ts';
import { lintNumbers, lintProperty } from './lint-properties.ts';
import type { AuthoredFilter } from './schema-events.ts';
import { COUNTED, MEASURED, type TraitFile } from './schema-trait.ts';
import { millisecondsOf } from './schema-values.ts';
import { type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';

export function compileTrait(file: TraitFile, given: Surroundings): Expression {
  const named = (name: string, path: Path): Expression => given.scope.resolve(name, given.of, sayAt(given, path));
  if ('formula' in file) {
    const { formula, otherwise } = file;
    const expression = compileFormula(formula, ['formula'], given, otherwise !== undefined);
    if (otherwise === undefined || otherwise === 'none') return expression;
    return { kind: 'orElse', of: expression, otherwise: { kind: 'constant', value: otherwise } };
  }
  if ('ratio' in file) {
    const [left, right] = (['of', 'to'] as const).map((side) => {
      const expression = named(file.ratio[side], ['ratio', side]);
      checkNumber(expression, file.ratio[side], given, sayAt(given, ['ratio', side]));
      return expression;
    }) as [Expression, Expression];
    return { kind: 'arithmetic', op: '/', left, right };
  }
  if ('growth' in file) return growth(named(file.growth.of, ['growth', 'of']), file.growth, given);
  if ('daysSince' in file) {
    const of = named(file.daysSince, ['daysSince']);
    checkDate(of, file.daysSince, given, sayAt(given, ['daysSince']));
    return { kind: 'daysSince', of, ...(file.calendar === true && { zone: given.scope.zone }) };
  }
  if ('accounts' in file) return compileRelatedCount(file.accounts, ['accounts'], 'account', given);
  if ('people' in file && (typeof file.people === 'string' || !('event' in file.people)))
    return compileRelatedCount(file.people, ['people'], 'person', given);
  if ('usualHour' in file) {
    const { atLeast, ...authored } = file.usualHour;
    const events = compileFilter(authored, ['usualHour'], given);
    return { kind: 'aggregate', fn: 'usualHour', events, habit: { zone: given.scope.zone, atLeast } };
  }
  return aggregate(file, given);
}

/** (now - then) / then */
function growth(
  now: Expression,
  { of, over }: { readonly of: string; readonly over: string },
  given: Surroundings,
): Expression {
  const by = millisecondsOf(over);
  checkNumber(now, of, given, sayAt(given, ['growth', 'of']));
  checkPast(now, by, '`growth`', sayAt(given, ['growth', 'of']), given.scope);
  const then: Expression = { kind: 'ago', of: now, by };
  return {
    kind: 'arithmetic',
    op: '/',
    left: { kind: 'arithmetic', op: '-', left: now, right: then },
    right: then,
  };
}

type Filtered = AuthoredFilter & { readonly property?: string };

function aggregate(file: TraitFile, given: Surroundings): Expression {
  const forms: { readonly [fn in Aggregate]?: Filtered } = file as object;
  for (const fn of [...COUNTED, ...MEASURED]) {
    const authored = forms[fn];
    if (authored === undefined) continue;
    if (fn === 'people' && given.of === 'person') {
      const message = '`people` counts who did it in an account, and this trait is of people';
      sayAt(given, ['people'])(message, 'Add `of: accounts`, or take `count`');
    }
    const events = compileFilter(authored, [fn], given);
    if (fn === 'newCount' || fn === 'newList') checkNewKept(given.scope.keepHistory, sayAt(given, [fn]));
    const { property } = authored;
    if (property === undefined) return { kind: 'aggregate', fn, events };
    lintAggregate(fn, events, property, given);
    return { kind: 'aggregate', fn, events, property };
  }
  throw new Error(`The computed trait ${file.trait} has no form that the schema knows`);
}

const OVER_NUMBERS: ReadonlySet<Aggregate> = new Set(['sum', 'average', 'min', 'max']);

function lintAggregate(fn: Aggregate, { names }: EventFilter, property: string, given: Surroundings): void {
  const { plan } = given.scope;
  const say = sayAt(given, [fn, 'property']);
  lintProperty(names, property, [], say, plan);
  if (OVER_NUMBERS.has(fn)) lintNumbers(names, property, say, plan);
}
