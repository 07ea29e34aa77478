/**
 * Tests of values from the author's form to the core's.
 * @module
 */
import type { Json, Test } from '../core/condition.ts';
import { type AuthoredTests, TEST_NAMES } from './schema-tests.ts';
import { millisecondsOf } from './schema-values.ts';

/** @param authored without other traits as values: see `compileCondition` */
export function compileTests(authored: AuthoredTests): readonly Test[] {
  return TEST_NAMES.flatMap((op): Test[] => {
    const value = authored[op];
    if (value === undefined) return [];
    if (op === 'olderThan' || op === 'newerThan') return [{ op, value: millisecondsOf(String(value)) }];
    // The schema has seen to it that each test has a value of its kind.
    return [{ op, value: value as Json } as Test];
  });
}
