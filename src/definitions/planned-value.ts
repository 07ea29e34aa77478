/**
 * Is a value of a type that tracking plans know?
 * @module
 */
import type { Json } from '../core/condition.ts';
import { instantOf } from '../core/test-value.ts';
import type { PlannedType } from './workspace-types.ts';

/** A `date` is what conditions take for one: ISO 8601 text, or epoch milliseconds. */
export function isOfType(value: Json, type: PlannedType): boolean {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'date':
      return instantOf(value) !== undefined;
    case 'list':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

/** The one type that all the values have, where there is one. */
export function commonType(values: readonly Json[]): PlannedType | undefined {
  const types = ['string', 'integer', 'number', 'boolean', 'list', 'object'] as const;
  return types.find((type) => values.every((value) => isOfType(value, type)));
}
