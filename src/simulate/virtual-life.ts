/**
 * A person, their audiences and their runs of one journey, from instant to instant.
 *
 * At each instant that matters, in this order: what happens then is applied, with audiences first, the run under way
 * second and entries third; then what time alone changes; then the run moves on. What the engine reports of its own
 * messages and traits happens at the same instant, after that.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { entryRefusal } from '../core/entry.ts';
import type { EventFact, Facts } from '../core/facts.ts';
import type { Touch } from '../core/interest.ts';
import type { Cap, Journey } from '../core/journey.ts';
import { isMeant } from '../core/matching.ts';
import type { Sent } from '../core/pressure.ts';
import { DAY, earlier, type Instant } from '../core/time.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import { applyTraits } from '../profiles/traits.ts';
import { type MembershipChange, Memberships } from './memberships.ts';
import type { SimulatedRun } from './simulation.ts';
import { VirtualRun } from './virtual-run.ts';

/** Something that happens to the person: an event, traits that are told, or neither at their start. */
export interface Happening {
  readonly at: Instant;
  readonly event?: EventFact;
  readonly traits?: JsonObject;
}

export interface LifeSettings {
  readonly person: string;
  readonly traits: JsonObject;
  /** In order of time. */
  readonly happenings: readonly Happening[];
  readonly audiences: Workspace['audiences'];
  readonly journey: Journey;
  readonly caps: readonly Cap[];
  readonly heldOut?: boolean | undefined;
}

/** How long after the last happening time alone may still start runs. */
const AFTERLIFE = 365 * DAY;
/** More rounds than this within one instant never end. */
const MOST_ROUNDS = 1_000;

export class VirtualLife {
  readonly refused: { at: Instant; reason: string }[] = [];
  readonly audienceChanges: MembershipChange[] = [];
  readonly #runs: VirtualRun[] = [];
  readonly #settings: LifeSettings;
  readonly #memberships: Memberships;
  readonly #queue: Happening[];
  readonly #lastEntry: Instant;
  readonly #events: EventFact[] = [];
  readonly #sent: Sent[] = [];
  #traits: JsonObject;
  #isNew = true;

  constructor(settings: LifeSettings) {
    this.#settings = settings;
    this.#memberships = new Memberships(settings.audiences);
    this.#queue = [...settings.happenings];
    this.#traits = settings.traits;
    this.#lastEntry = (settings.happenings.at(-1)?.at ?? 0) + AFTERLIFE;
  }

  get runs(): readonly SimulatedRun[] {
    return this.#runs.map((run) => run.summary());
  }

  /** From the first happening to the last instant that matters. */
  live(): void {
    for (let at = this.#next(); at !== null; at = this.#next()) this.#liveThrough(at);
  }

  #next(): Instant | null {
    const run = this.#active();
    const happening = this.#queue[0]?.at ?? null;
    const byTime = earlier(this.#memberships.dueAt, run?.dueAt ?? null);
    const tooLate = run === undefined && byTime !== null && byTime > this.#lastEntry;
    return tooLate ? happening : earlier(happening, byTime);
  }

  #liveThrough(at: Instant): void {
    for (let round = 0; round === 0 || this.#queue[0]?.at === at; round += 1) {
      if (round === MOST_ROUNDS) throw new Error(endless(this.#settings.journey, at));
      const later = this.#queue.findIndex((one) => one.at > at);
      for (const now of this.#queue.splice(0, later === -1 ? this.#queue.length : later)) this.#apply(now);
      this.#follow(this.#memberships.pass(this.#facts(), at), at);
      this.#advance(at);
    }
  }

  #apply({ at, event, traits: said }: Happening): void {
    const { traits, changed } = applyTraits(this.#traits, said);
    this.#traits = traits;
    if (event !== undefined) this.#events.push(event);
    const touch: Touch = {
      traits: changed,
      ...(event !== undefined && { event: { name: event.name, byEngine: event.byEngine === true } }),
    };
    this.#follow(
      this.#isNew ? this.#memberships.begin(this.#facts(), at) : this.#memberships.touch(this.#facts(), at, touch),
      at,
    );
    this.#isNew = false;
    const { enter } = this.#settings.journey;
    if (event === undefined || enter.by !== 'event' || !isMeant(enter.events, event)) return;
    this.#enter(at, { by: 'event', event: event.name, properties: event.properties });
  }

  /** What changed, then the run under way, then entries by audience. */
  #follow(changes: readonly MembershipChange[], at: Instant): void {
    this.audienceChanges.push(...changes);
    this.#active()?.watch(this.#facts(), at);
    const { enter } = this.#settings.journey;
    for (const { audience, entered } of changes) {
      const by = entered ? 'audience' : 'leaving';
      if (enter.by === by && enter.audience === audience) this.#enter(at, { by, audience });
    }
  }

  #enter(at: Instant, entry: JsonObject): void {
    if (at > this.#lastEntry) return;
    const { journey, person, heldOut } = this.#settings;
    const reason = entryRefusal(journey, this.#runs.at(-1), this.#facts(), at);
    if (reason !== null) this.refused.push({ at, reason });
    else this.#runs.push(new VirtualRun({ journey, person, visit: this.#runs.length, enteredAt: at, entry, heldOut }));
  }

  #advance(at: Instant): void {
    const reports = this.#active()?.advance(this.#facts(), this.#sent, this.#settings.caps, at) ?? [];
    this.#queue.unshift(...reports);
  }

  #active(): VirtualRun | undefined {
    const last = this.#runs.at(-1);
    return last?.status === 'active' ? last : undefined;
  }

  #facts(): Facts {
    return { traits: this.#traits, events: this.#events, audiences: this.#memberships.current };
  }
}

function endless({ key }: Journey, at: Instant): string {
  return `The journey \`${key}\` does not come to rest at ${new Date(at).toISOString()}: what it does starts it again and again. Let it be entered once only (\`again: never\`), or after some time.`;
}
