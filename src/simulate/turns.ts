/**
 * The turns that a person in virtual time has in scheduled journeys, each by their own clock.
 * @module
 */
import type { Json } from '../core/condition.ts';
import { type LocalTime, localTimeAt, nextFor, type Schedule, scheduleOf } from '../core/schedule.ts';
import { DAY, earlier, type Instant } from '../core/time.ts';
import { takeTurn } from '../process/broadcasts.ts';
import type { Profile } from '../process/profile.ts';
import type { PublishedJourney } from '../runs/journey-index.ts';
import type { VirtualWorld } from './virtual-world.ts';

interface When {
  readonly occurrence: LocalTime;
  readonly at: Instant;
}

interface Turn extends When {
  readonly published: PublishedJourney;
}

export class Turns {
  /** By journey: the last time of it that the person had a turn at. */
  readonly #had = new Map<string, LocalTime>();
  /** By journey: the next turn, which clocks are asked for, as it is in the person's time zone. */
  readonly #ahead = new Map<string, { readonly timezone: Json | undefined; readonly turn: When | null }>();

  /** @param to later than this nobody has one */
  constructor(
    readonly world: VirtualWorld,
    readonly from: Instant,
    readonly to: Instant,
  ) {}

  /** When the person next has a turn. */
  dueAt(profile: Profile): Instant | null {
    return this.#all(profile).reduce<Instant | null>((soonest, { at }) => earlier(soonest, at), null);
  }

  /** Takes the turns up to `at`. */
  take(profile: Profile, at: Instant): void {
    for (;;) {
      const [turn] = this.#all(profile).filter((one) => one.at <= at);
      if (turn === undefined) return;
      this.#had.set(turn.published.journey.key, turn.occurrence);
      this.#ahead.delete(turn.published.journey.key);
      takeTurn(profile, turn.published, turn.occurrence, turn.at, this.world);
    }
  }

  /** The next one of each journey, the soonest first. */
  #all({ traits }: Profile): Turn[] {
    return this.world.catalog.journeys.scheduled
      .flatMap((published) => {
        const turn = this.#next(published, traits);
        return turn === null ? [] : [{ ...turn, published }];
      })
      .sort((a, b) => a.at - b.at);
  }

  #next({ journey }: PublishedJourney, traits: Profile['traits']): When | null {
    const { timezone } = traits;
    const known = this.#ahead.get(journey.key);
    if (known !== undefined && known.timezone === timezone) return known.turn;
    const schedule = scheduleOf(journey);
    const turn = schedule === undefined ? null : this.#lookAhead(schedule, journey.key, traits);
    this.#ahead.set(journey.key, { timezone, turn });
    return turn;
  }

  #lookAhead(schedule: Schedule, journey: string, traits: Profile['traits']): When | null {
    // A first one is looked for from the day before on, since somewhere it is another day than here.
    let last = this.#had.get(journey) ?? localTimeAt(this.from - DAY, schedule.zone);
    for (;;) {
      const turn = nextFor(schedule, traits, last);
      if (turn === null || turn.at > this.to) return null;
      if (turn.at > this.from) return turn;
      last = turn.occurrence;
    }
  }
}
