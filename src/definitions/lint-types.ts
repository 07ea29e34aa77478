/**
 * Does a test fit what it tests? A clash of types would otherwise be an audience that is always empty.
 * @module
 */
import type { Comparison, Expression, Json, Test } from '../core/condition.ts';
import { plannedField } from './planned-field.ts';
import { isOfType } from './planned-value.ts';
import type { Scope } from './scope.ts';
import type { PlannedType, SubjectKind, TrackingPlan } from './workspace-types.ts';

type Known = Pick<Scope, 'stored' | 'plan'>;

/** The type that an expression about `of` has wherever it has a value; undefined where it may have several. */
export function typeOf(expression: Expression, of: SubjectKind, known: Known): PlannedType | undefined {
  switch (expression.kind) {
    case 'trait': {
      const { path } = expression;
      const { stored } = known;
      const own = stored[of];
      if (Object.hasOwn(own, path)) return own[path];
      const [first, rest] = /^account\.(.+)$/.exec(path) ?? [];
      return of === 'person' && first !== undefined && rest !== undefined ? stored.account[rest] : undefined;
    }
    case 'aggregate':
      return AGGREGATED[expression.fn] ?? plannedType(expression, known.plan);
    case 'ago':
      return typeOf(expression.of, of, known);
    case 'orElse': {
      const type = typeOf(expression.of, of, known);
      return type === typeOf(expression.otherwise, of, known) ? type : undefined;
    }
    case 'band':
      return 'string';
    case 'constant':
    case 'arithmetic':
    case 'daysSince':
    case 'related':
    case 'score':
      return 'number';
  }
}

/** The type that the tracking plan gives the property in every one of the events. */
function plannedType(
  { events, property = '' }: Extract<Expression, { kind: 'aggregate' }>,
  plan: TrackingPlan | undefined,
): PlannedType | undefined {
  const types = events.names.map((name) => plannedField(plan, name, property)?.type);
  return types.every((type) => type === types[0]) ? types[0] : undefined;
}

const AGGREGATED: Readonly<Record<Extract<Expression, { kind: 'aggregate' }>['fn'], PlannedType | undefined>> = {
  count: 'number',
  sum: 'number',
  average: 'number',
  min: 'number',
  max: 'number',
  uniqueCount: 'number',
  newCount: 'number',
  people: 'number',
  usualHour: 'number',
  firstAt: 'date',
  lastAt: 'date',
  uniqueList: 'list',
  newList: 'list',
  first: undefined,
  last: undefined,
};

export interface Clash {
  /** Goes on after "The trait `x`". */
  readonly message: string;
  readonly fix?: string;
}

/** Why a test can never be meant of a value of this type; undefined where it can. */
export function clashOf(type: PlannedType, test: Test): Clash | undefined {
  switch (test.op) {
    case 'exists':
      return undefined;
    case 'is':
    case 'isNot':
      return mismatch(type, [test.value]);
    case 'in':
    case 'notIn':
      return mismatch(type, test.value);
    case 'contains':
    case 'notContains':
      if (type === 'list' || (isText(type) && typeof test.value === 'string')) return undefined;
      if (isText(type))
        return { message: `is ${aType(type)}, and only text can be in it`, fix: 'Put the value in quotes' };
      return { message: `is ${aType(type)}, and only texts and lists contain something`, fix: 'Use `is`' };
    case 'olderThan':
    case 'newerThan':
      if (type === 'date') return undefined;
      return {
        message: `is ${aType(type)}, and \`${test.op}\` asks about a date`,
        fix: `If it is one, declare it as \`date\``,
      };
    default:
      return hasOrder(type) ? mismatch(type, [test.value]) : { message: noOrder(type), fix: orderless(type) };
  }
}

/** Likewise for two values held against each other. */
export function clashBetween(
  left: PlannedType | undefined,
  op: Comparison,
  right: PlannedType | undefined,
  other: string,
): Clash | undefined {
  if (op !== 'is' && op !== 'isNot') {
    if (left !== undefined && !hasOrder(left)) return { message: noOrder(left), fix: orderless(left) };
  }
  if (left === undefined || right === undefined || basic(left) === basic(right)) return undefined;
  return { message: `is ${aType(left)}, and \`${other}\` is ${aType(right)}`, fix: 'Compare values of one type' };
}

function mismatch(type: PlannedType, values: readonly Json[]): Clash | undefined {
  const wrong = values.find((value) => value !== null && !isOfType(value, basic(type)));
  if (wrong === undefined) return undefined;
  const message = `is ${aType(type)}, and ${JSON.stringify(wrong)} is none`;
  if (basic(type) === 'number' && typeof wrong === 'string' && Number.isFinite(Number(wrong)))
    return { message, fix: 'Take it out of its quotes' };
  if (type === 'list') return { message, fix: 'Use `contains`' };
  return { message, ...(type === 'string' && typeof wrong === 'number' && { fix: 'Put it in quotes' }) };
}

function orderless(type: PlannedType): string {
  return type === 'list' ? 'Use `contains` or `exists`' : 'Use `is` or `exists`';
}

function noOrder(type: PlannedType): string {
  return `is ${aType(type)}, which has no order`;
}

function hasOrder(type: PlannedType): boolean {
  return type === 'date' || type === 'string' || basic(type) === 'number';
}

function isText(type: PlannedType): boolean {
  return type === 'string' || type === 'date';
}

function basic(type: PlannedType): PlannedType {
  return type === 'integer' ? 'number' : type;
}

/** `an object` */
export function aType(type: PlannedType): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}
