/**
 * The rows of a file, one after the other, each with where it stands and where the next one begins.
 * @module
 */
import { csvHeader, csvRows } from './csv-rows.ts';
import { ndjsonRows } from './ndjson-rows.ts';
import type { Position, Row } from './row.ts';
import { type OnRead, readFrom, type SourceFile } from './source-file.ts';

export interface Rows {
  /** The columns of a CSV file; of NDJSON each row brings its own. */
  readonly columns: readonly string[] | null;
  /** Where the first row begins. */
  readonly start: Position;
  /** The rows from a position on that one of them ended at. */
  from(position: Position, onRead?: OnRead): AsyncIterable<Row>;
}

/** @throws {UnusableFileError} where a CSV file has no header */
export async function rowsOf(source: SourceFile): Promise<Rows> {
  if (source.format === 'ndjson') {
    return {
      columns: null,
      start: { bytes: 0, lines: 0 },
      from: (position, onRead) => checked(ndjsonRows(readFrom(source, position.bytes, onRead), position)),
    };
  }
  const { columns, delimiter, end } = await csvHeader(source);
  return {
    columns,
    start: end,
    from: (position, onRead) =>
      checked(csvRows(readFrom(source, position.bytes, onRead), columns, delimiter, position)),
  };
}

async function* checked(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  for await (const row of rows) {
    yield row.text.includes('\ufffd') ? { ...row, values: null, problem: 'the row is not UTF-8' } : row;
  }
}
