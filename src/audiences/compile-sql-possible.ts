/**
 * What time alone may do to values and conditions: for whom an answer may yet turn. It may name somebody for whom it never
 * does, and never leaves anybody out for whom it does.
 * @module
 */
import type { Condition, Decay, Expression, Sequence, Test } from '../core/condition.ts';
import { interestOf, interestOfExpressions } from '../core/interest.ts';
import { everDid, hasOne, hasWindow } from './compile-sql-events.ts';
import { type CompileCondition, compileExpression } from './compile-sql-expressions.ts';
import { compileSequence } from './compile-sql-sequences.ts';
import { type Asking, anyOf, type Clause, definite, NO, YES } from './compile-sql-tables.ts';
import { ages, always, instantOf } from './compile-sql-tests.ts';

export type Turns = 'holds' | 'fails';

/** May the answer of a value's test become this, if it is not so now? */
export function testMayTurn(
  clause: Extract<Condition, { kind: 'value' }>,
  into: Turns,
  asking: Asking,
  compile: CompileCondition,
): Clause {
  const { of, test } = clause;
  const course = courseOf(of);
  const value = compileExpression(of, asking, compile);
  const older = test.op === 'olderThan' || test.op === 'newerThan';
  const ageing = older && (test.op === 'olderThan') === (into === 'holds') ? ages(value, test) : NO;
  if (course === 'still') return ageing;
  if (!older && movesAway(course, test, into)) return NO;
  return anyOf([ageing, mayChange(of, asking, compile)]);
}

/** May two values come to stand otherwise to each other? */
export function comparisonMayTurn(
  { left, right }: Extract<Condition, { kind: 'compare' }>,
  asking: Asking,
  compile: CompileCondition,
): Clause {
  return anyOf([left, right].map((side) => mayChange(side, asking, compile)));
}

/** May the sequence come to hold, or to fail? */
export function sequenceMayTurn(sequence: Sequence, into: Turns, asking: Asking): Clause {
  if (sequence.since === 'entry') return NO;
  if (into === 'holds') return sequence.thenNot === undefined ? NO : compileSequence(sequence, asking, true);
  return always(sequence.within !== undefined);
}

/** As it was some time ago: what has happened since comes to count by time alone. */
function isLookingBack({ now, present }: Asking): boolean {
  return now !== present;
}

/** May a value become another one? */
function mayChange(expression: Expression, asking: Asking, compile: CompileCondition): Clause {
  if (!isLookingBack(asking) && courseOf(expression) === 'still') return NO;
  const inner = (...parts: readonly Expression[]) => anyOf(parts.map((part) => mayChange(part, asking, compile)));
  switch (expression.kind) {
    case 'trait':
    case 'constant':
    case 'related':
      return NO;
    case 'aggregate':
      return isLookingBack(asking) ? everDid(expression.events, asking) : hasOne(expression.events, asking, false);
    case 'arithmetic':
      return inner(expression.left, expression.right);
    case 'orElse':
      return inner(expression.of, expression.otherwise);
    case 'daysSince': {
      const then = instantOf(compileExpression(expression.of, asking, compile));
      return anyOf([definite(`${then} is not null`), inner(expression.of)]);
    }
    case 'ago':
      return mayChange(expression.of, { ...asking, now: asking.now - expression.by }, compile);
    case 'band':
      return inner(expression.of);
    case 'score':
      return anyOf(
        expression.signals.map(({ by }) => {
          if ('condition' in by) return interestOf(by.condition).timed || isLookingBack(asking) ? YES : NO;
          if (isLookingBack(asking)) return everDid(by.events, asking);
          return by.decay !== null || hasWindow(by.events) ? hasOne(by.events, asking, false) : NO;
        }),
      );
  }
}

/** Where a value goes by time alone, for whoever it may be; `falls` and `rises` are said of numbers that are never absent. */
type Course = 'still' | 'falls' | 'rises' | 'unknown';

function courseOf(expression: Expression): Course {
  switch (expression.kind) {
    case 'trait':
    case 'constant':
    case 'related':
      return 'still';
    case 'aggregate': {
      if (expression.events.since === 'entry' || !hasWindow(expression.events)) return 'still';
      return FALLING.has(expression.fn) ? 'falls' : 'unknown';
    }
    case 'score':
      return courseOfScore(expression);
    case 'daysSince':
      return courseOf(expression.of) === 'still' ? 'rises' : 'unknown';
    case 'arithmetic':
      return [expression.left, expression.right].every((side) => courseOf(side) === 'still') ? 'still' : 'unknown';
    case 'orElse':
      return [expression.of, expression.otherwise].every((side) => courseOf(side) === 'still') ? 'still' : 'unknown';
    case 'ago':
      return isTimeless(expression.of) ? 'still' : 'unknown';
    case 'band':
      return courseOf(expression.of) === 'still' ? 'still' : 'unknown';
  }
}

const FALLING: ReadonlySet<string> = new Set(['count', 'uniqueCount', 'people', 'newCount']);

function courseOfScore({ signals }: Extract<Expression, { kind: 'score' }>): Course {
  if (signals.some(({ by }) => 'condition' in by)) return 'unknown';
  return signals.every(({ weight }) => weight >= 0) && signals.every(({ by }) => 'events' in by && wearsOff(by.decay))
    ? 'falls'
    : 'unknown';
}

function wearsOff(decay: Decay | null): boolean {
  if (decay === null || 'halfLife' in decay) return true;
  return decay.steps.every(({ share }, index) => share >= (decay.steps[index + 1]?.share ?? 0));
}

function isTimeless(expression: Expression): boolean {
  const { events, timed } = interestOfExpressions([expression]);
  return events.size === 0 && !timed;
}

/** A value that goes its course can only get further from such an answer. */
function movesAway(course: Course, { op }: Test, into: Turns): boolean {
  const isAbove = op === 'atLeast' || op === 'above';
  if (!isAbove && op !== 'atMost' && op !== 'below') return false;
  if (course === 'falls') return isAbove === (into === 'holds');
  return course === 'rises' && isAbove === (into === 'fails');
}
