/**
 * The figures of a journey's experiments, with what was decided by them: for the API and the command line.
 * @module
 */
import { goalEvents } from '../audiences/goal-events.ts';
import type { ExperimentStep } from '../core/experiment.ts';
import type { Instant } from '../core/time.ts';
import {
  expectChoosable,
  experimentCalled,
  noSuchExperiment,
  UnknownExperimentError,
} from '../definitions/choose-variant.ts';
import { journeyVersions } from '../definitions/journey-versions.ts';
import { didYouMean } from '../definitions/problems.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { JourneyVersion } from '../definitions/workspace-types.ts';
import { type ExperimentReport, type JourneyReport, reportExperiments } from '../measurement/experiments.ts';
import { decideWinner, readWinners, undoWinner, type Winner } from '../runs/winners.ts';
import type { Database } from '../store/database.ts';

export interface Measured extends Omit<JourneyReport, 'experiments'> {
  readonly journey: string;
  readonly experiments: readonly (ExperimentReport & {
    /** The one in force. */
    readonly winner: Winner | null;
  })[];
}

/** @throws {UnknownExperimentError} */
export async function measureExperiments(db: Database, key: string, now: Instant): Promise<Measured> {
  const current = await versionInForce(db, key);
  const { holdout, experiments } = await reportExperiments(db, key, current, goalEvents, now);
  const winners = await readWinners(db, key);
  return {
    journey: key,
    holdout,
    experiments: experiments.map((report) => ({
      ...report,
      winner: winners.find((one) => one.experiment === report.experiment && one.undoneAt === null) ?? null,
    })),
  };
}

/**
 * Gives everybody new this variant, in place of the winner there is; those who have another keep it.
 * @throws {UnknownExperimentError}
 */
export async function chooseWinner(
  db: Database,
  key: string,
  experiment: string,
  variant: string,
  now: Instant,
): Promise<void> {
  const { step } = await expectExperiment(db, key, experiment);
  expectChoosable(variant, step);
  await db.transaction().execute(async (tx) => {
    await undoWinner(tx, key, experiment, now);
    await decideWinner(tx, { journey: key, experiment, variant, figures: null }, true, now);
  });
}

/**
 * @returns the variant that is the winner no more; null: there was none
 * @throws {UnknownExperimentError}
 */
export async function takeWinnerBack(
  db: Database,
  key: string,
  experiment: string,
  now: Instant,
): Promise<string | null> {
  await expectExperiment(db, key, experiment);
  return undoWinner(db, key, experiment, now);
}

/** The journey in force with that experiment. @throws {UnknownExperimentError} */
export async function expectExperiment(
  db: Database,
  key: string,
  experiment: string,
): Promise<{ readonly version: JourneyVersion; readonly step: ExperimentStep }> {
  const version = await versionInForce(db, key);
  if (version === null) throw noSuchExperiment(experiment, key);
  return { version, step: experimentCalled(experiment, version.journey) };
}

/** Null where the journey is not published any more. */
async function versionInForce(db: Database, key: string): Promise<JourneyVersion | null> {
  const published = (await currentPublication(db))?.workspace.journeys ?? {};
  const current = published[key];
  if (current !== undefined) return current;
  if ((await journeyVersions(db, key)).length > 0) return null;
  const fix = didYouMean(key, Object.keys(published)) ?? 'See /api/journeys for those there are';
  throw new UnknownExperimentError(`There is no journey \`${key}\``, 'journey', fix);
}
