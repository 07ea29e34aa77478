/**
 * Where the records of CSV begin and end. A record whose quotes are broken costs its first line and no other: what
 * follows is looked at anew.
 * @module
 */
import { LONGEST_ROW, type Position } from './row.ts';

export interface CsvRecord {
  readonly text: string;
  /** What is wrong with it; absent: its quotes are right. */
  readonly problem?: string;
  readonly end: Position;
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

const BROKEN = 'the quotes are broken: a value with a quote in it stands in quotes, and the quote twice';
const NEVER_CLOSED = 'a quote is opened and never closed';
const TOO_LONG = `the row has more than ${LONGEST_ROW} bytes`;

/** Empty lines are left out. Never holds more than a chunk and a record. */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  delimiter: number,
  start: Position,
): AsyncGenerator<CsvRecord> {
  let { bytes, lines } = start;
  let pending: Buffer = Buffer.alloc(0);
  /** The beginning of a line that is too long, while its end is looked for. */
  let tooLong: string | null = null;

  function* drain(isEnd: boolean): Generator<CsvRecord> {
    let at = 0;
    const cut = (end: number, problem?: string): CsvRecord | null => {
      const piece = pending.subarray(at, end).toString('utf8');
      const text = (tooLong ?? '') + (tooLong === null ? piece : '');
      bytes += end - at;
      lines += piece.split('\n').length - (piece.endsWith('\n') || piece === '' ? 1 : 0);
      at = end;
      tooLong = null;
      const bare = text.replace(/\r?\n$/, '');
      if (bare === '') return null;
      return { text: bare, ...(problem === undefined ? {} : { problem }), end: { bytes, lines } };
    };
    const give = function* (record: CsvRecord | null) {
      if (record !== null) yield record;
    };
    while (at < pending.length) {
      const lineEnd = pending.indexOf(NEWLINE, at) + 1;
      if (tooLong !== null) {
        if (lineEnd === 0 && !isEnd) break;
        yield* give(cut(lineEnd || pending.length, TOO_LONG));
        continue;
      }
      const { end, state } = scan(pending, at, delimiter);
      if (state === 'whole') yield* give(cut(end));
      else if (state === 'broken' && lineEnd > 0) yield* give(cut(lineEnd, BROKEN));
      else if (isEnd) {
        const problem = state === 'broken' ? BROKEN : NEVER_CLOSED;
        yield* give(state === 'plain' ? cut(pending.length) : cut(lineEnd || pending.length, problem));
      } else if (pending.length - at <= LONGEST_ROW) break;
      else if (lineEnd > 0) yield* give(cut(lineEnd, NEVER_CLOSED));
      else {
        tooLong = pending.subarray(at, at + LONGEST_ROW).toString('utf8');
        break;
      }
    }
    if (tooLong !== null && !isEnd) {
      bytes += pending.length - at;
      at = pending.length;
    }
    pending = pending.subarray(at);
  }

  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    yield* drain(false);
  }
  yield* drain(true);
}

/** `whole`: it ends at `end`; `plain` and `quoted`: its end is not in sight, outside and inside of quotes. */
function scan(
  buffer: Buffer,
  from: number,
  delimiter: number,
): { readonly end: number; readonly state: 'whole' | 'broken' | 'plain' | 'quoted' } {
  let isFieldStart = true;
  let at = from;
  while (at < buffer.length) {
    const byte = buffer[at];
    at += 1;
    if (byte === NEWLINE) return { end: at, state: 'whole' };
    if (byte === QUOTE && isFieldStart) {
      const closing = closingQuote(buffer, at);
      if (closing === -1) return { end: at, state: 'quoted' };
      at = closing + 1;
      const next = buffer[at];
      if (at < buffer.length && next !== delimiter && next !== NEWLINE && next !== RETURN) {
        return { end: at, state: 'broken' };
      }
    }
    isFieldStart = byte === delimiter;
  }
  return { end: at, state: 'plain' };
}

/** The quote that ends the value; two in a row are one of its letters. */
function closingQuote(buffer: Buffer, from: number): number {
  let at = buffer.indexOf(QUOTE, from);
  while (at !== -1 && buffer[at + 1] === QUOTE) at = buffer.indexOf(QUOTE, at + 2);
  return at;
}
