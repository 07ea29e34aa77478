/**
 * Experiments that are written correctly and still cannot be meant.
 * @module
 */
import type { Journey } from '../core/journey.ts';
import { didYouMean } from './problems.ts';
import type { AuthoredExperiment } from './schema-journey.ts';
import { durationText, millisecondsOf } from './schema-values.ts';
import type { Path } from './source.ts';
import type { PlacedStep } from './step-ids.ts';

type Say = (path: Path, message: string, fix?: string) => void;

/** @param placed the journey's steps in the order in which they are written */
export function lintExperiments(placed: readonly PlacedStep[], journey: Journey, say: Say): void {
  const seen = new Set<string>();
  for (const { step, path } of placed) {
    if (!('experiment' in step)) continue;
    const { experiment } = step;
    if (seen.has(experiment))
      say([...path, 'experiment'], `Two experiments of the journey are called \`${experiment}\``, 'Rename one of them');
    seen.add(experiment);
    lintVariants(step, path, say);
    if (step.winner !== undefined) lintWinner(step.winner, [...path, 'winner'], journey, say);
  }
}

function lintVariants({ variants, control }: AuthoredExperiment, path: Path, say: Say): void {
  const at = [...path, 'variants'];
  const names = Object.keys(variants);
  if (control !== undefined && !names.includes(control))
    say([...path, 'control'], `There is no variant \`${control}\``, didYouMean(control, names) ?? listed(names));
  const all = Object.entries(variants);
  const bare = all.filter(([, { share }]) => share === undefined);
  const whole = all.reduce((sum, [, { share = '0' }]) => sum + Number.parseFloat(share), 0);
  const percent = Number(whole.toFixed(4));
  if (bare.length === 0 && percent !== 100)
    say(at, `The shares of the experiment come to ${percent}%`, 'Make them 100% together');
  if (bare.length > 0 && bare.length < all.length)
    for (const [name] of bare)
      say([...at, name], `The variant \`${name}\` has no share, and others have one`, 'Give all a share, or none');
  const running = all.filter(([, { stopped }]) => stopped === undefined);
  if (running.length === 0)
    say(at, 'Every variant is stopped, so that nobody new could get one', 'Let one go on, or take the experiment out');
  else if (bare.length === 0 && running.every(([, { share = '' }]) => Number.parseFloat(share) === 0))
    say(at, 'Every variant that is not stopped has a share of 0%', 'Give one of them a share');
}

function listed(names: readonly string[]): string {
  return `There is ${names.map((name) => `\`${name}\``).join(', ')}`;
}

function lintWinner(
  { by, within }: NonNullable<AuthoredExperiment['winner']>,
  path: Path,
  { goal, exit, steps }: Journey,
  say: Say,
): void {
  if (by === 'conversion' && goal === null)
    say([...path, 'by'], 'The winner goes by conversion, and the journey has no goal', 'Add a `goal`, or take `click`');
  const canBeClicked = Object.values(steps).some(({ kind }) => kind === 'email' || kind === 'in-app');
  if (by === 'click' && !canBeClicked)
    say([...path, 'by'], 'The winner goes by clicks, and no step is a message to click', 'Take `conversion`');
  if (by === 'conversion' && within !== undefined && millisecondsOf(within) > exit.after)
    say(
      [...path, 'within'],
      `The journey ends after ${durationText(exit.after, 'long')}, and who converts later counts for nothing`,
      'Shorten `within`, or raise `after` in `exit`',
    );
}
