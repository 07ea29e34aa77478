/**
 * Which variant of an experiment a person gets.
 *
 * Chance is drawn once, at the person's first visit of the step, and what came of it is kept: at every later visit, in
 * every later version of the journey, the person gets the same. So shares may be changed at any time without moving
 * anybody; those who come for the first time are drawn by the shares in force.
 * @module
 */
import { bucketOf } from './bucket.ts';
import type { Journey, Step, Variant } from './journey.ts';

export type ExperimentStep = Extract<Step, { kind: 'experiment' }>;

/** What is known of a person and a journey's experiments, by the experiments' names. */
export interface Known {
  /** The variant that the person got before. */
  readonly assigned?: ReadonlyMap<string, string>;
  /** The variant that whoever is new gets, since it won. */
  readonly winners?: ReadonlyMap<string, string>;
}

/** Why it is this variant: by chance, because the person had it before, or because it won. */
export type AssignedBy = 'chance' | 'before' | 'winner';

export interface Assignment {
  readonly variant: Variant;
  readonly by: AssignedBy;
}

/** @param person what chance is drawn for */
export function assign(
  journey: string,
  step: ExperimentStep,
  person: string,
  { assigned, winners }: Known,
): Assignment {
  const before = variantCalled(step, assigned?.get(step.name));
  if (before !== undefined && before.stopped !== 'go-over') return { variant: before, by: 'before' };
  const winner = variantCalled(step, winners?.get(step.name));
  if (winner !== undefined && winner.stopped === undefined) return { variant: winner, by: 'winner' };
  return { variant: drawn(`${journey}/experiment/${step.name}`, step.variants, person), by: 'chance' };
}

/** Whoever would get a variant that is stopped is drawn once more, among the others; nobody else's lot changes by it. */
function drawn(experiment: string, variants: readonly Variant[], person: string): Variant {
  const first = shareAt(variants, bucketOf(experiment, person));
  if (first.stopped === undefined) return first;
  const running = variants.filter(({ stopped }) => stopped === undefined);
  return shareAt(running, bucketOf(`${experiment}/again`, person));
}

/** The variant in whose part of the whole `bucket` falls, in the order in which they are written. */
function shareAt(variants: readonly Variant[], bucket: number): Variant {
  const whole = variants.reduce((sum, { share }) => sum + share, 0);
  let reached = 0;
  for (const variant of variants) {
    reached += variant.share / whole;
    if (bucket < reached) return variant;
  }
  const last = variants.findLast(({ share }) => share > 0);
  if (last === undefined) throw new Error('An experiment has no variant that anybody could get');
  return last;
}

function variantCalled({ variants }: ExperimentStep, name: string | undefined): Variant | undefined {
  return name === undefined ? undefined : variants.find((variant) => variant.name === name);
}

/** The experiments of a journey, by name. */
export function experimentsOf({ steps }: Pick<Journey, 'steps'>): ReadonlyMap<string, ExperimentStep> {
  return new Map(
    Object.values(steps).flatMap((step) => (step.kind === 'experiment' ? [[step.name, step] as const] : [])),
  );
}

/** Those that would pick their winner by themselves, and have none. */
export function withoutWinner(
  journey: Pick<Journey, 'steps'>,
  winners: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  return [...experimentsOf(journey).values()]
    .filter(({ name, winner }) => winner !== undefined && !winners.has(name))
    .map(({ name }) => name);
}
