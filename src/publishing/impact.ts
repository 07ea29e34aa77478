/**
 * What would change if a workspace were published now: for its journeys and whoever is under way in them, and for its
 * audiences. Nothing is changed by asking.
 * @module
 */
import { sql } from 'kysely';
import { SAME_STEPS } from '../core/migration.ts';
import type { Clock } from '../core/time.ts';
import { diffJourneys, diffValues, type FieldChange, type JourneyDiff } from '../definitions/journey-diff.ts';
import { currentPublication, loadJourneyVersion } from '../definitions/publish.ts';
import type { JourneyVersion, Workspace } from '../definitions/workspace-types.ts';
import { type MetAtStep, type PreviewOptions, previewMigration } from '../runs/migration-preview.ts';
import { VersionShelf } from '../runs/version-shelf.ts';
import type { Database } from '../store/database.ts';
import { type AudienceImpact, readAudienceImpact } from './audience-impact.ts';

export interface JourneyImpact {
  readonly key: string;
  readonly is: 'added' | 'removed' | 'changed' | 'unchanged';
  /** Hashes; null: not published. */
  readonly before: string | null;
  readonly after: string | null;
  /** Of a changed one. */
  readonly diff: JourneyDiff | null;
  /** Under way, on whichever version. They stay on it unless they are moved. */
  readonly underWay: number;
  /** What they would meet if they were moved, each to the step of the same id. Of unchanged journeys: those on older versions. */
  readonly ifMoved: readonly MetAtStep[];
}

export interface Impact {
  /** The workspace's. */
  readonly hash: string;
  /** It is in force already. */
  readonly isInForce: boolean;
  readonly settings: readonly FieldChange[];
  readonly journeys: readonly JourneyImpact[];
  /** New, changed and removed ones. */
  readonly audiences: readonly AudienceImpact[];
}

export interface ImpactOptions extends PreviewOptions {
  readonly enterExisting?: readonly string[] | 'all';
}

export async function readImpact(
  db: Database,
  workspace: Workspace,
  clock: Clock,
  { enterExisting = [], ...options }: ImpactOptions = {},
): Promise<Impact> {
  const before = (await currentPublication(db))?.workspace ?? null;
  const versions = new VersionShelf();
  for (const { hash, journey } of Object.values(workspace.journeys)) versions.put(hash, journey);
  // Whoever is moved meets the caps and offers that the publication brings with it.
  const offers = { publicationId: 0, offers: workspace.offers ?? {} };
  const migrating = { clock, versions, settings: { load: async () => workspace.settings, offers } };
  const counts = await countUnderWay(db);

  const keys = new Set([...Object.keys(before?.journeys ?? {}), ...Object.keys(workspace.journeys)]);
  for (const { journey } of counts) keys.add(journey);
  const journeys: JourneyImpact[] = [];
  for (const key of [...keys].sort()) {
    const [was, will] = [before?.journeys[key], workspace.journeys[key]];
    const underWay = counts.filter(({ journey }) => journey === key).reduce((sum, { people }) => sum + people, 0);
    // Gone for long, and everybody through.
    if (was === undefined && will === undefined && underWay === 0) continue;
    const migration = { journey: key, version: will?.hash ?? null, map: SAME_STEPS };
    journeys.push({
      key,
      ...changeOf(was, will),
      underWay,
      ifMoved: underWay === 0 ? [] : await previewMigration(db, migration, migrating, options),
    });
  }
  const underWay = await Promise.all(
    counts.map(async ({ version }) => ({ hash: version, journey: await loadJourneyVersion(db, version) })),
  );
  const audiences = await readAudienceImpact(db, {
    ...{ before, after: workspace, enterExisting, underWay },
    now: clock.now(),
  });
  return {
    hash: workspace.hash,
    isInForce: before?.hash === workspace.hash,
    settings: before === null ? [] : diffValues(before.settings, workspace.settings),
    journeys,
    audiences,
  };
}

function changeOf(
  was: JourneyVersion | undefined,
  will: JourneyVersion | undefined,
): Pick<JourneyImpact, 'is' | 'before' | 'after' | 'diff'> {
  const hashes = { before: was?.hash ?? null, after: will?.hash ?? null };
  if (will === undefined) return { is: 'removed', ...hashes, diff: null };
  if (was === undefined) return { is: 'added', ...hashes, diff: null };
  if (was.hash === will.hash) return { is: 'unchanged', ...hashes, diff: null };
  return { is: 'changed', ...hashes, diff: diffJourneys(was.journey, will.journey) };
}

async function countUnderWay(db: Database) {
  const { rows } = await sql<{ journey: string; version: string; people: number }>`
    select journey, version, count(*) as people from runs where status = 'active' group by 1, 2 order by 1, 2
  `.execute(db);
  return rows;
}
