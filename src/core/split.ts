/**
 * Which way of a split a person goes: by chance, and always the same.
 * @module
 */
import { bucketOf } from './bucket.ts';
import type { Journey, Step } from './journey.ts';

type Split = Extract<Step, { kind: 'split' }>;

export function wayFor(journey: Journey, step: Split, person: string): Split['ways'][number] {
  const drawn = bucketOf(`${journey.key}/${step.id}`, person);
  let reached = 0;
  for (const way of step.ways) {
    reached += way.share;
    if (drawn < reached) return way;
  }
  const last = step.ways.at(-1);
  if (last === undefined) throw new Error(`Split ${step.id} has no ways`);
  return last;
}
