/**
 * Sticky chance: the same person always falls into the same bucket of the same experiment.
 * @module
 */
import murmurhash from 'murmurhash';

const BUCKETS = 10_000;

/**
 * A number in [0, 1) that depends on nothing but its two inputs, so that a person's side of a split and a person's
 * hold-out survive re-entry, replay and another machine. Steps of 0.01 %.
 */
export function bucketOf(experiment: string, person: string): number {
  return (murmurhash.v3(`${experiment}\n${person}`) % BUCKETS) / BUCKETS;
}
