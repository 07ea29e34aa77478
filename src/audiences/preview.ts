/**
 * Who a condition would hold for now, before it is saved: how many, and a few of them.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { evaluate } from '../core/evaluate.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { nextPeople } from './facts-of.ts';

export interface Preview {
  readonly size: number;
  /** Of how many people. */
  readonly of: number;
  readonly sample: readonly { readonly id: number; readonly userId: string | null }[];
}

const BATCH = 500;

/** Looks at everybody, a batch at a time; changes nothing. */
export async function previewAudience(
  db: Queryable,
  condition: Condition,
  now: Instant,
  sampleSize = 10,
): Promise<Preview> {
  const sample: { id: number; userId: string | null }[] = [];
  let size = 0;
  let of = 0;
  let after = 0;
  for (;;) {
    const people = await nextPeople(db, condition, now, after, BATCH);
    const last = people.at(-1);
    if (last === undefined) return { size, of, sample };
    for (const { id, userId, facts } of people) {
      if (!evaluate(condition, facts, now).holds) continue;
      size += 1;
      if (sample.length < sampleSize) sample.push({ id, userId });
    }
    of += people.length;
    after = last.id;
  }
}
