/**
 * Rows of CSV: what RFC 4180 says, with `,`, `;` or tabs between the values.
 * @module
 */
import { parse } from 'csv-parse/sync';
import { keepableText } from '../ingest/parse-json.ts';
import { type CsvRecord, csvRecords } from './csv-records.ts';
import type { Position, Row } from './row.ts';
import { readFrom, type SourceFile, UnusableFileError } from './source-file.ts';

export interface CsvHeader {
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly end: Position;
}

const DELIMITERS = [',', ';', '\t'];
const START: Position = { bytes: 0, lines: 0 };
/** Records that are parsed at once. */
const AT_ONCE = 500;

/**
 * The first row. The delimiter is the one that is in it most often, outside of quotes.
 * @throws {UnusableFileError} where there is none, or a name stands in it twice
 */
export async function csvHeader(source: SourceFile): Promise<CsvHeader> {
  for await (const { text, problem, end } of csvRecords(readFrom(source, 0), codeOf(','), START)) {
    if (problem !== undefined)
      throw new UnusableFileError(`The first line of ${source.path} is no header: ${problem}.`);
    const header = text.replace(/^\ufeff/, '');
    const delimiter = mostIn(header);
    const columns = (cellsOf([header], delimiter)[0] ?? []).map((cell) => cell.trim());
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    if (twice !== undefined) throw new UnusableFileError(`${source.path} has two columns \`${twice}\`. Rename one.`);
    return { columns, delimiter, end };
  }
  throw new UnusableFileError(`${source.path} is empty. A CSV file begins with a line of column names.`);
}

export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  columns: readonly string[],
  delimiter: string,
  start: Position,
): AsyncGenerator<Row> {
  let records: CsvRecord[] = [];
  for await (const record of csvRecords(chunks, codeOf(delimiter), start)) {
    records.push(record);
    if (records.length < AT_ONCE) continue;
    yield* rowsIn(records, columns, delimiter);
    records = [];
  }
  yield* rowsIn(records, columns, delimiter);
}

function* rowsIn(records: readonly CsvRecord[], columns: readonly string[], delimiter: string): Generator<Row> {
  const right = records.filter(({ problem }) => problem === undefined);
  const cells = cellsOf(
    right.map(({ text }) => text),
    delimiter,
  );
  let next = 0;
  for (const { text, problem, end } of records) {
    const line = end.lines - text.split('\n').length + 1;
    if (problem !== undefined) {
      yield { line, text, values: null, problem, end };
      continue;
    }
    const own = cells[next] ?? [];
    next += 1;
    if (own.length === columns.length) {
      const named = columns.map((name, index) => [name, keepableText(own[index] ?? '')] as const);
      yield { line, text, values: Object.fromEntries(named), end };
    } else {
      const fault = `the row has ${own.length} values, and the header ${columns.length}`;
      yield { line, text, values: null, problem: fault, end };
    }
  }
}

/** The values of records that are right. */
function cellsOf(records: readonly string[], delimiter: string): string[][] {
  const options = { delimiter, record_delimiter: '\n', relax_column_count: true, relax_quotes: true };
  return parse(records.join('\n'), options);
}

function codeOf(delimiter: string): number {
  return delimiter.charCodeAt(0);
}

function mostIn(line: string): string {
  const bare = line.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}
