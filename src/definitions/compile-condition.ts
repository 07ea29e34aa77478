/**
 * Conditions from the author's form to the core's: durations in milliseconds, computed traits written out, what is asked
 * of related profiles made an audience of its own.
 * @module
 */
import type { Comparison, Condition } from '../core/condition.ts';
import { compileFilter, compileSequence } from './compile-events.ts';
import { compileRelated, related } from './compile-related.ts';
import { compileTests } from './compile-tests.ts';
import { clashBetween, clashOf, typeOf } from './lint-types.ts';
import type { AuthoredCondition, AuthoredTraitClause } from './schema-condition.ts';
import type { AuthoredEventClause, AuthoredTimes } from './schema-events.ts';
import { traitReferred } from './schema-tests.ts';
import { checkAudience, type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';

export interface ConditionSurroundings extends Surroundings {
  /** Outside a run there is no entry that `since` could mean. */
  readonly inRun: boolean;
  /** Events and sequences without `within` and `since` count from the entry on. */
  readonly sinceEntry: boolean;
}

/** @param path where the condition stands in its source */
export function compileCondition(authored: AuthoredCondition, path: Path, given: ConditionSurroundings): Condition {
  if ('all' in authored) return group('all', authored.all, path, given);
  if ('any' in authored) return group('any', authored.any, path, given);
  if ('not' in authored) return { kind: 'not', of: compileCondition(authored.not, [...path, 'not'], given) };
  if ('trait' in authored) return compileTrait(authored, path, given);
  if ('event' in authored) return compileEvent(authored, path, given);
  if ('sequence' in authored) {
    checkEntry(authored.since, path, given);
    return compileSequence(authored, path, given, given.sinceEntry);
  }
  if ('account' in authored) {
    const at = [...path, 'account'];
    return related(compileRelated({ that: authored.account }, at, 'account', given, at), undefined);
  }
  if ('accounts' in authored)
    return related(
      compileRelated(authored.accounts, [...path, 'accounts'], 'account', given),
      authored.accounts.howMany,
    );
  if ('people' in authored)
    return related(compileRelated(authored.people, [...path, 'people'], 'person', given), authored.people.howMany);
  checkAudience(authored.audience, given.of, given.scope, sayAt(given, [...path, 'audience']));
  return { kind: 'audience', key: authored.audience };
}

function compileEvent(authored: AuthoredEventClause, path: Path, given: ConditionSurroundings): Condition {
  checkEntry(authored.since, path, given);
  const fromEntry = given.sinceEntry && authored.within === undefined && authored.since === undefined;
  return {
    kind: 'events',
    events: { ...compileFilter(authored, path, given), ...(fromEntry && { since: 'entry' }) },
    times: compileTimes(authored.times),
  };
}

export function compileTimes(authored: AuthoredTimes = { atLeast: 1 }): { atLeast?: number; atMost?: number } {
  const { exactly, atLeast = exactly, atMost = exactly } = authored;
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}

function checkEntry(since: unknown, path: Path, given: ConditionSurroundings): void {
  if (since !== 'entry' || given.inRun) return;
  const message = 'An audience has no entry that `since` could mean';
  sayAt(given, [...path, 'since'])(message, 'Use `within`, or leave it out');
}

/** Values are tested first, then held against other traits. */
function compileTrait(authored: AuthoredTraitClause, path: Path, given: ConditionSurroundings): Condition {
  const { trait, ...tests } = authored;
  const { scope, of } = given;
  const left = scope.resolve(trait, of, sayAt(given, [...path, 'trait']));
  const type = typeOf(left, of, scope);
  const others = Object.entries(tests).flatMap(([op, value]) => {
    const other = COMPARISONS.has(op) ? traitReferred(value) : undefined;
    return other === undefined ? [] : [{ op: op as Comparison, other }];
  });
  const plain = Object.fromEntries(Object.entries(tests).filter(([op]) => !others.some((one) => one.op === op)));
  const valued = compileTests(plain).map((test): Condition => {
    const clash = type === undefined ? undefined : clashOf(type, test);
    if (clash !== undefined) sayAt(given, [...path, test.op])(`The trait \`${trait}\` ${clash.message}`, clash.fix);
    return { kind: 'value', of: left, test };
  });
  const compared = others.map(({ op, other }): Condition => {
    const right = scope.resolve(other, of, sayAt(given, [...path, op, 'trait']));
    const clash = clashBetween(type, op, typeOf(right, of, scope), other);
    if (clash !== undefined) sayAt(given, [...path, op])(`The trait \`${trait}\` ${clash.message}`, clash.fix);
    return { kind: 'compare', left, op, right };
  });
  return oneOrAll([...valued, ...compared]);
}

const COMPARISONS: ReadonlySet<string> = new Set<Comparison>(['is', 'isNot', 'atLeast', 'atMost', 'above', 'below']);

function group(
  kind: 'all' | 'any',
  parts: readonly AuthoredCondition[],
  path: Path,
  given: ConditionSurroundings,
): Condition {
  return { kind, of: parts.map((part, index) => compileCondition(part, [...path, kind, index], given)) };
}

function oneOrAll(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { kind: 'all', of: conditions };
}
