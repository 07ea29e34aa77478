/**
 * The syncs of the newest publication, read again only when there is a newer one.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { SyncDefinition } from '../definitions/sync-types.ts';
import type { Database } from '../store/database.ts';

export class SyncShelf {
  #publicationId = 0;
  #syncs: readonly SyncDefinition[] = [];

  /** Those that may send: a sync that was told to stop sends nothing until its address changes or it is resumed. */
  async sending(db: Database, now: Instant): Promise<readonly SyncDefinition[]> {
    const { rows } = await sql<{ id: number | null }>`select max(id) as id from publications`.execute(db);
    const id = rows[0]?.id ?? 0;
    if (id !== this.#publicationId) {
      const publication = await currentPublication(db);
      this.#syncs = Object.values(publication?.workspace.syncs ?? {});
      await noteSyncs(
        db,
        this.#syncs.map(({ key }) => key),
        now,
      );
      this.#publicationId = publication?.id ?? 0;
    }
    if (this.#syncs.length === 0) return [];
    const { rows: stopped } = await sql<{
      key: string;
      stopped_url: string;
    }>`select key, stopped_url from syncs where stopped_url is not null`.execute(db);
    const stoppedAt = new Map(stopped.map((row) => [row.key, row.stopped_url]));
    return this.#syncs.filter(({ key, url }) => stoppedAt.get(key) !== url);
  }
}

/** A row for each, and a note on those that the workspace has no more. */
async function noteSyncs(db: Database, keys: readonly string[], now: Instant): Promise<void> {
  await sql`
    insert into syncs (key) select unnest(${keys}::text[])
    on conflict (key) do update set removed_at = null where syncs.removed_at is not null
  `.execute(db);
  await sql`
    update syncs set removed_at = ${new Date(now)} where removed_at is null and not (key = any(${keys}))
  `.execute(db);
}
