/**
 * Importing a file: row by row through the tracking API's parser into the inbox, a batch in one transaction with the
 * record of how far it came. Whatever breaks it off, the same import goes on there, and no row counts twice.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/time.ts';
import { canonicalJson } from '../definitions/canonical.ts';
import type { TraitType } from '../definitions/workspace-types.ts';
import { sayProblem } from '../ingest/http-problem.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import type { Database } from '../store/database.ts';
import { callOf, type Reading } from './call-of.ts';
import { type Field, fieldOf, fieldsOf, type Naming, type What } from './fields.ts';
import { beginImport, type ImportRecord, isUnderWay, moveImport } from './import-record.ts';
import { createPacer } from './pacer.ts';
import { countReason, type Reject, RejectsFile } from './rejects.ts';
import type { Position, Row } from './row.ts';
import { rowsOf } from './rows.ts';
import { contentHashOf, type Format, findSource, type SourceFile, UnusableFileError } from './source-file.ts';

export interface ImportRequest {
  readonly what: What;
  /** Of `entries`: which journey they are into. */
  readonly journey?: string;
  readonly file: string;
  readonly format?: Format;
  /** Column to field, as in `--map`. */
  readonly maps: ReadonlyMap<string, string>;
  /** Types of traits that the workspace declares. */
  readonly declared: Readonly<Record<string, TraitType>>;
  /** Where rejected rows go. */
  readonly rejects: string;
  /** History: what is true of people changes, and no journey starts. */
  readonly silent: boolean;
  /** There has to be an import to go on with. */
  readonly resume?: boolean;
  readonly clock: Clock;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** The file is read once to know it again, and then row by row. */
  readonly phase: 'recognising' | 'importing';
  readonly stored: number;
  readonly rejected: number;
  /** Of the file, from 0 to 1. */
  readonly share: number;
}

export interface ImportSummary {
  readonly what: What;
  readonly file: string;
  readonly stored: number;
  readonly rejected: number;
  /** How many rows were rejected for each reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Where they are; null where there are none. */
  readonly rejects: string | null;
  /** The line after which an import was taken up again; null for one that began with this command. */
  readonly resumedAfter: number | null;
  /** It was imported before, and this command did nothing. */
  readonly wasDone: boolean;
}

interface Tally {
  readonly stored: number;
  readonly reasons: Readonly<Record<string, number>>;
}

const ROWS_AT_ONCE = 1_000;
/** Characters of rows that are stored at once. */
const TEXT_AT_ONCE = 4_000_000;
/** Of NDJSON that are remembered. */
const MOST_COLUMNS = 10_000;

/**
 * @param db null: nothing is stored and nothing written, the rows are only checked
 * @throws {UnusableFileError} before anything is stored, unless it says otherwise
 * @throws {ImportMovedError} another process imports the same file
 */
export async function importFile(db: Database | null, request: ImportRequest): Promise<ImportSummary> {
  const { what, file, silent, clock, onProgress = () => {} } = request;
  const source = await findSource(file, request.format);
  const rows = await rowsOf(source);
  const naming: Naming = { what, maps: request.maps, declared: request.declared };
  const fields = rows.columns === null ? null : fieldsOf(rows.columns, naming);
  const fieldIn = knownFields(naming, fields);
  for (const column of request.maps.keys()) fieldIn(column);
  const say = (phase: ImportProgress['phase'], read: number, { stored, reasons }: Tally) =>
    onProgress({ phase, stored, rejected: sumOf(reasons), share: source.size === 0 ? 1 : read / source.size });

  const id = await identityOf(source, naming, fields, request.journey, (read) =>
    say('recognising', read, { stored: 0, reasons: {} }),
  );
  if (request.resume === true && (db === null || !(await isUnderWay(db, id)))) {
    throw new UnusableFileError(`No import of ${file} with these columns was broken off. Leave out --resume.`);
  }
  const begun: ImportRecord =
    db === null
      ? { id, position: rows.start, stored: 0, reasons: {}, rejectsBytes: 0, finishedAt: null }
      : await beginImport(db, { id, what, file: source.path, silent, start: rows.start, now: clock.now() });
  const summaryOf = ({ stored, reasons }: Tally): ImportSummary => ({
    ...{ what, file, stored, reasons, rejected: sumOf(reasons) },
    rejects: db === null || sumOf(reasons) === 0 ? null : request.rejects,
    resumedAfter: begun.position.bytes > rows.start.bytes ? begun.position.lines : null,
    wasDone: begun.finishedAt !== null,
  });
  if (begun.finishedAt !== null) return summaryOf(begun);

  const storage = db === null ? noStorage() : storageIn(db, request, begun);
  const reading: Omit<Reading, 'arrival'> = {
    ...{ what, silent, journey: request.journey, fieldOf: fieldIn, hasTextsOnly: rows.columns !== null },
    isMapped: (column) => request.maps.has(column),
  };
  const reasons: Record<string, number> = { ...begun.reasons };
  let { stored } = begun;
  let { position } = begun;
  let read = 0;
  let batch = newBatch();
  const flush = async (finished: boolean) => {
    stored += batch.events.length;
    for (const { reason } of batch.rejects) countReason(reasons, reason);
    await storage.store(batch, { position, stored, reasons: { ...reasons } }, finished);
    say('importing', read, { stored, reasons });
    batch = newBatch();
  };
  try {
    const progress = (bytes: number) => {
      read = bytes;
    };
    for await (const row of rows.from(begun.position, progress)) {
      sortInto(batch, row, `import:${id}:${row.line}`, { ...reading, arrival: arrivalAt(clock) });
      position = row.end;
      if (batch.rows >= ROWS_AT_ONCE || batch.size >= TEXT_AT_ONCE) await flush(false);
    }
    await flush(true);
  } finally {
    await storage.close();
  }
  return summaryOf({ stored, reasons });
}

interface Batch {
  readonly events: IncomingEvent[];
  readonly rejects: Reject[];
  rows: number;
  size: number;
}

function newBatch(): Batch {
  return { events: [], rejects: [], rows: 0, size: 0 };
}

function sortInto(batch: Batch, { line, text, values, problem = '' }: Row, messageId: string, reading: Reading): void {
  batch.rows += 1;
  batch.size += text.length;
  const parsed = values === null ? { problems: [] } : callOf(values, messageId, reading);
  if ('event' in parsed) {
    batch.events.push(parsed.event);
    return;
  }
  const [first] = parsed.problems;
  const reason = first === undefined ? problem : parsed.problems.map(sayProblem).join('; and ');
  batch.rejects.push({ line, reason, ...(first?.fix === undefined ? {} : { fix: first.fix }), row: text });
}

interface Storage {
  store(batch: Batch, reached: Tally & { readonly position: Position }, finished: boolean): Promise<void>;
  close(): Promise<void>;
}

function storageIn(db: Database, { file, rejects, clock }: ImportRequest, begun: ImportRecord): Storage {
  const rejected = new RejectsFile(rejects, begun.rejectsBytes);
  const pace = createPacer(db, clock);
  let record = begun;
  return {
    store: async ({ events, rejects: lines }, reached, finished) => {
      await rejected.add(lines);
      const next = { ...record, ...reached, rejectsBytes: rejected.length };
      await db.transaction().execute(async (tx) => {
        await putInInbox(tx, events);
        await moveImport(tx, file, record, { ...next, finished }, clock.now());
      });
      record = next;
      if (!finished) await pace();
    },
    close: () => rejected.close(),
  };
}

function noStorage(): Storage {
  return { store: async () => {}, close: async () => {} };
}

/** The same for the same content, read in the same way: what stands in for the message ids of rows without. */
async function identityOf(
  source: SourceFile,
  { what, maps, declared }: Naming,
  fields: ReadonlyMap<string, Field> | null,
  journey: string | undefined,
  onRead: (bytes: number) => void,
): Promise<string> {
  const content = await contentHashOf(source, onRead);
  const columns = fields === null ? { maps: [...maps].sort(), declared } : [...fields];
  return createHash('sha256')
    .update(canonicalJson({ content, what, columns, ...(journey !== undefined && { journey }) }))
    .digest('hex')
    .slice(0, 32);
}

/** Of CSV the header's; of NDJSON as they come. */
function knownFields(naming: Naming, fields: ReadonlyMap<string, Field> | null): (column: string) => Field {
  const known = new Map(fields ?? []);
  return (column) => {
    const field = known.get(column) ?? fieldOf(column, naming);
    if (known.size < MOST_COLUMNS) known.set(column, field);
    return field;
  };
}

function arrivalAt(clock: Clock) {
  return { now: clock.now(), wall: clock.wall(), speed: clock.speed };
}

function sumOf(reasons: Readonly<Record<string, number>>): number {
  return Object.values(reasons).reduce((sum, count) => sum + count, 0);
}
