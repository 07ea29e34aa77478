/**
 * Which variant does best among whom: an experiment's figures by the audiences that people were in when they were exposed.
 * @module
 */
import { experimentsOf } from '../core/experiment.ts';
import type { Instant } from '../core/time.ts';
import { journeyVersions } from '../definitions/journey-versions.ts';
import type { JourneyVersion } from '../definitions/workspace-types.ts';
import type { Queryable } from '../store/database.ts';
import { differenceOfShares } from './difference.ts';
import { compareSides, drawnBy, type FindGoal, type Side } from './experiments.ts';
import { outcomesByAudience } from './exposures.ts';

export interface AudienceReport {
  readonly audience: string;
  readonly sides: readonly Side[];
  /** The variant of which most convert; null where nobody did. */
  readonly best: string | null;
  /** Its interval against each of the others does not hold 0. */
  readonly isSure: boolean;
}

/**
 * @param current the version in force, which has the experiment
 * @param audiences in the order of the answer; those of which nobody was exposed are left out
 */
export async function reportByAudience(
  db: Queryable,
  current: JourneyVersion,
  experiment: string,
  audiences: readonly string[],
  findGoal: FindGoal,
  now: Instant,
): Promise<AudienceReport[]> {
  const { journey } = current;
  const step = experimentsOf(journey).get(experiment);
  if (step === undefined) throw new Error(`Journey ${journey.key} has no experiment ${experiment}`);
  const goal = findGoal(journey.goal, journey.value, journey.of);
  const hasValue = journey.value !== undefined && goal !== null;
  const versions = new Map((await journeyVersions(db, journey.key)).map((one) => [one.hash, one.journey]));
  const outcomes = await outcomesByAudience(db, { journey: journey.key, experiment }, audiences, goal, now);
  const names = [...step.variants.map(({ name }) => name), null];
  return audiences.flatMap((audience): AudienceReport[] => {
    const tallies = outcomes.tallies.filter((tally) => tally.audience === audience);
    if (tallies.length === 0) return [];
    const times = outcomes.times.filter((one) => one.audience === audience);
    const drawn = (version: string) => drawnBy(versions.get(version), experiment);
    const { sides } = compareSides({ tallies, times }, names, step.control, drawn, hasValue);
    return [{ audience, sides, ...bestOf(sides) }];
  });
}

function bestOf(sides: readonly Side[]): Pick<AudienceReport, 'best' | 'isSure'> {
  const ranked = sides
    .filter(({ variant, converted }) => variant !== null && converted > 0)
    .sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0));
  const [best] = ranked;
  if (best === undefined) return { best: null, isSure: false };
  const others = sides.filter(({ variant, exposed }) => variant !== null && variant !== best.variant && exposed > 0);
  const shareOf = ({ exposed, converted }: Side) => ({ of: exposed, converted });
  const isSure = others.every((other) => (differenceOfShares(shareOf(best), shareOf(other))?.low ?? -1) > 0);
  return { best: best.variant, isSure: others.length > 0 && isSure };
}
