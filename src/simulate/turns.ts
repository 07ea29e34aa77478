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
  /** When the person's clock comes to it, or the person to where it was that time already. */
  readonly comesAt: Instant;
  /** When it is the person's turn: later where a rate lets others go first. */
  readonly at: Instant;
  /** Whoever joins the audience later than this does not enter. */
  readonly memberBy: Instant;
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
      this.#takeOne(profile, turn);
    }
  }

  #takeOne(profile: Profile, { published, occurrence, comesAt, at, memberBy }: Turn): void {
    const { entered } = profile.runChanges;
    const before = entered.length;
    takeTurn(profile, published, { occurrence, turn: at, memberBy }, this.world);
    const { journey } = published;
    const pace = scheduleOf(journey)?.pace;
    if (pace !== undefined && entered.length > before)
      this.world.queues?.enter({ journey: journey.key, occurrence, pace, at: comesAt }, profile.id);
  }

  /** The next one of each journey, the soonest first. */
  #all(profile: Profile): Turn[] {
    return this.world.catalog.journeys.scheduled
      .flatMap((published) => {
        const turn = this.#next(published, profile);
        return turn === null ? [] : [{ ...turn, published }];
      })
      .sort((a, b) => a.at - b.at);
  }

  #next({ journey }: PublishedJourney, profile: Profile): When | null {
    const { timezone } = profile.traits;
    const known = this.#ahead.get(journey.key);
    if (known !== undefined && known.timezone === timezone) return known.turn;
    const schedule = scheduleOf(journey);
    const turn = schedule === undefined ? null : this.#lookAhead(schedule, journey.key, profile);
    this.#ahead.set(journey.key, { timezone, turn });
    return turn;
  }

  #lookAhead(schedule: Schedule, journey: string, profile: Profile): When | null {
    // A first one is looked for from the day before on, since somewhere it is another day than here.
    let last = this.#had.get(journey) ?? localTimeAt(this.from - DAY, schedule.zone);
    for (;;) {
      const turn = nextFor(schedule, profile.traits, last);
      if (turn === null || turn.at > this.to) return null;
      if (turn.at > this.from) return this.#inQueue(schedule, journey, turn, profile);
      last = turn.occurrence;
    }
  }

  /** Whoever comes to where it was that time already goes behind those who were there. */
  #inQueue(
    { pace }: Schedule,
    journey: string,
    { occurrence, at: due }: { readonly occurrence: LocalTime; readonly at: Instant },
    { id, appliedAt }: Profile,
  ): When {
    const { queues } = this.world;
    const comesAt = Math.max(due, appliedAt);
    const at = pace === undefined ? due : (queues?.turn({ journey, occurrence, pace, at: comesAt }, id) ?? due);
    return { occurrence, comesAt, at, memberBy: due < appliedAt ? due : at };
  }
}
