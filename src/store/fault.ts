/**
 * Which database errors pass by themselves.
 * @module
 */
import pg from 'pg';

/**
 * SQLSTATE classes that say nothing about the data: connection trouble, rolled back for another's sake, out of
 * resources, shut down; and a unique value that somebody else has just taken.
 */
const PASSING = /^(08|40|53|55|57|58|XX)|^23505$/;

/** Is it worth to try the same again? Whatever Postgres did not say itself, such as a lost connection, is; bugs are not. */
export function mayPass(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return PASSING.test(error.code ?? '');
  return !(error instanceof TypeError || error instanceof RangeError);
}
