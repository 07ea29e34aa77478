/**
 * Said of experiments that pick their winner by themselves: in virtual time they do not, since nobody's reactions are known.
 * @module
 */
export function byChanceText(experiments: readonly string[]): string[] {
  return experiments.flatMap((name) => [
    `Chance decides in ${name}, as before it has a winner.`,
    `After that: --choose ${name}=VARIANT`,
  ]);
}
