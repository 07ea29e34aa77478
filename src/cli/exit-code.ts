/**
 * What a command's end means to the shell.
 * @module
 */
export const HELD = 0;
export const FAILED = 1;
export const WRONG_USE = 2;

/** The command was given something it cannot take. The message says what, and what it takes. */
export class WrongUseError extends Error {
  override readonly name = 'WrongUseError';
}
