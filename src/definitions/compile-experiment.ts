/**
 * Experiments from the author's form to the core's.
 * @module
 */
import type { ExperimentStep } from '../core/experiment.ts';
import type { StepId, WinnerRule } from '../core/journey.ts';
import { DAY, type Milliseconds } from '../core/time.ts';
import type { AuthoredExperiment, AuthoredVariant } from './schema-journey.ts';
import { millisecondsOf, shareOf } from './schema-values.ts';

const USUAL_CONFIDENCE = 0.95;
/** Whoever clicks does so soon. */
const TIME_TO_CLICK = 3 * DAY;

/**
 * @param journeyLasts for so long anybody can convert
 * @param firstOf compiles the steps of a variant and says which is the first
 */
export function compileExperiment(
  { experiment, control, variants, winner }: AuthoredExperiment,
  step: Pick<ExperimentStep, 'id' | 'next'>,
  journeyLasts: Milliseconds,
  firstOf: (name: string, variant: AuthoredVariant) => StepId | null,
): ExperimentStep {
  const all = Object.entries(variants);
  const [first = ''] = Object.keys(variants);
  return {
    ...step,
    kind: 'experiment',
    name: experiment,
    control: control ?? first,
    variants: all.map(([name, variant]) => ({
      name,
      share: variant.share === undefined ? 1 / all.length : shareOf(variant.share),
      then: firstOf(name, variant),
      ...(variant.stopped !== undefined && { stopped: variant.stopped === true ? 'stay' : variant.stopped }),
    })),
    ...(winner !== undefined && { winner: ruleOf(winner, journeyLasts) }),
  };
}

function ruleOf(
  { by, after, confidence, within }: NonNullable<AuthoredExperiment['winner']>,
  journeyLasts: Milliseconds,
): WinnerRule {
  const usual = by === 'click' ? Math.min(TIME_TO_CLICK, journeyLasts) : journeyLasts;
  return {
    by,
    after,
    confidence: confidence === undefined ? USUAL_CONFIDENCE : shareOf(confidence),
    within: within === undefined ? usual : millisecondsOf(within),
  };
}
