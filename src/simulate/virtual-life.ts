/**
 * A person in virtual time, from instant to instant, with the runs of every journey: what the engine does to a person
 * (`process/apply.ts`) and to a run (`runs/move.ts`), with a queue in the place of Postgres, Temporal and the channels.
 *
 * At each instant that matters, in this order: what happens then is applied; then what time alone changes; then the runs
 * move on, those of the highest priority first. What the engine reports of that happens at the same instant, after it.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { byPriority } from '../core/entry.ts';
import { earlier, type Instant, type Milliseconds } from '../core/time.ts';
import { saidBy, wishOf, withWish } from '../core/wishes.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { applyDue } from '../process/apply.ts';
import { applyEvent } from '../process/apply-event.ts';
import { nextInstant } from '../process/profile.ts';
import type { Run } from '../runs/enter.ts';
import type { MembershipChange, RefusedEntry, SimulatedRun } from './simulation.ts';
import { Turns } from './turns.ts';
import { type VirtualPerson, virtualPerson } from './virtual-person.ts';
import { VirtualRun } from './virtual-run.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface LifeSettings {
  readonly world: VirtualWorld;
  /** The profile's, where it matters to chance. */
  readonly id?: number;
  readonly userId: string | null;
  /** What is known before anything happens. */
  readonly traits?: JsonObject;
  /** What happens to the person, in order of time. */
  readonly calls: readonly IncomingEvent[];
  /** How long after the last of them time alone may still start runs; those under way then go on to their end. */
  readonly afterlife?: Milliseconds;
  /** What comes earlier starts no run. */
  readonly from?: Instant;
  /** Nothing that comes later is lived through. Absent: everything is. */
  readonly until?: Instant;
}

/** More rounds than this within one instant never end. */
const MOST_ROUNDS = 1_000;
const PERSON = 1;

export class VirtualLife {
  readonly refused: RefusedEntry[] = [];
  readonly audienceChanges: MembershipChange[] = [];
  readonly #settings: LifeSettings;
  readonly #lived: VirtualPerson;
  readonly #runs = new Map<Run, VirtualRun>();
  /** Those under way, by priority. */
  readonly #underWay: VirtualRun[] = [];
  readonly #lastEntry: Instant;
  readonly #turns: Turns;
  #heard = 0;

  constructor(settings: LifeSettings) {
    const { id = PERSON, userId, traits = {}, calls, afterlife = Number.POSITIVE_INFINITY, from = 0 } = settings;
    this.#settings = settings;
    this.#lived = virtualPerson(id, userId, traits);
    this.#lived.person.quietUntil = from - 1;
    this.#lastEntry = timeOf(calls.at(-1)) + afterlife;
    const { from: first = timeOf(calls[0]), until = timeOf(calls.at(-1)) } = settings;
    this.#turns = new Turns(settings.world, first, Number.isFinite(this.#lastEntry) ? this.#lastEntry : until);
  }

  /** In the order of their entries. */
  get runs(): readonly SimulatedRun[] {
    return [...this.#runs.values()].map((run) => run.summary());
  }

  /** From the first call to the last instant that matters. */
  live(): this {
    const { until = Number.POSITIVE_INFINITY } = this.#settings;
    for (let at = this.#next(); at !== null && at <= until; at = this.#next()) this.#liveThrough(at);
    return this;
  }

  #next(): Instant | null {
    const call = this.#settings.calls[this.#heard];
    const called = call === undefined ? null : timeOf(call);
    let byTime = earlier(nextInstant(this.#lived.person), this.#turns.dueAt(this.#lived.person));
    for (const run of this.#underWay) byTime = earlier(byTime, run.movesAt);
    const tooLate = this.#underWay.length === 0 && byTime !== null && byTime > this.#lastEntry;
    return tooLate ? called : earlier(called, byTime);
  }

  #liveThrough(at: Instant): void {
    const { person } = this.#lived;
    if (at > this.#lastEntry) person.quietUntil = Number.POSITIVE_INFINITY;
    let news = this.#callsAt(at);
    for (let round = 0; ; round += 1) {
      if (round === MOST_ROUNDS) throw new Error(endless(this.#runs.keys(), at));
      for (const call of news) this.#apply(call, at);
      applyDue(person, at, this.#settings.world, 'upTo');
      this.#turns.take(person, at);
      this.#take();
      news = [];
      for (const run of [...this.#underWay]) {
        const movesAt = run.movesAt;
        if (movesAt !== null && movesAt <= at) news.push(...run.advance(this.#lived, at));
      }
      this.#leaveEnded();
      if (news.length === 0) return;
    }
  }

  #callsAt(at: Instant): IncomingEvent[] {
    const { calls } = this.#settings;
    const first = this.#heard;
    while (this.#heard < calls.length && timeOf(calls[this.#heard]) <= at) this.#heard += 1;
    return calls.slice(first, this.#heard);
  }

  #apply(call: IncomingEvent, at: Instant): void {
    this.#hear(call);
    const { from = 0, world } = this.#settings;
    const starts = at >= from && at <= this.#lastEntry;
    applyEvent(this.#lived.person, starts ? call : { ...call, silent: true }, {}, world);
  }

  /** What is said holds from its instant, before the event that tells of it is looked at. */
  #hear(call: IncomingEvent): void {
    const said = saidBy(call);
    if (said === null) return;
    const answered = said.said === 'answer' ? [...this.#runs.values()].map((run) => run.answered(said)) : [];
    const about = answered.findLast((subjects) => subjects !== undefined);
    const wish = said.said === 'wish' ? said.wish : wishOf(said.answer, { ...about, ...said.of });
    if (wish !== null) this.#lived.wishes = withWish(this.#lived.wishes, wish);
  }

  /** Takes over what became of memberships and runs. */
  #take(): void {
    const { changes, runChanges } = this.#lived.person;
    for (const { audience, entered, at, because } of changes.splice(0))
      this.audienceChanges.push({ audience, entered, at, because });
    for (const { run, log } of runChanges.entered.splice(0)) {
      const entered = new VirtualRun(run, [...log], this.#settings.world);
      this.#runs.set(run, entered);
      this.#underWay.push(entered);
      this.#underWay.sort((a, b) => byPriority(a.journey, b.journey));
    }
    for (const { run, log } of runChanges.ended.splice(0)) this.#runs.get(run)?.log.push(log);
    for (const { journey, at, reason } of runChanges.refused.splice(0)) this.refused.push({ journey, at, reason });
    runChanges.watched.clear();
    runChanges.woken.splice(0);
    this.#leaveEnded();
  }

  #leaveEnded(): void {
    for (let place = this.#underWay.length - 1; place >= 0; place -= 1)
      if (this.#underWay[place]?.run.status !== 'active') this.#underWay.splice(place, 1);
  }
}

function timeOf(call: IncomingEvent | undefined): Instant {
  return call === undefined ? 0 : Date.parse(call.occurredAt);
}

function endless(runs: Iterable<Run>, at: Instant): string {
  const restless = [...runs].filter(({ enteredAt }) => enteredAt === at);
  const journeys = [...new Set(restless.map(({ journey }) => `\`${journey}\``))].sort();
  const what = journeys.length === 1 ? `The journey ${journeys[0]} does` : `The journeys ${journeys.join(' and ')} do`;
  return `${what} not come to rest at ${new Date(at).toISOString()}: what it does starts it again and again. Let it be entered once only (\`again: never\`), or after some time.`;
}
