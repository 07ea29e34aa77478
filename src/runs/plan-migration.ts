/**
 * From a map in a file to a migration that can be done: the versions, the steps and the people it is about.
 * @module
 */
import { SAME_STEPS } from '../core/migration.ts';
import { versionsOfJourney } from '../definitions/known-versions.ts';
import { didYouMean } from '../definitions/problems.ts';
import { currentPublication } from '../definitions/publish.ts';
import { parseStepMap, strandedBy } from '../definitions/step-map.ts';
import type { Problem } from '../definitions/workspace-types.ts';
import type { Database } from '../store/database.ts';
import type { Migration } from './migrate-run.ts';
import { readStanding } from './standing.ts';

export interface MigrationAsked {
  readonly journey: string;
  /** A map with the name of its file; absent: everybody goes to the step of the same id. */
  readonly written?: { readonly file: string; readonly text: string } | undefined;
}

/** There is no such journey, or nobody said where people go. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';

  constructor(
    readonly code: 'not-found' | 'stranded',
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/**
 * To the version in force, or nowhere where the journey is not published any more.
 * @returns the migration, or what is wrong with the map
 * @throws {MigrationError}
 */
export async function planMigration(
  db: Database,
  { journey: key, written }: MigrationAsked,
): Promise<{ readonly migration: Migration } | { readonly problems: readonly Problem[] }> {
  const known = await versionsOfJourney(db, key);
  const published = (await currentPublication(db))?.workspace.journeys ?? {};
  if (known.length === 0) {
    const keys = Object.keys(published);
    const fix = didYouMean(key, keys) ?? `There are: ${keys.join(', ') || 'none'}`;
    throw new MigrationError('not-found', `There is no journey \`${key}\``, fix);
  }
  const target = published[key] ?? null;
  const byHash = new Map(known.map(({ hash, journey }) => [hash, journey]));
  const standing = (await readStanding(db, key)).flatMap(({ version, step, people }) => {
    const journey = byHash.get(version);
    return journey === undefined || version === target?.hash ? [] : [{ journey, step, people }];
  });
  const after = target?.journey ?? null;
  const to = { journey: key, version: target?.hash ?? null };
  if (written === undefined) {
    const [stranded] = strandedBy(SAME_STEPS, { standing, after });
    if (stranded === undefined) return { migration: { ...to, map: SAME_STEPS } };
    throw new MigrationError(
      'stranded',
      stranded.message.replace('the map does not', 'there is no map to'),
      stranded.fix,
    );
  }
  const before = known.map(({ journey }) => journey);
  const parsed = parseStepMap(written.file, written.text, { journey: key, before, after, standing });
  return 'map' in parsed ? { migration: { ...to, map: parsed.map } } : parsed;
}
