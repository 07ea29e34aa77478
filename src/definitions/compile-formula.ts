/**
 * Formulas over traits, from text to the core's expressions. `jsep` reads them.
 * @module
 */
import jsep from 'jsep';
import type { Expression } from '../core/condition.ts';
import { checkPast } from './lint-past.ts';
import { aType, typeOf } from './lint-types.ts';
import { isNeverZero } from './never-zero.ts';
import { duration, millisecondsOf } from './schema-values.ts';
import type { Say, Surroundings } from './scope.ts';
import type { Path } from './source.ts';

/** What a formula is made of, as the parser gives it. */
type Node = jsep.CoreExpression;

interface Formula extends Surroundings {
  readonly text: string;
  /** Says something about the part of the formula at this index. */
  readonly sayAtIndex: (index: number) => Say;
  /** What a division by 0 gives is said already. */
  readonly mayDivideByZero: boolean;
  /** Divisions so far, in the order in which they are written. */
  divisions: number;
}

const OPERATORS = ['+', '-', '*', '/'] as const;
const KNOWS =
  'It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`';
const NOTHING: Expression = { kind: 'constant', value: 0 };

/**
 * @param path where the text stands
 * @param mayDivideByZero whether the author has said what comes of it
 */
export function compileFormula(text: string, path: Path, given: Surroundings, mayDivideByZero: boolean): Expression {
  const { scope, source } = given;
  const sayAtIndex = (index: number): Say => {
    return (message, fix) => scope.report(source, path, message, fix, { text, index });
  };
  try {
    const node = jsep(text) as Node;
    return compile(node, { ...given, text, sayAtIndex, mayDivideByZero, divisions: 0 });
  } catch (cause) {
    const { index = 0, description } = cause as { index?: number; description?: string };
    if (description === undefined) throw cause;
    sayAtIndex(Math.min(index, text.length - 1))(`The formula cannot be read: ${description}`, KNOWS);
    return NOTHING;
  }
}

function compile(node: Node, formula: Formula): Expression {
  switch (node.type) {
    case 'Literal': {
      if (typeof node.value === 'number') return { kind: 'constant', value: node.value };
      return refuse(node.raw, formula);
    }
    case 'Identifier':
    case 'MemberExpression': {
      const name = nameOf(node);
      return name === undefined ? refuse('[', formula) : traitNamed(name, formula);
    }
    case 'UnaryExpression': {
      if (node.operator !== '-' && node.operator !== '+') return refuse(node.operator, formula);
      const argument = compile(node.argument as Node, formula);
      if (node.operator === '+') return argument;
      if (argument.kind === 'constant') return { kind: 'constant', value: -argument.value };
      return { kind: 'arithmetic', op: '-', left: NOTHING, right: argument };
    }
    case 'BinaryExpression':
      return compileOperation(node, formula);
    case 'CallExpression':
      return compileCall(node, formula);
    case 'Compound': {
      formula.sayAtIndex(0)('The formula cannot be read: between two values is no operator', KNOWS);
      return NOTHING;
    }
    case 'ConditionalExpression':
      return refuse('?', formula);
    case 'ArrayExpression':
      return refuse('[', formula);
    default:
      return refuse('this', formula);
  }
}

function compileOperation(node: jsep.BinaryExpression, formula: Formula): Expression {
  const op = OPERATORS.find((known) => known === node.operator);
  if (op === undefined) return refuse(node.operator, formula);
  const left = number(node.left as Node, formula);
  if (op === '/') formula.divisions += 1;
  const division = formula.divisions;
  const right = number(node.right as Node, formula);
  if (op === '/' && !formula.mayDivideByZero && !isNeverZero(right)) {
    const say = formula.sayAtIndex(indexOfDivision(division, formula.text));
    sayZero(right, writtenOf(node.right as Node), say);
  }
  return { kind: 'arithmetic', op, left, right };
}

function sayZero(divisor: Expression, written: string | undefined, say: Say): void {
  if (divisor.kind === 'constant') {
    say('The formula divides by 0', 'Divide by another number');
    return;
  }
  const what = written === undefined ? 'something that may be 0' : `\`${written}\`, which may be 0`;
  const instead = written === undefined ? '' : `, or divide by \`max(${written}, 1)\``;
  const fix = `Say what it is then: add \`otherwise: 0\` or \`otherwise: none\`${instead}`;
  say(`The formula divides by ${what}`, fix);
}

function compileCall({ callee, arguments: args }: jsep.CallExpression, formula: Formula): Expression {
  const name = nameOf(callee as Node) ?? '';
  const say = formula.sayAtIndex(indexOfName(name, formula.text));
  const [first, second] = args as Node[];
  const takes = (what: string): Expression => {
    say(`\`${name}\` takes ${what}`);
    return NOTHING;
  };
  switch (name) {
    case 'min':
    case 'max': {
      if (first === undefined || second === undefined) return takes(`two values or more, as in \`${name}(a, b)\``);
      const values = (args as Node[]).map((arg) => number(arg, formula));
      return values.reduce((left, right) => ({ kind: 'arithmetic', op: name, left, right }));
    }
    case 'orElse':
      if (first === undefined || second === undefined || args.length > 2)
        return takes('two values: `orElse(a, b)` is `b` where there is no `a`');
      return { kind: 'orElse', of: compile(first, formula), otherwise: compile(second, formula) };
    case 'daysSince':
      if (first === undefined || args.length > 1) return takes('a date, as in `daysSince(createdAt)`');
      return { kind: 'daysSince', of: date(first, formula) };
    case 'ago': {
      const by = second?.type === 'Literal' ? second.value : undefined;
      if (first === undefined || !duration.safeParse(by).success)
        return takes('a value and a duration in quotes, as in `ago(users, "30d")`');
      const of = compile(first, formula);
      checkPast(of, millisecondsOf(String(by)), '`ago`', say, formula.scope);
      return { kind: 'ago', of, by: millisecondsOf(String(by)) };
    }
    case 'trait':
      if (first?.type !== 'Literal' || typeof first.value !== 'string')
        return takes('the name of a trait in quotes, as in `trait("seats-used")`');
      return traitNamed(first.value, formula);
    default:
      say(`A formula has no function \`${name}\``, KNOWS);
      return NOTHING;
  }
}

function traitNamed(name: string, formula: Formula): Expression {
  return formula.scope.resolve(name, formula.of, formula.sayAtIndex(indexOfName(name, formula.text)));
}

function number(node: Node, formula: Formula): Expression {
  const expression = compile(node, formula);
  checkNumber(
    expression,
    writtenOf(node) ?? '',
    formula,
    formula.sayAtIndex(indexOfName(writtenOf(node), formula.text)),
  );
  return expression;
}

/** Says so where what is reckoned with is known to be no number. */
export function checkNumber(expression: Expression, name: string, { of, scope }: Surroundings, say: Say): void {
  const type = typeOf(expression, of, scope);
  if (type !== undefined && type !== 'number')
    say(`\`${name}\` is ${aType(type)}, and only numbers can be reckoned with`);
}

function date(node: Node, formula: Formula): Expression {
  const expression = compile(node, formula);
  checkDate(expression, writtenOf(node) ?? '', formula, formula.sayAtIndex(indexOfName(writtenOf(node), formula.text)));
  return expression;
}

/** Says so where days are counted from what is known to be no date. */
export function checkDate(expression: Expression, name: string, { of, scope }: Surroundings, say: Say): void {
  const type = typeOf(expression, of, scope);
  if (type !== undefined && type !== 'date')
    say(`\`${name}\` is ${aType(type)}, and days are counted from a date`, 'If it is one, declare it as `date`');
}

function refuse(part: string, formula: Formula): Expression {
  const index = Math.max(formula.text.indexOf(part), 0);
  formula.sayAtIndex(index)(`A formula has no \`${part}\``, KNOWS);
  return NOTHING;
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.computed) return undefined;
  const [object, property] = [nameOf(node.object as Node), nameOf(node.property as Node)];
  return object === undefined || property === undefined ? undefined : `${object}.${property}`;
}

/** As the author has written it, where that is short. */
function writtenOf(node: Node): string | undefined {
  if (node.type === 'Literal') return node.raw;
  return nameOf(node);
}

function indexOfName(name: string | undefined, text: string): number {
  if (name === undefined) return 0;
  const letters = /[\w.]/;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!letters.test(text[at - 1] ?? '') && !letters.test(text[at + name.length] ?? '')) return at;
  }
  return 0;
}

function indexOfDivision(nth: number, text: string): number {
  return [...text.matchAll(/\//g)][nth - 1]?.index ?? 0;
}
