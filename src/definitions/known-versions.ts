/**
 * Every version of a journey that was ever published.
 * @module
 */
import type { Journey } from '../core/journey.ts';
import type { Queryable } from '../store/database.ts';
import type { JourneyVersion } from './workspace-types.ts';

export interface KnownVersion extends JourneyVersion {
  readonly firstPublishedAt: Date;
}

/** Newest first. */
export async function versionsOfJourney(db: Queryable, key: string): Promise<KnownVersion[]> {
  const rows = await db
    .selectFrom('journey_versions')
    .select(['hash', 'body', 'first_published_at'])
    .where('key', '=', key)
    .orderBy('first_published_at', 'desc')
    .orderBy('hash')
    .execute();
  return rows.map(({ hash, body, first_published_at: firstPublishedAt }) => ({
    hash,
    journey: body as Journey,
    firstPublishedAt,
  }));
}
