/**
 * Places of journeys that let so many in on a day, in virtual time.
 * @module
 */
import type { DailyLimit } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import { dayOf, type Places } from '../runs/entry-places.ts';
import { leftOf, type RanOut, type Taken } from './shared-supply.ts';
import type { VirtualWorld } from './virtual-world.ts';

export class VirtualPlaces implements Pick<Places, 'take'> {
  readonly taken: Taken[] = [];
  readonly #life: string;
  readonly #ranOut: RanOut;

  /**
   * @param life whose places these are, told from all others that share them
   * @param ranOut what others leave, where that is known. Absent: those who live here are all who enter.
   */
  constructor(life: string, ranOut: RanOut = new Map()) {
    this.#life = life;
    this.#ranOut = ranOut;
  }

  take(journey: string, { perDay, zone }: DailyLimit, at: Instant): boolean {
    const of = `${journey} on ${dayOf(journey, zone, at).day}`;
    const others = leftOf(this.#ranOut, of, this.#life, this.taken, at);
    const left = others ?? perDay - this.taken.filter((one) => one.of === of).length;
    if (left <= 0) return false;
    this.taken.push({ of, limit: perDay, at, by: this.#life });
    return true;
  }
}

/** Is there a journey that does not let everybody in? */
export function hasDailyLimits({ catalog }: Pick<VirtualWorld, 'catalog'>): boolean {
  return [...catalog.journeys.all, ...catalog.accounts.journeys.all].some(({ journey }) => journey.limit !== undefined);
}
