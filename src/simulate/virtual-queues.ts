/**
 * Turns in broadcasts that let people enter one after the other, in virtual time, where people live one after the other
 * and know nothing of each other.
 *
 * It is found out like what runs out (`shared-supply.ts`): everybody lives as if nobody came before them, those who enter
 * are noted, and everybody lives again behind them, until that makes no more difference.
 * @module
 */
import { type LocalTime, scheduleOf } from '../core/schedule.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** A person's own instant in a broadcast. */
export interface Coming {
  readonly journey: string;
  readonly occurrence: LocalTime;
  readonly pace: Milliseconds;
  /** When the person's clock comes to it. */
  readonly at: Instant;
}

/** Where people stand in a queue: those whose clocks come to it at the same instant as their profiles were made. */
interface Place {
  readonly at: Instant;
  readonly place: number;
}

/** Somebody who entered. */
export type QueuedEntry = Coming & Place;

interface Turn extends Place {
  readonly turn: Instant;
}

/** By broadcast: who enters, in order, and when. */
export type Queues = ReadonlyMap<string, readonly Turn[]>;

export class VirtualQueues {
  readonly entered: QueuedEntry[] = [];
  readonly #queues: Queues;
  readonly #places: ReadonlyMap<number, number>;

  /**
   * @param queues those of everybody. Absent: nobody else is known, and nobody waits
   * @param places by profile
   */
  constructor(places: ReadonlyMap<number, number>, queues: Queues = new Map()) {
    this.#places = places;
    this.#queues = queues;
  }

  /** When it is the person's turn. */
  turn({ journey, occurrence, pace, at }: Coming, profile: number): Instant {
    const queue = this.#queues.get(nameOf(journey, occurrence)) ?? [];
    const ahead = lastBefore(queue, { at, place: this.#placeOf(profile) });
    return ahead === undefined ? at : Math.max(at, ahead.turn + pace);
  }

  enter(coming: Coming, profile: number): void {
    this.entered.push({ ...coming, place: this.#placeOf(profile) });
  }

  #placeOf(profile: number): number {
    return this.#places.get(profile) ?? profile;
  }
}

/** @param entered by all lives */
export function queuesOf(entered: readonly QueuedEntry[]): Queues {
  const queues = new Map<string, Turn[]>();
  for (const { journey, occurrence, pace, at, place } of [...entered].sort(inOrder)) {
    const name = nameOf(journey, occurrence);
    const queue = queues.get(name) ?? [];
    const last = queue.at(-1);
    queue.push({ at, place, turn: last === undefined ? at : Math.max(at, last.turn + pace) });
    queues.set(name, queue);
  }
  return queues;
}

/** Is there a broadcast that does not let everybody in at once? */
export function hasQueues({ catalog }: Pick<VirtualWorld, 'catalog'>): boolean {
  return catalog.journeys.scheduled.some(({ journey }) => scheduleOf(journey)?.pace !== undefined);
}

function nameOf(journey: string, occurrence: LocalTime): string {
  return `${journey} at ${occurrence}`;
}

function inOrder(a: Place, b: Place): number {
  return a.at - b.at || a.place - b.place;
}

function lastBefore(queue: readonly Turn[], place: Place): Turn | undefined {
  let [from, to] = [0, queue.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const one = queue[middle];
    if (one !== undefined && inOrder(one, place) < 0) from = middle + 1;
    else to = middle;
  }
  return queue[from - 1];
}
