/**
 * Merges that were undone are remembered: the two are kept apart, so that the same call does not join them again.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { behind } from './merge-log.ts';

/** A call that says that two profiles are one. */
export interface Joining {
  readonly type: 'identify' | 'alias';
  readonly at: Instant;
}

/**
 * Was it decided that these two are not one? `identify`, which clients repeat by themselves, never joins them again; an
 * `alias` that happens after the undo does, and what was decided is forgotten.
 */
export async function areKeptApart(tx: Queryable, one: number, other: number, by: Joining): Promise<boolean> {
  const { rows } = await sql<{ id: number; undone_at: Date }>`
    select id, undone_at from merges
    where undone_at is not null and rejoined_at is null
      and ((from_named in ${behind(one)} and into_named in ${behind(other)})
        or (from_named in ${behind(other)} and into_named in ${behind(one)}))
  `.execute(tx);
  if (rows.length === 0) return false;
  if (by.type === 'identify' || rows.some((row) => row.undone_at.getTime() >= by.at)) return true;
  await tx
    .updateTable('merges')
    .set({ rejoined_at: new Date(by.at) })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return false;
}
