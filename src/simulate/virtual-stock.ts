/**
 * What is left of limited offers in virtual time.
 *
 * Lives that are lived one after the other know nothing of each other, and yet share what there is. So it is found out
 * who was there in time for each offer: everybody lives as if there were enough for all others, the first to pick it are
 * noted, and everybody lives again knowing who they are, until that makes no more difference.
 * @module
 */
import type { Picked } from '../core/offer.ts';
import type { Instant } from '../core/time.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** One of a limited offer that somebody picked. */
export interface Taken {
  readonly offer: string;
  readonly at: Instant;
  /** Tells picks of one instant apart. */
  readonly by: string;
}

/** By limited offer that ran out: when the last one was picked, and how many each picked of it. */
export type RanOut = ReadonlyMap<string, { readonly at: Instant; readonly by: ReadonlyMap<string, number> }>;

type Offers = Pick<VirtualWorld, 'offers' | 'usedUpOffers'>;

export class VirtualStock {
  readonly taken: Taken[] = [];
  readonly #left: Map<string, number>;
  readonly #ranOut: RanOut;

  /** @param ranOut what others leave, where that is known. Absent: those who live here are all who take any. */
  constructor({ offers, usedUpOffers = new Set() }: Offers, ranOut: RanOut = new Map()) {
    this.#left = limitsOf(offers);
    for (const offer of usedUpOffers) this.#left.set(offer, 0);
    this.#ranOut = ranOut;
  }

  /** How many a run can pick of each limited offer at `at`. */
  leftFor(run: string, at: Instant): ReadonlyMap<string, number> {
    if (this.#ranOut.size === 0) return this.#left;
    const left = new Map(this.#left);
    for (const [offer, { at: last, by }] of this.#ranOut) {
      const had = this.taken.filter((one) => one.offer === offer && one.by === run).length;
      if (at >= last) left.set(offer, Math.min(left.get(offer) ?? 0, Math.max(0, (by.get(run) ?? 0) - had)));
    }
    return left;
  }

  /** Takes one of each limited offer that is picked for the first time. */
  take(run: string, grants: readonly Picked[], at: Instant): void {
    for (const { offer, isNew } of grants) {
      const left = this.#left.get(offer);
      if (!isNew || left === undefined) continue;
      this.#left.set(offer, left - 1);
      this.taken.push({ offer, at, by: run });
    }
  }
}

/** Who was there in time. @param taken by all lives, as if there were enough for all of them */
export function ranOut({ offers }: Offers, taken: readonly Taken[]): RanOut {
  const found = new Map<string, { at: Instant; by: Map<string, number> }>();
  for (const [offer, limit] of limitsOf(offers)) {
    const all = taken.filter((one) => one.offer === offer).sort((a, b) => a.at - b.at || (a.by < b.by ? -1 : 1));
    const last = all[limit - 1];
    if (last === undefined) continue;
    const by = new Map<string, number>();
    for (const one of all.slice(0, limit)) by.set(one.by, (by.get(one.by) ?? 0) + 1);
    found.set(offer, { at: last.at, by });
  }
  return found;
}

/** Is there an offer of a journey that may run out? */
export function hasLimitedOffers({ offers }: Offers): boolean {
  return limitsOf(offers).size > 0;
}

function limitsOf(offers: Offers['offers'] = {}): Map<string, number> {
  return new Map(
    Object.values(offers).flatMap(({ key, limit }) => (limit === undefined ? [] : [[key, limit] as const])),
  );
}
