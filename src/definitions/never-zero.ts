/**
 * What can be divided by, whatever the traits in it are.
 * @module
 */
import type { Expression } from '../core/condition.ts';

/** Is it another number than 0 wherever it is one? */
export function isNeverZero(expression: Expression): boolean {
  return isAbove(0, expression) || (expression.kind === 'constant' && expression.value !== 0);
}

/** Is it at least 0 (`-1`), or above 0 (`0`), whatever the traits in it are? */
function isAbove(bound: 0 | -1, expression: Expression): boolean {
  const both = (left: Expression, right: Expression) => isAbove(bound, left) && isAbove(bound, right);
  switch (expression.kind) {
    case 'constant':
      return expression.value > bound;
    case 'aggregate':
      return bound === -1 && COUNTS.has(expression.fn);
    case 'related':
      return bound === -1;
    case 'ago':
      return isAbove(bound, expression.of);
    case 'orElse':
      return both(expression.of, expression.otherwise);
    case 'arithmetic': {
      const { op, left, right } = expression;
      if (op === 'max') return isAbove(bound, left) || isAbove(bound, right);
      if (op === '+')
        return (
          both(left, right) || (isAbove(-1, left) && isAbove(0, right)) || (isAbove(0, left) && isAbove(-1, right))
        );
      return op !== '-' && both(left, right);
    }
    default:
      return false;
  }
}

const COUNTS: ReadonlySet<string> = new Set(['count', 'uniqueCount', 'newCount', 'people']);
