/**
 * Events from the author's form to the core's: filters with their windows, anchors, and sequences.
 * @module
 */
import type { Anchor, EventFilter, EventPattern, PropertyTest, Sequence, SequenceStep } from '../core/condition.ts';
import { DAY, MINUTE } from '../core/time.ts';
import { compileTests } from './compile-tests.ts';
import { boundedFilter, checkSequenceKept } from './kept-history.ts';
import { checkKept } from './lint-past.ts';
import { lintProperty } from './lint-properties.ts';
import type { AuthoredAnchor, AuthoredFilter, AuthoredPattern, AuthoredSequence } from './schema-events.ts';
import { calendarDaysOf, millisecondsOf } from './schema-values.ts';
import { type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';

const SESSION_PAUSE = 30 * MINUTE;

/** @param path where its map stands in the source */
export function compileFilter(authored: AuthoredFilter, path: Path, given: Surroundings): EventFilter {
  const { scope } = given;
  const { within, since, upTo } = authored;
  if (upTo !== undefined && typeof since !== 'object')
    sayAt(given, [...path, 'upTo'])(
      '`upTo` has no event to count from',
      'Add one, such as `since: { last: Logged In }`',
    );
  const days = within === undefined ? undefined : calendarDaysOf(within);
  if (within !== undefined)
    checkKept(
      days === undefined ? millisecondsOf(within) : days * DAY,
      scope.keepHistory,
      sayAt(given, [...path, 'within']),
    );
  const filter: EventFilter = {
    ...compilePattern(authored, path, given),
    ...(within !== undefined && days === undefined && { within: millisecondsOf(within) }),
    ...(days !== undefined && { days: { count: days, zone: scope.zone } }),
    ...(since !== undefined && { since: since === 'entry' ? since : compileAnchor(since, [...path, 'since'], given) }),
    ...(upTo !== undefined && { upTo: millisecondsOf(upTo) }),
  };
  return boundedFilter(filter, scope.keepHistory, sayAt(given, [...path, 'since']));
}

/** @param path where the pattern stands in the source */
export function compilePattern(authored: AuthoredPattern, path: Path, given: Surroundings): EventPattern {
  const { event, where = {} } = typeof authored === 'string' ? { event: authored } : authored;
  const names = typeof event === 'string' ? [event] : event;
  const sameAsEntry = Object.keys(where).filter((property) => isSameAsEntry(where[property]));
  for (const property of sameAsEntry) checkEntryHas(property, [...path, 'where', property], given);
  return {
    names,
    where: Object.entries(where).flatMap(([property, wanted]): PropertyTest[] => {
      const tests = compileTests(typeof wanted === 'object' ? wanted : { is: wanted });
      lintProperty(names, property, tests, sayAt(given, [...path, 'where', property]), given.scope.plan);
      return tests.map((test) => ({ path: property, test }));
    }),
    ...(sameAsEntry.length > 0 && { sameAsEntry }),
  };
}

function isSameAsEntry(wanted: NonNullable<Exclude<AuthoredPattern, string>['where']>[string] | undefined): boolean {
  return typeof wanted === 'object' && wanted.same === true;
}

/** Is there an entry, and can it have this property? */
function checkEntryHas(property: string, path: Path, given: Surroundings): void {
  const say = sayAt(given, path);
  const fix = 'Name the value: `is: …`';
  if (given.enteredWith === undefined)
    say(`There is no entry here whose \`${property}\` this could be the same as`, fix);
  else if (given.enteredWith === 'nothing')
    say(`This journey is entered without properties, so there is no \`${property}\` to be the same as`, fix);
  else lintProperty(given.enteredWith, property, [], say, given.scope.plan);
}

function compileAnchor(authored: AuthoredAnchor, path: Path, given: Surroundings): Anchor {
  return 'last' in authored
    ? { which: 'last', ...compilePattern(authored.last, [...path, 'last'], given) }
    : { which: 'first', ...compilePattern(authored.first, [...path, 'first'], given) };
}

/** @param fromEntry its events count from the entry of the run where it has no window of its own */
export function compileSequence(
  authored: AuthoredSequence,
  path: Path,
  given: Surroundings,
  fromEntry: boolean,
): Sequence {
  const { within, since, session, thenNot, without = [] } = authored;
  const { keepHistory } = given.scope;
  if (within !== undefined) checkKept(millisecondsOf(within), keepHistory, sayAt(given, [...path, 'within']));
  const steps = authored.sequence.map((step, index): SequenceStep => {
    const at = [...path, 'sequence', index];
    const soon = typeof step === 'string' ? undefined : step.within;
    if (soon === undefined) return compilePattern(step, at, given);
    const say = sayAt(given, [...at, 'within']);
    if (index === 0) say('Before the first event of a sequence is none that `within` could count from', 'Take it out');
    checkKept(millisecondsOf(soon), keepHistory, say);
    return { ...compilePattern(step, at, given), within: millisecondsOf(soon) };
  });
  const entry = since ?? (fromEntry && within === undefined ? 'entry' : undefined);
  const compiled: Sequence = {
    kind: 'sequence',
    steps,
    without: without.map((pattern, index) => compilePattern(pattern, [...path, 'without', index], given)),
    ...(thenNot !== undefined && { thenNot: compileThenNot(thenNot, [...path, 'thenNot'], given) }),
    ...(within !== undefined && { within: millisecondsOf(within) }),
    ...(entry !== undefined && { since: entry }),
    ...(session !== undefined && { session: session === true ? SESSION_PAUSE : millisecondsOf(session) }),
  };
  checkSequenceKept(compiled, keepHistory, sayAt(given, [...path, 'sequence']));
  return compiled;
}

function compileThenNot(
  authored: NonNullable<AuthoredSequence['thenNot']>,
  path: Path,
  given: Surroundings,
): Sequence['thenNot'] {
  const within = millisecondsOf(authored.within);
  checkKept(within, given.scope.keepHistory, sayAt(given, [...path, 'within']));
  return { ...compilePattern(authored, path, given), within };
}
