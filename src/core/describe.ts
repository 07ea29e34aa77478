/**
 * Conditions in words, for explanations.
 * @module
 */
import ms from 'ms';
import type { Condition, EventFilter, EventPattern, Expression, Json, Sequence, Test } from './condition.ts';
import type { Milliseconds } from './time.ts';

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
    case 'compare':
      return `${describeExpression(condition.left)} ${COMPARED[condition.op]} ${describeExpression(condition.right)}`;
    case 'events': {
      const { atLeast, atMost } = condition.times;
      return `${describeEvents(condition.events)}${times(atLeast, atMost)}`;
    }
    case 'sequence':
      return describeSequence(condition);
    case 'audience':
      return `in the audience ${condition.key}`;
    case 'related': {
      if (condition.times === 'all') return `all related are in ${condition.audience}`;
      const { atLeast, atMost } = condition.times;
      return `related in ${condition.audience}${times(atLeast, atMost)}`;
    }
  }
}

export function describeExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'trait':
      return expression.path;
    case 'constant':
      return String(expression.value);
    case 'aggregate':
      return `${expression.fn} of ${expression.property === undefined ? '' : `${expression.property} in `}${describeEvents(expression.events)}`;
    case 'arithmetic': {
      const [left, right] = [expression.left, expression.right].map(describeOperand);
      return expression.op === 'min' || expression.op === 'max'
        ? `${expression.op}(${left}, ${right})`
        : `${left} ${expression.op} ${right}`;
    }
    case 'orElse':
      return `${describeOperand(expression.of)} (else ${describeExpression(expression.otherwise)})`;
    case 'daysSince':
      return `${expression.zone === undefined ? 'days' : 'calendar days'} since ${describeExpression(expression.of)}`;
    case 'ago':
      return `${describeOperand(expression.of)} ${long(expression.by)} ago`;
    case 'related':
      return expression.audience === null ? 'number of related' : `number of related in ${expression.audience}`;
    case 'score':
      return `score of ${expression.signals.map(({ name }) => name).join(', ')}`;
    case 'band':
      return `band of ${describeExpression(expression.of)}`;
  }
}

export function describeTest(test: Test): string {
  switch (test.op) {
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
    case 'olderThan':
      return `is at least ${long(test.value)} ago`;
    case 'newerThan':
      return `is less than ${long(test.value)} ago`;
    default:
      return `${COMPARED[test.op]} ${show(test.value)}`;
  }
}

const COMPARED = {
  is: 'is',
  isNot: 'is not',
  atLeast: 'is at least',
  atMost: 'is at most',
  above: 'is above',
  below: 'is below',
} as const;

function describeOperand(expression: Expression): string {
  const said = describeExpression(expression);
  return expression.kind === 'arithmetic' && expression.op !== 'min' && expression.op !== 'max' ? `(${said})` : said;
}

function describeEvents({ within, days, since, upTo, ...pattern }: EventFilter): string {
  const windows = [
    within === undefined ? '' : ` in the last ${long(within)}`,
    days === undefined ? '' : days.count === 1 ? ' today' : ` in the last ${days.count} calendar days`,
    since === undefined
      ? ''
      : since === 'entry'
        ? ' since entry'
        : `${after(upTo)} the ${since.which} ${describePattern(since)}`,
  ];
  return `${describePattern(pattern)}${windows.join('')}`;
}

function after(upTo: Milliseconds | undefined): string {
  return upTo === undefined ? ' after' : ` within ${long(upTo)} of`;
}

function describePattern({ names, where }: EventPattern): string {
  const name = names.map((one) => (one === '*' ? 'anything' : one)).join(' or ');
  const filters = where.map(({ path, test }) => `${path} ${describeTest(test)}`).join(' and ');
  return `${name}${filters === '' ? '' : ` where ${filters}`}`;
}

function describeSequence({ steps, without, thenNot, within, since, session }: Sequence): string {
  const said = steps.map(
    (step) => `${describePattern(step)}${step.within === undefined ? '' : ` within ${long(step.within)}`}`,
  );
  return [
    said.join(', then '),
    without.length === 0 ? '' : `, without ${without.map(describePattern).join(' or ')} between`,
    thenNot === undefined ? '' : `, then for ${long(thenNot.within)} no ${describePattern(thenNot)}`,
    session === undefined ? '' : ', in one session',
    within === undefined ? '' : `, completed in the last ${long(within)}`,
    since === undefined ? '' : ', since entry',
  ].join('');
}

function times(atLeast: number | undefined, atMost: number | undefined): string {
  if (atLeast !== undefined && atLeast === atMost) return ` exactly ${atLeast} times`;
  if (atMost !== undefined && atLeast !== undefined) return ` ${atLeast} to ${atMost} times`;
  if (atMost !== undefined) return atMost === 0 ? ' never' : ` at most ${atMost} times`;
  return atLeast === undefined || atLeast === 1 ? '' : ` at least ${atLeast} times`;
}

function long(span: Milliseconds): string {
  return ms(span, { long: true });
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
