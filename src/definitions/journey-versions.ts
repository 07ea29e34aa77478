/**
 * Every version in which a journey was ever published.
 * @module
 */
import type { Queryable } from '../store/database.ts';
import type { JourneyVersion } from './workspace-types.ts';

/** The one that was published first goes first. */
export async function journeyVersions(db: Queryable, key: string): Promise<JourneyVersion[]> {
  const rows = await db
    .selectFrom('journey_versions')
    .select(['hash', 'body'])
    .where('key', '=', key)
    .orderBy('first_published_at')
    .orderBy('hash')
    .execute();
  return rows.map(({ hash, body }) => ({ hash, journey: body }));
}
