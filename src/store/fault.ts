/**
 * Why a statement failed: because of what it was to store, or because of the database.
 * @module
 */
import pg from 'pg';

/** Data exceptions, and limits of the database's own. */
const CONTENT_CLASSES = new Set(['22', '54']);
/** Connection exceptions, out of resources, operator intervention. */
const AWAY_CLASSES = new Set(['08', '53', '57']);
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
const AWAY_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** `content`: the same statement will fail again; `away`: it may work once the database is back. */
export function storageFault(error: unknown): 'content' | 'away' | 'other' {
  if (!(error instanceof Error)) return 'other';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (AWAY_CODES.has(code) || AWAY_MESSAGES.test(error.message)) return 'away';
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  if (isSqlState && AWAY_CLASSES.has(code.slice(0, 2))) return 'away';
  return isSqlState && CONTENT_CLASSES.has(code.slice(0, 2)) ? 'content' : 'other';
}

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
