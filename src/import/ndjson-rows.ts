/**
 * Rows of NDJSON: a JSON object on every line.
 * @module
 */
import { isObject, kindOf } from '../ingest/call-schemas.ts';
import { BrokenJsonError, parseJson } from '../ingest/parse-json.ts';
import { LONGEST_ROW, type Position, type Row } from './row.ts';

const NEWLINE = 10;

/** A line too long to be a row is not held in memory; its beginning stands for it. */
export async function* ndjsonRows(chunks: AsyncIterable<Buffer>, start: Position): AsyncGenerator<Row> {
  let { bytes, lines } = start;
  let kept: Buffer[] = [];
  let length = 0;
  const take = (): Row | null => {
    const text = Buffer.concat(kept)
      .subarray(0, LONGEST_ROW)
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trim();
    const isTooLong = length > LONGEST_ROW;
    kept = [];
    length = 0;
    if (text === '') return null;
    return { line: lines, text, ...(isTooLong ? tooLong() : readObject(text)), end: { bytes, lines } };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (length <= LONGEST_ROW) kept.push(chunk.subarray(from, at));
      length += at - from;
      bytes += at + 1 - from;
      lines += 1;
      from = at + 1;
      const row = take();
      if (row !== null) yield row;
    }
    if (length <= LONGEST_ROW) kept.push(chunk.subarray(from));
    length += chunk.length - from;
    bytes += chunk.length - from;
  }
  if (length === 0) return;
  lines += 1;
  const row = take();
  if (row !== null) yield row;
}

function readObject(text: string): Pick<Row, 'values' | 'problem'> {
  try {
    const value = parseJson(text);
    if (isObject(value)) return { values: value };
    return { values: null, problem: `the line must hold an object; got ${kindOf(value)}` };
  } catch (error) {
    if (!(error instanceof BrokenJsonError)) throw error;
    return { values: null, problem: `the line is not JSON: column ${error.column}` };
  }
}

function tooLong(): Pick<Row, 'values' | 'problem'> {
  return { values: null, problem: `the line has more than ${LONGEST_ROW} bytes` };
}
