/**
 * Conditions in SQL, as `core/evaluate.ts` has them: for whom one holds, may yet hold, or may yet fail.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { countOf, hasOne, hasWindow, isWithin, matching } from './compile-sql-events.ts';
import { compileExpression } from './compile-sql-expressions.ts';
import { comparisonMayTurn, sequenceMayTurn, type Turns, testMayTurn } from './compile-sql-possible.ts';
import { relatedIn, relatedTotal } from './compile-sql-related.ts';
import { compileSequence } from './compile-sql-sequences.ts';
import { type Asking, allOf, anyOf, type Clause, definite, likely, NO, not, text } from './compile-sql-tables.ts';
import { always, comparison, test } from './compile-sql-tests.ts';

/** Does it hold for `p` now? */
export function holds(condition: Condition, asking: Asking): Clause {
  return compile(condition, asking, { atTop: true });
}

/** Does it hold, or may it come to hold by time alone? Names at least those. */
export function mayHold(condition: Condition, asking: Asking): Clause {
  return compile(condition, asking, { atTop: true, orTurns: 'holds' });
}

interface Way {
  /** The clause must hold whatever the others say. */
  readonly atTop: boolean;
  /** Asked is whether it is so, or may come to be so, by time alone; absent: whether it holds now. */
  readonly orTurns?: Turns;
}

function compile(condition: Condition, asking: Asking, way: Way): Clause {
  switch (condition.kind) {
    case 'all':
    case 'any': {
      const isAll = (condition.kind === 'all') === (way.orTurns !== 'fails');
      const inner = { ...way, atTop: way.atTop && isAll };
      const parts = condition.of.map((part) => compile(part, asking, inner));
      return isAll ? allOf(parts) : anyOf(parts);
    }
    case 'not': {
      const inner = { ...way, atTop: way.atTop && condition.of.kind === 'events' };
      if (way.orTurns === undefined) return not(compile(condition.of, asking, inner));
      return compile(condition.of, asking, { ...inner, orTurns: way.orTurns === 'holds' ? 'fails' : 'holds' });
    }
    case 'events':
      return compileEvents(condition, asking, way);
    case 'sequence': {
      const answer = answerOf(compileSequence(condition, asking), way);
      return way.orTurns === undefined ? answer : anyOf([answer, sequenceMayTurn(condition, way.orTurns, asking)]);
    }
    case 'value': {
      const answer = answerOf(
        test(compileExpression(condition.of, asking, holdsInside), condition.test, asking.now),
        way,
      );
      if (way.orTurns === undefined) return answer;
      return anyOf([answer, testMayTurn(condition, way.orTurns, asking, holdsInside)]);
    }
    case 'compare': {
      const [left, right] = [condition.left, condition.right].map((side) =>
        compileExpression(side, asking, holdsInside),
      );
      const answer = answerOf(
        left === undefined || right === undefined ? NO : comparison(condition.op, left, right),
        way,
      );
      if (way.orTurns === undefined) return answer;
      return anyOf([answer, comparisonMayTurn(condition, asking, holdsInside)]);
    }
    case 'audience': {
      const unstored = asking.unstored?.get(condition.key);
      if (unstored !== undefined && unstored.of === asking.of)
        return compile(unstored.condition, { ...asking, now: asking.present }, way);
      const stored = `s.profile_id = p.id and s.audience = ${text(condition.key)} and s.member`;
      return answerOf(definite(`exists (select from audience_states s where ${stored})`), way);
    }
    case 'related': {
      const count = relatedIn(condition.audience, asking);
      if (condition.times !== 'all') return answerOf(isWithin(count, condition.times), way);
      const total = relatedTotal(asking);
      return answerOf(likely(`(${total} > 0 and ${count} = ${total})`), way);
    }
  }
}

function holdsInside(condition: Condition, asking: Asking): Clause {
  return compile(condition, asking, { atTop: false });
}

function answerOf(clause: Clause, { orTurns }: Way): Clause {
  return orTurns === 'fails' ? not(clause) : clause;
}

function compileEvents(
  { events, times }: Extract<Condition, { kind: 'events' }>,
  asking: Asking,
  { atTop, orTurns }: Way,
): Clause {
  const { atLeast = 0, atMost = Infinity } = times;
  // Matches only leave the window: from what it is now the count goes down to 0.
  const sinks = orTurns !== undefined && hasWindow(events) && events.since !== 'entry';
  if (!sinks) return answerOf(countIs(events, atLeast, atMost, asking, atTop), { atTop, ...(orTurns && { orTurns }) });
  if (orTurns === 'holds') return countIs(events, atLeast, Infinity, asking, atTop);
  return atLeast > 0 ? always(true) : not(countIs(events, 0, atMost, asking, atTop));
}

function countIs(
  events: Extract<Condition, { kind: 'events' }>['events'],
  atLeast: number,
  atMost: number,
  asking: Asking,
  atTop: boolean,
): Clause {
  const matched = matching(events, asking);
  if (matched === null) return always(atLeast <= 0 && atMost >= 0);
  if (atMost < atLeast || atMost < 0) return NO;
  if (atLeast <= 0 && atMost === Infinity) return always(true);
  if (atMost === Infinity && atLeast <= 1) return hasOne(events, asking, atTop);
  if (atLeast <= 0 && atMost < 1) return not(hasOne(events, asking, atTop));
  const { counted, orNone } = countOf(matched, asking);
  const bounds = {
    ...(atLeast > 0 && { atLeast }),
    ...(atMost < Infinity && { atMost }),
  };
  // Compared with null, somebody who has none is left out without looking, as a join does it.
  return isWithin(atLeast > 0 ? counted : orNone, bounds);
}
