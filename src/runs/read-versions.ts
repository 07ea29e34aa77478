/**
 * The versions of a journey, and who is under way on each.
 * @module
 */
import type { StepId } from '../core/journey.ts';
import { type KnownVersion, versionsOfJourney } from '../definitions/known-versions.ts';
import { didYouMean } from '../definitions/problems.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { Queryable } from '../store/database.ts';
import { readStanding } from './standing.ts';

export interface ListedVersion extends KnownVersion {
  readonly isInForce: boolean;
  /** Under way on it. */
  readonly people: number;
  /** Where they stand; null: past the last step. */
  readonly steps: readonly { readonly step: StepId | null; readonly people: number }[];
}

/** No such journey, or no such version of it. */
export class VersionError extends Error {
  override readonly name = 'VersionError';

  constructor(
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/**
 * Newest first.
 * @throws {VersionError}
 */
export async function listVersions(db: Queryable, journey: string): Promise<ListedVersion[]> {
  const known = await versionsOfJourney(db, journey);
  const inForce = (await currentPublication(db))?.workspace.journeys ?? {};
  if (known.length === 0) {
    const fix = didYouMean(journey, Object.keys(inForce)) ?? `There are: ${Object.keys(inForce).join(', ') || 'none'}`;
    throw new VersionError(`No journey \`${journey}\` was ever published`, fix);
  }
  const standing = await readStanding(db, journey);
  return known.map((version) => {
    const on = standing.filter((group) => group.version === version.hash);
    return {
      ...version,
      isInForce: inForce[journey]?.hash === version.hash,
      people: on.reduce((sum, { people }) => sum + people, 0),
      steps: on.map(({ step, people }) => ({ step, people })),
    };
  });
}

/**
 * @param written a hash, or how one begins; absent: the newest
 * @throws {VersionError}
 */
export function findVersion(versions: readonly ListedVersion[], written?: string): ListedVersion {
  const found = versions.filter(({ hash }) => hash.startsWith(written ?? ''));
  const [first, another] = found;
  if (first !== undefined && (another === undefined || written === undefined)) return first;
  const all = versions.map(({ hash }) => hash.slice(0, 12)).join(', ');
  const message =
    first === undefined ? `No version begins with \`${written}\`` : `Several versions begin with \`${written}\``;
  throw new VersionError(message, `There are: ${all}`);
}
