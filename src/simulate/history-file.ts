/**
 * A file of what happened, as calls: NDJSON of Segment calls or of events, or a CSV of events.
 * @module
 */

import type { Problem } from '../definitions/workspace-types.ts';
import { callOf, type Reading } from '../import/call-of.ts';
import { type Field, fieldOf, fieldsOf, type Naming } from '../import/fields.ts';
import type { Row } from '../import/row.ts';
import { rowsOf } from '../import/rows.ts';
import { type Format, findSource, type OnRead } from '../import/source-file.ts';
import { isObject } from '../ingest/call-schemas.ts';
import type { FieldProblem } from '../ingest/http-problem.ts';
import type { CallType, IncomingEvent } from '../ingest/inbox.ts';
import type { Arrival } from '../ingest/occurred-at.ts';
import { type ParsedCall, parseCall } from '../ingest/segment-spec.ts';

export interface HistoryFile {
  readonly path: string;
  /** Where the name does not tell. */
  readonly format?: Format;
  /** Column to field, as `--map` of an import has it. */
  readonly maps?: ReadonlyMap<string, string>;
  /** Told how much of the file has been read, from 0 to 1. */
  readonly onRead?: (share: number) => void;
}

/** The file holds rows that are no calls. */
export class BrokenHistoryError extends Error {
  override readonly name = 'BrokenHistoryError';

  constructor(readonly problems: readonly Problem[]) {
    super(`${problems.length} rows cannot be read`);
  }
}

/** With more than this the file is of another kind. */
const MOST_PROBLEMS = 10;
/** History is taken at its word: nothing in it counts as later than now. */
const ARRIVAL: Arrival = { now: Date.UTC(9999, 0), wall: Date.UTC(9999, 0), speed: 0 };
const TYPES: ReadonlySet<unknown> = new Set<CallType>(['track', 'identify', 'group', 'page', 'screen', 'alias']);

/**
 * Row by row.
 * @throws {UnusableFileError} where there is no such file, or its columns do not do
 * @throws {BrokenHistoryError} at the end, where rows were broken
 */
export async function* readHistoryFile({
  path,
  format,
  maps = new Map(),
  onRead = () => {},
}: HistoryFile): AsyncGenerator<IncomingEvent> {
  const source = await findSource(path, format);
  const rows = await rowsOf(source);
  const read: OnRead = (bytes) => onRead(source.size === 0 ? 1 : bytes / source.size);
  const reading = readingOf(rows.columns, { what: 'events', maps, declared: {} });
  const problems: Problem[] = [];
  for await (const row of rows.from(rows.start, read)) {
    const parsed = callIn(row, path, reading);
    if ('event' in parsed) {
      if (problems.length === 0) yield { ...parsed.event, receivedAt: parsed.event.occurredAt };
      continue;
    }
    problems.push(problemOf(path, row, parsed.problems));
    if (problems.length === MOST_PROBLEMS) break;
  }
  if (problems.length > 0) throw new BrokenHistoryError(problems);
}

function readingOf(columns: readonly string[] | null, naming: Naming): Reading {
  const known = new Map<string, Field>(columns === null ? [] : fieldsOf(columns, naming));
  return {
    what: naming.what,
    fieldOf: (column) => {
      const field = known.get(column) ?? fieldOf(column, naming);
      known.set(column, field);
      return field;
    },
    isMapped: (column) => naming.maps.has(column),
    hasTextsOnly: columns !== null,
    arrival: ARRIVAL,
    silent: false,
  };
}

function callIn({ line, values }: Row, path: string, reading: Reading): ParsedCall {
  if (values === null) return { problems: [] };
  const messageId = `${path}:${line}`;
  const { type, timestamp } = values;
  // CSV has no place for what the other calls say.
  if (reading.hasTextsOnly || !TYPES.has(type)) return callOf(values, messageId, reading);
  const parsed = parseCall(type as CallType, { messageId, ...values }, ARRIVAL);
  if (timestamp !== undefined && timestamp !== null) return parsed;
  const missing: FieldProblem = { field: 'timestamp', message: 'required', fix: 'Say when it happened' };
  return { problems: [missing, ...('problems' in parsed ? parsed.problems : [])] };
}

function problemOf(file: string, { line, problem = '', values }: Row, problems: readonly FieldProblem[]): Problem {
  const [first] = problems;
  const message =
    values === null || !isObject(values)
      ? problem
      : problems.map(({ field, message: what }) => `\`${field}\` ${what}`).join('; ');
  const place = { file, line, column: 1, severity: 'error' as const };
  return { ...place, message, ...(first?.fix === undefined ? {} : { fix: first.fix }) };
}
