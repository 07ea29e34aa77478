/**
 * What is left of limited offers in virtual time.
 * @module
 */
import type { Picked } from '../core/offer.ts';
import type { Instant } from '../core/time.ts';
import { leftOf, type RanOut, type Taken } from './shared-supply.ts';
import type { VirtualWorld } from './virtual-world.ts';

type Offers = Pick<VirtualWorld, 'offers' | 'usedUpOffers'>;

export class VirtualStock {
  readonly taken: Taken[] = [];
  readonly #limits: ReadonlyMap<string, number>;
  readonly #left: Map<string, number>;
  readonly #ranOut: RanOut;

  /** @param ranOut what others leave, where that is known. Absent: those who live here are all who take any. */
  constructor(world: Offers, ranOut: RanOut = new Map()) {
    this.#limits = limitsOf(world);
    this.#left = new Map(this.#limits);
    for (const offer of world.usedUpOffers ?? []) this.#left.set(offer, 0);
    this.#ranOut = ranOut;
  }

  /** How many a run can pick of each limited offer at `at`. */
  leftFor(run: string, at: Instant): ReadonlyMap<string, number> {
    if (this.#ranOut.size === 0) return this.#left;
    const left = new Map(this.#left);
    for (const [offer, count] of left) {
      const others = leftOf(this.#ranOut, offer, run, this.taken, at);
      if (others !== null) left.set(offer, Math.min(count, others));
    }
    return left;
  }

  /** Takes one of each limited offer that is picked for the first time. */
  take(run: string, grants: readonly Picked[], at: Instant): void {
    for (const { offer, isNew } of grants) {
      const left = this.#left.get(offer);
      if (!isNew || left === undefined) continue;
      this.#left.set(offer, left - 1);
      this.taken.push({ of: offer, limit: this.#limits.get(offer) ?? 0, at, by: run });
    }
  }
}

/** Is there an offer of a journey that may run out? */
export function hasLimitedOffers(world: Offers): boolean {
  return limitsOf(world).size > 0;
}

function limitsOf({ offers = {} }: Offers): Map<string, number> {
  return new Map(
    Object.values(offers).flatMap(({ key, limit }) => (limit === undefined ? [] : [[key, limit] as const])),
  );
}
