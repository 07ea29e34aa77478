/**
 * A row of a file, whatever its format.
 * @module
 */

/** A place between two rows. */
export interface Position {
  /** From the beginning of the content, without compression. */
  readonly bytes: number;
  /** Lines before it. */
  readonly lines: number;
}

export interface Row {
  /** Where it begins, from 1. */
  readonly line: number;
  /** As it stands in the file. */
  readonly text: string;
  /** Values by column, or why there are none. Of CSV all values are texts. */
  readonly values: Readonly<Record<string, unknown>> | null;
  readonly problem?: string;
  /** After it. */
  readonly end: Position;
}

/** Characters of one row; a call has at most 32 kB. */
export const LONGEST_ROW = 128 * 1024;
