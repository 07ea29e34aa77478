/**
 * What a journey's experiments and its hold-out came to: each side with its figures, and against the control.
 *
 * Where shares were changed, people are compared with those who were drawn by the same shares (`strata.ts`).
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { type ExperimentStep, experimentsOf } from '../core/experiment.ts';
import type { Journey } from '../core/journey.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { journeyVersions } from '../definitions/journey-versions.ts';
import type { JourneyVersion, SubjectKind } from '../definitions/workspace-types.ts';
import type { Queryable } from '../store/database.ts';
import { ENOUGH } from './conversion.ts';
import type { Difference } from './difference.ts';
import { type Goal, type Outcomes, outcomesByHoldout, outcomesByVariant, type Tally, TREATED } from './exposures.ts';
import { differenceOfMeans, type Sums } from './means.ts';
import { chanceOfDifference, differenceOverStrata, type Stratum } from './strata.ts';

/** A difference of shares or of means, and what it comes to over all people of the side. */
export interface Effect extends Difference {
  /** How likely such a difference, or a greater one, is by chance; null where nothing can be said. */
  readonly pValue: number | null;
  /** What there would not be without the side: the difference for each of its people. */
  readonly incremental: Difference;
}

export interface Side {
  /** Null: held out. */
  readonly variant: string | null;
  readonly exposed: number;
  readonly converted: number;
  /** Of the exposed, those that may still convert. */
  readonly undecided: number;
  /** Null where nobody was exposed. */
  readonly rate: number | null;
  /** What the conversions are worth; null where the journey has no `value`. */
  readonly revenue: number | null;
  readonly revenuePerPerson: number | null;
  readonly medianTimeToConversion: Milliseconds | null;
  /** Against the control; null for the control itself, and where there is nobody to compare. */
  readonly lift: (Effect & { readonly relative: number | null }) | null;
  readonly revenueLift: Effect | null;
}

export interface ExperimentReport {
  readonly experiment: string;
  /** The side that others are held against; null: those who are held out. */
  readonly control: string | null;
  /** It is in the version in force. */
  readonly isRunning: boolean;
  readonly sides: readonly Side[];
  /** So few converted, or did not, on one of the sides that lifts say little. */
  readonly tooFew: boolean;
}

export interface JourneyReport {
  /** Null where nobody was ever held out. */
  readonly holdout: ExperimentReport | null;
  readonly experiments: readonly ExperimentReport[];
}

/** How a goal's events are found; null where only runs say whether it was reached. */
export type FindGoal = (goal: Condition | null, value?: string, of?: SubjectKind) => Goal;

/** @param current the version in force; null where the journey is not published any more */
export async function reportExperiments(
  db: Queryable,
  key: string,
  current: JourneyVersion | null,
  findGoal: FindGoal,
  now: Instant,
): Promise<JourneyReport> {
  const versions = await journeyVersions(db, key);
  const newest = current ?? versions.at(-1);
  if (newest === undefined) return { holdout: null, experiments: [] };
  const { goal, value, of } = newest.journey;
  const found = findGoal(goal, value, of);
  const hasValue = value !== undefined && found !== null;
  const byHash = new Map(versions.map(({ hash, journey }) => [hash, journey]));

  const holdout = await outcomesByHoldout(db, key, found, now);
  const experiments: ExperimentReport[] = [];
  for (const [experiment, step] of everyExperiment(versions, newest)) {
    const outcomes = await outcomesByVariant(db, { journey: key, experiment }, found, now);
    const stratumOf = (version: string) => drawnBy(byHash.get(version), experiment);
    const sides = [...step.variants.map(({ name }) => name), ...namesIn(outcomes), null];
    experiments.push({
      ...{ experiment, control: step.control },
      isRunning: current !== null && experimentsOf(current.journey).has(experiment),
      ...compareSides(outcomes, [...new Set(sides)], step.control, stratumOf, hasValue),
    });
  }
  const heldOut = holdout.tallies.some(({ side }) => side === null);
  const bySides = (version: string) => {
    const { holdout: own, holdoutEverywhere = 0 } = byHash.get(version) ?? { holdout: 0 };
    return `${own} ${holdoutEverywhere}`;
  };
  return {
    holdout: heldOut
      ? {
          ...{ experiment: 'hold-out', control: null },
          isRunning: newest.journey.holdout > 0 || newest.journey.holdoutEverywhere !== undefined,
          ...compareSides(holdout, [TREATED, null], null, bySides, hasValue),
        }
      : null,
    experiments,
  };
}

/** Those of the version in force first, then those that there were, each as it was last. */
function everyExperiment(versions: readonly JourneyVersion[], newest: JourneyVersion): Map<string, ExperimentStep> {
  const all = new Map(experimentsOf(newest.journey));
  for (const { journey } of [...versions].reverse())
    for (const [name, step] of experimentsOf(journey)) if (!all.has(name)) all.set(name, step);
  return all;
}

/** What a version draws by. People drawn by the same can be compared. */
export function drawnBy(journey: Journey | undefined, experiment: string): string {
  const step = journey === undefined ? undefined : experimentsOf(journey).get(experiment);
  return JSON.stringify(step?.variants.map(({ name, share, stopped }) => [name, share, stopped !== undefined]));
}

function namesIn({ tallies }: Outcomes): string[] {
  return tallies.flatMap(({ side }) => side ?? []);
}

export function compareSides(
  { tallies, times }: Outcomes,
  names: readonly (string | null)[],
  control: string | null,
  stratumOf: (version: string) => string,
  hasValue: boolean,
): Pick<ExperimentReport, 'sides' | 'tooFew'> {
  const ofSide = (side: string | null) => tallies.filter((tally) => tally.side === side);
  const sides = names.flatMap((variant): Side[] => {
    const own = ofSide(variant);
    if (variant === null && own.length === 0) return [];
    const total = totalOf(own);
    const strata = variant === control ? [] : strataOf(own, ofSide(control), stratumOf);
    const lift = liftOf(strata, total.exposed);
    return [
      {
        ...{ variant, exposed: total.exposed, converted: total.converted, undecided: total.undecided },
        rate: total.exposed === 0 ? null : total.converted / total.exposed,
        revenue: hasValue ? total.worth : null,
        revenuePerPerson: hasValue && total.exposed > 0 ? total.worth / total.exposed : null,
        medianTimeToConversion: times.find(({ side }) => side === variant)?.medianTime ?? null,
        lift: lift && { ...lift, relative: relativeTo(lift.difference, total) },
        revenueLift: hasValue ? revenueLiftOf(strata, total.exposed) : null,
      },
    ];
  });
  const tooFew = sides.some(({ exposed, converted }) => Math.min(converted, exposed - converted) < ENOUGH);
  return { sides, tooFew };
}

type Total = Omit<Tally, 'audience' | 'version' | 'side'>;
const NOBODY: Total = { exposed: 0, converted: 0, undecided: 0, worth: 0, worthOfSquares: 0 };

function totalOf(tallies: readonly Total[]): Total {
  return tallies.reduce(
    (sum, one) => ({
      exposed: sum.exposed + one.exposed,
      converted: sum.converted + one.converted,
      undecided: sum.undecided + one.undecided,
      worth: sum.worth + one.worth,
      worthOfSquares: sum.worthOfSquares + one.worthOfSquares,
    }),
    NOBODY,
  );
}

function strataOf(
  side: readonly Tally[],
  control: readonly Tally[],
  stratumOf: (version: string) => string,
): readonly Stratum<Total>[] {
  const strata = new Set([...side, ...control].map(({ version }) => stratumOf(version)));
  const within = (tallies: readonly Tally[], stratum: string) =>
    totalOf(tallies.filter(({ version }) => stratumOf(version) === stratum));
  return [...strata].map((stratum) => ({ a: within(side, stratum), b: within(control, stratum) }));
}

function liftOf(strata: readonly Stratum<Total>[], people: number): Effect | null {
  const shares = eachOf(strata, ({ exposed, converted }) => ({ of: exposed, converted }));
  const difference = differenceOverStrata(shares);
  return difference && { ...difference, pValue: chanceOfDifference(shares), incremental: times(difference, people) };
}

function revenueLiftOf(strata: readonly Stratum<Total>[], people: number): Effect | null {
  const sums = eachOf(
    strata,
    ({ exposed, worth, worthOfSquares }): Sums => ({ of: exposed, sum: worth, sumOfSquares: worthOfSquares }),
  );
  const found = differenceOfMeans(sums);
  if (found === null) return null;
  const { difference, low, high, pValue } = found;
  return { difference, low, high, pValue, incremental: times(found, people) };
}

function eachOf<From, To>(strata: readonly Stratum<From>[], to: (from: From) => To): Stratum<To>[] {
  return strata.map(({ a, b }) => ({ a: to(a), b: to(b) }));
}

function times({ difference, low, high }: Difference, people: number): Difference {
  return { difference: difference * people, low: low * people, high: high * people };
}

/** The difference as a part of what there would be without it. */
function relativeTo(difference: number, { exposed, converted }: Total): number | null {
  const without = converted / exposed - difference;
  return without > 0 ? difference / without : null;
}
