/**
 * `--choose EXPERIMENT=VARIANT` where nothing is decided for anybody: what there would be once that variant had won.
 * @module
 */
import { Option } from 'commander';
import type { Journey } from '../core/journey.ts';
import { expectChoosable, experimentCalled, UnknownExperimentError } from '../definitions/choose-variant.ts';
import { WrongUseError } from './exit-code.ts';

export const CHOOSE = new Option(
  '--choose <experiment=variant...>',
  'as if this variant had won: everybody gets it, not only whom chance gives it',
);

/** @returns the two sides of the `=` */
export function choiceIn(text: string): readonly [experiment: string, variant: string] {
  const [experiment = '', variant] = text.split('=');
  if (variant === undefined) throw new WrongUseError(`\`${text}\` is not like \`subject=short\`.`);
  return [experiment, variant];
}

/** Variants by experiment. @throws {WrongUseError} where the journey has no such experiment, or that no such variant */
export function chosenVariants(texts: readonly string[] = [], journey: Journey): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [experiment, variant] = choiceIn(text);
      try {
        expectChoosable(variant, experimentCalled(experiment, journey));
      } catch (error) {
        throw error instanceof UnknownExperimentError ? new WrongUseError(`${error.message}. ${error.fix}`) : error;
      }
      return [experiment, variant] as const;
    }),
  );
}
