/**
 * What lives share that are lived one after the other and know nothing of each other: limited offers, and places of
 * journeys that let so many in on a day.
 *
 * It is found out who was there in time: everybody lives as if there were enough for all others, the first to take
 * something are noted, and everybody lives again knowing who they are, until that makes no more difference.
 * @module
 */
import type { Instant } from '../core/time.ts';

/** One taken of something of which there are only so many. */
export interface Taken {
  readonly of: string;
  readonly limit: number;
  readonly at: Instant;
  /** Tells those of one instant apart. */
  readonly by: string;
}

/** By what ran out: when the last one was taken, and how many each took. */
export type RanOut = ReadonlyMap<string, { readonly at: Instant; readonly by: ReadonlyMap<string, number> }>;

/** Who was there in time. @param taken by all lives, as if there were enough for all of them */
export function whatRanOut(taken: readonly Taken[]): RanOut {
  const found = new Map<string, { at: Instant; by: Map<string, number> }>();
  const inOrder = [...taken].sort((a, b) => a.at - b.at || (a.by < b.by ? -1 : 1));
  const counts = new Map<string, number>();
  const takers = new Map<string, Map<string, number>>();
  for (const { of, limit, at, by } of inOrder) {
    const count = (counts.get(of) ?? 0) + 1;
    counts.set(of, count);
    if (count > limit) continue;
    const had = takers.get(of) ?? new Map<string, number>();
    takers.set(of, had.set(by, (had.get(by) ?? 0) + 1));
    if (count === limit) found.set(of, { at, by: had });
  }
  return found;
}

/** How many are left for one at `at`, where others take some. @param had what it has taken; null: it is not known to run out */
export function leftOf(ranOut: RanOut, of: string, by: string, had: readonly Taken[], at: Instant): number | null {
  const gone = ranOut.get(of);
  if (gone === undefined || at < gone.at) return null;
  return Math.max(0, (gone.by.get(by) ?? 0) - had.filter((one) => one.of === of && one.by === by).length);
}
