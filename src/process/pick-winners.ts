/**
 * Experiments that pick their winner by themselves: looks whether one is sure, and stores what it was decided by.
 *
 * One may look as often as one likes (`measurement/sequential.ts`). Only people count who had the time that the rule
 * gives them, so that a variant which converts sooner is not ahead of one which converts as many later; and only those
 * who were drawn by the shares in force, since there the sides stood to each other alike.
 * @module
 */
import type { Logger } from 'pino';
import { goalEvents } from '../audiences/goal-events.ts';
import { type ExperimentStep, experimentsOf } from '../core/experiment.ts';
import type { WinnerRule } from '../core/journey.ts';
import type { Clock } from '../core/time.ts';
import { journeyVersions } from '../definitions/journey-versions.ts';
import { drawnBy } from '../measurement/experiments.ts';
import { arms } from '../measurement/exposures.ts';
import { type Decision, winnerOf } from '../measurement/sequential.ts';
import type { PublishedJourney } from '../runs/journey-index.ts';
import { decideWinner, readWinners } from '../runs/winners.ts';
import type { Database } from '../store/database.ts';

export interface Picking {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** @returns how many rules still wait for their winner */
export async function pickWinners(journeys: readonly PublishedJourney[], picking: Picking): Promise<number> {
  let waiting = 0;
  for (const published of journeys)
    for (const step of experimentsOf(published.journey).values())
      if (step.winner !== undefined && !(await pickWinner(published, step, step.winner, picking))) waiting += 1;
  return waiting;
}

/** @returns whether there is one, from now on or already */
async function pickWinner(
  { journey }: PublishedJourney,
  step: ExperimentStep,
  rule: WinnerRule,
  { db, clock, log }: Picking,
): Promise<boolean> {
  const experiment = step.name;
  const earlier = (await readWinners(db, journey.key)).filter((one) => one.experiment === experiment);
  if (earlier.some(({ undoneAt }) => undoneAt === null)) return true;
  const shares = drawnBy(journey, experiment);
  const versions = await journeyVersions(db, journey.key);
  const counted = await arms(
    db,
    {
      ...{ journey: journey.key, experiment, by: rule.by, within: rule.within },
      versions: versions.filter((version) => drawnBy(version.journey, experiment) === shares).map(({ hash }) => hash),
      since: earlier[0]?.undoneAt ?? null,
    },
    goalEvents(journey.goal, undefined, journey.of),
    clock.now(),
  );
  const running = step.variants.filter(({ stopped, share }) => stopped === undefined && share > 0);
  const seen = running.map(({ name }) => counted.find(({ variant }) => variant === name) ?? none(name));
  const decision = winnerOf(seen, rule);
  if (decision === null) return false;
  const figures = { by: rule.by, confidence: rule.confidence, ...decision, variants: seen };
  const choice = { journey: journey.key, experiment, variant: decision.winner, figures: plain(figures) };
  if (await decideWinner(db, choice, false, clock.now()))
    log.info({ journey: journey.key, experiment, ...figures }, 'an experiment has its winner: everybody new gets it');
  return true;
}

function none(variant: string) {
  return { variant, of: 0, converted: 0 };
}

function plain({
  by,
  confidence,
  pValue,
  needed,
  variants,
}: Decision &
  Pick<WinnerRule, 'by' | 'confidence'> & { variants: readonly { variant: string; of: number; converted: number }[] }) {
  return { by, confidence, pValue, needed, variants: variants.map((one) => ({ ...one })) };
}
