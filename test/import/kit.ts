import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createClock } from '../../src/core/time.ts';
import type { What } from '../../src/import/fields.ts';
import { type ImportRequest, importFile } from '../../src/import/import-file.ts';
import type { Row } from '../../src/import/row.ts';
import { rowsOf } from '../../src/import/rows.ts';
import { findSource } from '../../src/import/source-file.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import type { Database } from '../../src/store/database.ts';
import { temporaryFolder } from '../kit/folder.ts';

/** A file that goes away with the test; zipped where its name ends on `.gz`. */
export async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

export async function readRows(path: string, from?: Row['end']): Promise<Row[]> {
  const rows = await rowsOf(await findSource(path, undefined));
  const all: Row[] = [];
  for await (const row of rows.from(from ?? rows.start)) all.push(row);
  return all;
}

export type Given = Partial<Omit<ImportRequest, 'maps'>> & { readonly maps?: Readonly<Record<string, string>> };

export function requestOf(what: What, file: string, { maps = {}, ...given }: Given = {}): ImportRequest {
  return {
    ...{ what, file, declared: {}, silent: true, rejects: `${file}.rejects.ndjson`, clock: createClock() },
    maps: new Map(Object.entries(maps)),
    ...given,
  };
}

export const importInto = (db: Database, what: What, file: string, given: Given = {}) =>
  importFile(db, requestOf(what, file, given));

/** What waits to be processed, in the order in which it was stored. */
export async function inboxOf(db: Database): Promise<IncomingEvent[]> {
  const rows = await db.selectFrom('inbox').select('body').orderBy('id').execute();
  return rows.map(({ body }) => body as IncomingEvent);
}
