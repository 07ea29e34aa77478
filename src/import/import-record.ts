/**
 * What is recorded of an import, so that it can be broken off anywhere and goes on where it was.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { What } from './fields.ts';
import type { Position } from './row.ts';

export interface ImportRecord {
  readonly id: string;
  /** Every row before it was stored or rejected. */
  readonly position: Position;
  readonly stored: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly rejectsBytes: number;
  readonly finishedAt: Date | null;
}

/** Somebody else moved the import on meanwhile. What was to be stored with this step is not. */
export class ImportMovedError extends Error {
  override readonly name = 'ImportMovedError';

  constructor(file: string) {
    super(`${file} is being imported by another process already. What it stores counts; let it finish.`);
  }
}

/** The import as it stands; it is made where there is none. */
export async function beginImport(
  db: Queryable,
  begun: { id: string; what: What; file: string; silent: boolean; start: Position; now: Instant },
): Promise<ImportRecord> {
  const { id, what, file, silent, start } = begun;
  const now = new Date(begun.now);
  const fresh = { id, what, file, silent, started_at: now, updated_at: now, bytes: start.bytes, lines: start.lines };
  await db
    .insertInto('imports')
    .values(fresh)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const row = await db.selectFrom('imports').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  return {
    id,
    position: { bytes: row.bytes, lines: row.lines },
    stored: row.stored,
    reasons: row.reasons,
    rejectsBytes: row.rejects_bytes,
    finishedAt: row.finished_at,
  };
}

/** Has the import been begun and not finished? */
export async function isUnderWay(db: Queryable, id: string): Promise<boolean> {
  const row = await db.selectFrom('imports').select('finished_at').where('id', '=', id).executeTakeFirst();
  return row !== undefined && row.finished_at === null;
}

/**
 * Moves the record on, in the transaction that stores the rows.
 * @throws {ImportMovedError}
 */
export async function moveImport(
  tx: Queryable,
  file: string,
  from: ImportRecord,
  to: Omit<ImportRecord, 'finishedAt'> & { readonly finished: boolean },
  now: Instant,
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    update imports set
      bytes = ${to.position.bytes}, lines = ${to.position.lines}, stored = ${to.stored},
      reasons = ${JSON.stringify(to.reasons)}::jsonb, rejects_bytes = ${to.rejectsBytes},
      updated_at = ${new Date(now)}, finished_at = ${to.finished ? new Date(now) : null}
    where id = ${from.id} and bytes = ${from.position.bytes} and finished_at is null
    returning id
  `.execute(tx);
  if (rows.length === 0) throw new ImportMovedError(file);
}
