/**
 * Naming an experiment of a journey, and a variant of it that everybody new is to get.
 * @module
 */
import { type ExperimentStep, experimentsOf } from '../core/experiment.ts';
import type { Journey } from '../core/journey.ts';
import { didYouMean } from './problems.ts';

/** There is no such journey, experiment or variant. */
export class UnknownExperimentError extends Error {
  override readonly name = 'UnknownExperimentError';

  constructor(
    message: string,
    readonly field: 'journey' | 'experiment' | 'variant',
    readonly fix: string,
  ) {
    super(message);
  }
}

/** @throws {UnknownExperimentError} */
export function experimentCalled(name: string, { key, steps }: Pick<Journey, 'key' | 'steps'>): ExperimentStep {
  const all = experimentsOf({ steps });
  const step = all.get(name);
  if (step === undefined) throw noSuchExperiment(name, key, [...all.keys()]);
  return step;
}

/** @param names of those that the journey has */
export function noSuchExperiment(name: string, journey: string, names: readonly string[] = []): UnknownExperimentError {
  const fix = didYouMean(name, names) ?? `There is ${names.join(', ') || 'none'}`;
  return new UnknownExperimentError(`The journey \`${journey}\` has no experiment \`${name}\``, 'experiment', fix);
}

/** @throws {UnknownExperimentError} where it has no such variant, or that is stopped */
export function expectChoosable(variant: string, { name, variants }: ExperimentStep): void {
  const names = variants.filter(({ stopped }) => stopped === undefined).map((one) => one.name);
  if (names.includes(variant)) return;
  const fix = didYouMean(variant, names) ?? `There is ${names.join(', ')}`;
  throw new UnknownExperimentError(
    `The experiment \`${name}\` has no variant \`${variant}\` that goes on`,
    'variant',
    fix,
  );
}
