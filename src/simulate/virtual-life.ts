/**
 * People in virtual time, from instant to instant, with the runs of every journey: what the engine does to a profile
 * (`process/apply.ts`), between profiles (`virtual-household.ts`) and to a run (`runs/move.ts`), with a queue in the
 * place of Postgres, Temporal and the channels. One person lives alone; those who share accounts live together.
 *
 * At each instant that matters, in this order: what happens then is applied; then what time alone changes; then the runs
 * move on, those of the highest priority first. What the engine reports of that, and what accounts and people have to tell
 * each other, happens at the same instant, after it.
 * @module
 */
import { earlier, type Instant, type Milliseconds } from '../core/time.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Present } from './present.ts';
import type { RanOut, Taken } from './shared-supply.ts';
import type { MembershipChange, RefusedEntry, SimulatedRun } from './simulation.ts';
import { type HouseholdSettings, VirtualHousehold } from './virtual-household.ts';
import { VirtualPlaces } from './virtual-places.ts';
import type { VirtualProfile } from './virtual-profile.ts';
import { type QueuedEntry, type Queues, VirtualQueues } from './virtual-queues.ts';
import { VirtualStock } from './virtual-stock.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface LifeSettings extends HouseholdSettings {
  readonly world: VirtualWorld;
  /** What happens to them, in order of time. */
  readonly calls: readonly IncomingEvent[];
  /** How long after the last of them time alone may still start runs; those under way then go on to their end. */
  readonly afterlife?: Milliseconds;
  /** What comes earlier starts no run. */
  readonly from?: Instant;
  /** Nothing that comes later is lived through. Absent: everything is. */
  readonly until?: Instant;
  /** Limited offers, and places of a day, that run out, where others take of them, too. */
  readonly ranOut?: RanOut;
  /** Likewise broadcasts in which others have their turns first. */
  readonly queues?: Queues;
}

/** What became of one person. */
export interface LivedLife {
  /** In the order of their entries. */
  readonly runs: readonly SimulatedRun[];
  readonly refused: readonly RefusedEntry[];
  readonly audienceChanges: readonly MembershipChange[];
}

/** More rounds than this within one instant never end. */
const MOST_ROUNDS = 1_000;

export class VirtualLife {
  readonly #settings: LifeSettings;
  readonly #household: VirtualHousehold;
  readonly #stock: VirtualStock;
  readonly #places: VirtualPlaces;
  readonly #queues: VirtualQueues;
  readonly #lastEntry: Instant;
  #heard = 0;

  constructor(settings: LifeSettings) {
    const { world, people, calls, afterlife = Number.POSITIVE_INFINITY, ranOut, queues } = settings;
    const { from = timeOf(calls[0]), until = timeOf(calls.at(-1)) } = settings;
    this.#settings = settings;
    this.#places = new VirtualPlaces(`life ${people[0].id}`, ranOut);
    this.#queues = new VirtualQueues(new Map(people.map(({ id, place = id }) => [id, place])), queues);
    this.#stock = new VirtualStock(world, ranOut);
    this.#lastEntry = timeOf(calls.at(-1)) + afterlife;
    const to = Number.isFinite(this.#lastEntry) ? this.#lastEntry : until;
    this.#household = new VirtualHousehold(
      settings,
      { from, to, quietUntil: (settings.from ?? 0) - 1 },
      { places: this.#places, queues: this.#queues, ...world },
      this.#stock,
    );
  }

  /**
   * Nothing is heard of anybody any more: only time passes.
   * @param until nothing that comes later is lived through
   */
  static onward(world: VirtualWorld, present: Present, until: Instant): VirtualLife {
    const [first, ...others] = present.profiles.map(({ profile: { id, userId } }) => ({ id, userId }));
    if (first === undefined) throw new Error('Nobody lives');
    return new VirtualLife({ world, present, people: [first, ...others], calls: [], from: present.at, until });
  }

  /**
   * From the first call, or the present, to the last instant that matters.
   * @param isEnough asked after each instant
   */
  live(isEnough: () => boolean = () => false): this {
    const { until = Number.POSITIVE_INFINITY, present } = this.#settings;
    const start = present?.at ?? Number.NEGATIVE_INFINITY;
    for (let at = this.#next(); at !== null && at <= until && !isEnough(); at = this.#next())
      this.#liveThrough(Math.max(at, start));
    return this;
  }

  /** @param id absent: the first person's */
  of(id?: number): LivedLife {
    return this.#household.profile(id);
  }

  /** What became of each account, by its name. */
  get ofAccounts(): ReadonlyMap<string, LivedLife> {
    return this.#household.accounts;
  }

  /** What was picked of limited offers, and the places that were taken of days. */
  get taken(): readonly Taken[] {
    return [...this.#stock.taken, ...this.#places.taken];
  }

  /** Who entered by broadcasts with a rate. */
  get queued(): readonly QueuedEntry[] {
    return this.#queues.entered;
  }

  #next(): Instant | null {
    const call = this.#settings.calls[this.#heard];
    const called = call === undefined ? null : timeOf(call);
    let byTime: Instant | null = null;
    let isUnderWay = false;
    for (const one of this.#household.profiles) {
      byTime = earlier(byTime, one.dueAt);
      isUnderWay ||= one.isUnderWay;
    }
    const tooLate = !isUnderWay && byTime !== null && byTime > this.#lastEntry;
    return tooLate ? called : earlier(called, byTime);
  }

  #liveThrough(at: Instant): void {
    const { from = 0 } = this.#settings;
    const starts = at >= from && at <= this.#lastEntry;
    const household = this.#household;
    let calls = this.#callsAt(at);
    for (let round = 0; ; round += 1) {
      if (round === MOST_ROUNDS) throw new Error(endless(household.profiles, at));
      const news: IncomingEvent[] = [];
      for (const call of calls) news.push(...household.hear(starts ? call : { ...call, silent: true }));
      for (const one of household.profiles) {
        if (at > this.#lastEntry) one.profile.quietUntil = Number.POSITIVE_INFINITY;
        news.push(...household.passTime(one, at));
      }
      if (news.length === 0) return;
      calls = news;
    }
  }

  #callsAt(at: Instant): IncomingEvent[] {
    const { calls } = this.#settings;
    const first = this.#heard;
    while (this.#heard < calls.length && timeOf(calls[this.#heard]) <= at) this.#heard += 1;
    return calls.slice(first, this.#heard);
  }
}

function timeOf(call: IncomingEvent | undefined): Instant {
  return call === undefined ? 0 : Date.parse(call.occurredAt);
}

function endless(profiles: Iterable<VirtualProfile>, at: Instant): string {
  const restless = [...profiles].flatMap(({ runs }) => runs).filter(({ enteredAt }) => enteredAt === at);
  const journeys = [...new Set(restless.map(({ journey }) => `\`${journey}\``))].sort();
  const what = journeys.length === 1 ? `The journey ${journeys[0]} does` : `The journeys ${journeys.join(' and ')} do`;
  return `${what} not come to rest at ${new Date(at).toISOString()}: what it does starts it again and again. Let it be entered once only (\`again: never\`), or after some time.`;
}
