/**
 * Conditions in words, for explanations.
 * @module
 */
import ms from 'ms';
import type { Condition, EventFilter, Expression, Json, Test } from './condition.ts';

/** One line; parts of `all` and `any` are joined by `and` and `or`. */
export function describe(condition: Condition): string {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of
        .map((part) => (part.kind === 'all' || part.kind === 'any' ? `(${describe(part)})` : describe(part)))
        .join(condition.kind === 'all' ? ' and ' : ' or ');
    case 'not':
      return `not (${describe(condition.of)})`;
    case 'value':
      return `${describeExpression(condition.of)} ${describeTest(condition.test)}`;
    case 'events': {
      const { atLeast, atMost } = condition.times;
      return `${describeEvents(condition.events)}${times(atLeast, atMost)}`;
    }
    case 'audience':
      return `in the audience ${condition.key}`;
  }
}

export function describeExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'trait':
      return expression.path;
    case 'aggregate':
      return `${expression.fn} of ${expression.property === undefined ? '' : `${expression.property} in `}${describeEvents(expression.events)}`;
    case 'ratio':
      return `${describeExpression(expression.of)} / ${describeExpression(expression.to)}`;
    case 'daysSince':
      return `days since ${describeExpression(expression.of)}`;
  }
}

export function describeTest(test: Test): string {
  switch (test.op) {
    case 'is':
      return `is ${show(test.value)}`;
    case 'isNot':
      return `is not ${show(test.value)}`;
    case 'in':
      return `is one of ${test.value.map(show).join(', ')}`;
    case 'notIn':
      return `is none of ${test.value.map(show).join(', ')}`;
    case 'contains':
      return `contains ${show(test.value)}`;
    case 'notContains':
      return `does not contain ${show(test.value)}`;
    case 'exists':
      return test.value ? 'exists' : 'is absent';
    case 'atLeast':
      return `is at least ${show(test.value)}`;
    case 'atMost':
      return `is at most ${show(test.value)}`;
    case 'above':
      return `is above ${show(test.value)}`;
    case 'below':
      return `is below ${show(test.value)}`;
    case 'olderThan':
      return `is at least ${ms(test.value, { long: true })} ago`;
    case 'newerThan':
      return `is less than ${ms(test.value, { long: true })} ago`;
  }
}

function describeEvents({ names, where, within, since }: EventFilter): string {
  const name = names.map((one) => (one === '*' ? 'anything' : one)).join(' or ');
  const filters = where.map(({ path, test }) => `${path} ${describeTest(test)}`).join(' and ');
  const window = within === undefined ? '' : ` in the last ${ms(within, { long: true })}`;
  return `${name}${filters === '' ? '' : ` where ${filters}`}${window}${since === undefined ? '' : ' since entry'}`;
}

function times(atLeast: number | undefined, atMost: number | undefined): string {
  if (atLeast !== undefined && atLeast === atMost) return ` exactly ${atLeast} times`;
  if (atMost !== undefined && atLeast !== undefined) return ` ${atLeast} to ${atMost} times`;
  if (atMost !== undefined) return atMost === 0 ? ' never' : ` at most ${atMost} times`;
  return atLeast === undefined || atLeast === 1 ? '' : ` at least ${atLeast} times`;
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
