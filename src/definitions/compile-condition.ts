/**
 * Conditions from the author's form to the core's: durations in milliseconds, computed traits written out.
 * @module
 */
import type { Condition, EventFilter, Json, PropertyTest, Test } from '../core/condition.ts';
import { type Catalog, checkReference, type Report } from './catalog.ts';
import type { Traits } from './compile-traits.ts';
import type { AuthoredCondition, AuthoredEventClause, AuthoredTests } from './schema-condition.ts';
import { TEST_NAMES } from './schema-condition.ts';
import { millisecondsOf } from './schema-values.ts';
import type { Path, Source } from './source.ts';

export interface Surroundings {
  readonly catalog: Catalog;
  readonly traits: Pick<Traits, 'resolve'>;
  readonly report: Report;
  readonly source: Source;
  /** Outside a run there is no entry that `since` could mean. */
  readonly inRun: boolean;
  /** Event clauses without `within` and `since` count from the entry on. */
  readonly sinceEntry: boolean;
}

/** @param path where the condition stands in its source */
export function compileCondition(authored: AuthoredCondition, path: Path, given: Surroundings): Condition {
  if ('all' in authored) return group('all', authored.all, path, given);
  if ('any' in authored) return group('any', authored.any, path, given);
  if ('not' in authored) return { kind: 'not', of: compileCondition(authored.not, [...path, 'not'], given) };
  if ('trait' in authored) {
    const of = given.traits.resolve(authored.trait, given.source, [...path, 'trait']);
    return oneOrAll(compileTests(authored).map((test): Condition => ({ kind: 'value', of, test })));
  }
  if ('event' in authored) {
    if (authored.since !== undefined && !given.inRun) {
      const fix = 'Use `within`, or leave it out';
      given.report(given.source, [...path, 'since'], 'An audience has no entry that `since` could mean', fix);
    }
    const { exactly, atLeast = exactly, atMost = exactly } = authored.times ?? { atLeast: 1 };
    const fromEntry = given.sinceEntry && authored.within === undefined && authored.since === undefined;
    const events: EventFilter = { ...compileFilter(authored), ...(fromEntry && { since: 'entry' }) };
    return { kind: 'events', events, times: { ...defined({ atLeast, atMost }) } };
  }
  checkReference(given.catalog, given.catalog.audiences, 'audience', authored.audience, (message, fix) =>
    given.report(given.source, [...path, 'audience'], message, fix),
  );
  return { kind: 'audience', key: authored.audience };
}

type AuthoredFilter = Pick<AuthoredEventClause, 'event' | 'where' | 'within' | 'since'>;

export function compileFilter({ event, where = {}, within, since }: AuthoredFilter): EventFilter {
  return {
    names: typeof event === 'string' ? [event] : event,
    where: Object.entries(where).flatMap(([path, wanted]): PropertyTest[] =>
      (typeof wanted === 'object' ? compileTests(wanted) : [{ op: 'is', value: wanted } satisfies Test]).map(
        (test) => ({
          path,
          test,
        }),
      ),
    ),
    ...defined({ within: within === undefined ? undefined : millisecondsOf(within), since }),
  };
}

function group(kind: 'all' | 'any', parts: readonly AuthoredCondition[], path: Path, given: Surroundings): Condition {
  return { kind, of: parts.map((part, index) => compileCondition(part, [...path, kind, index], given)) };
}

function compileTests(authored: AuthoredTests): readonly Test[] {
  return TEST_NAMES.flatMap((op): Test[] => {
    const value = authored[op];
    if (value === undefined) return [];
    if (op === 'olderThan' || op === 'newerThan') return [{ op, value: millisecondsOf(String(value)) }];
    // The schema has seen to it that each test has a value of its kind.
    return [{ op, value: value as Json } as Test];
  });
}

function oneOrAll(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { kind: 'all', of: conditions };
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
