/**
 * A person, or an account, whom nothing is stored of, with what becomes of them in a life.
 * @module
 */
import { factsOf } from '../audiences/membership.ts';
import type { Sent } from '../core/caps.ts';
import type { JsonObject } from '../core/condition.ts';
import { byPriority } from '../core/entry.ts';
import type { Channel } from '../core/journey.ts';
import type { Offered } from '../core/offer.ts';
import type { Ledger } from '../core/pressure.ts';
import { earlier, type Instant } from '../core/time.ts';
import { saidBy, type Wishes, wishOf, withWish } from '../core/wishes.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { applyDue } from '../process/apply.ts';
import { nextInstant, type Profile } from '../process/profile.ts';
import type { Member } from '../runs/account-people.ts';
import type { Run } from '../runs/enter.ts';
import { noRunChanges } from '../runs/run-rows.ts';
import type { PresentProfile } from './present.ts';
import type { MembershipChange, RefusedEntry, SimulatedRun } from './simulation.ts';
import { Turns } from './turns.ts';
import { VirtualRun } from './virtual-run.ts';
import type { VirtualStock } from './virtual-stock.ts';
import type { VirtualWorld } from './virtual-world.ts';

export class VirtualProfile {
  readonly profile: Profile;
  /** What counts against caps. */
  readonly sent: Sent[];
  /** Likewise of all people of its account, who share it. Absent: no cap asks. */
  readonly #sentInAccount: Sent[] | undefined;
  wishes: Wishes;
  /** What experiments gave: variants by experiment, by journey. */
  readonly variants: Map<string, ReadonlyMap<string, string>>;
  /** What the runs have picked, oldest first. */
  readonly offered: (Offered & { readonly run: string })[];
  readonly refused: RefusedEntry[] = [];
  readonly audienceChanges: MembershipChange[] = [];
  readonly #runs = new Map<Run, VirtualRun>();
  /** Those under way, in the order in which they move. */
  readonly #underWay: VirtualRun[] = [];
  readonly #world: VirtualWorld;
  readonly #stock: VirtualStock;
  readonly #turns: Turns | null;

  /** @param present how it is when its life begins; absent: nothing has happened yet */
  constructor(
    world: VirtualWorld,
    about: Pick<Profile, 'id' | 'kind' | 'userId'> & { readonly traits?: JsonObject | undefined },
    /** Between which the clock on the wall may start runs. */
    { from, to }: { readonly from: Instant; readonly to: Instant },
    stock: VirtualStock,
    present?: PresentProfile,
  ) {
    const { id, kind, userId, traits = {} } = about;
    this.#world = world;
    this.#stock = stock;
    this.#turns = about.kind === 'person' ? new Turns(world, from, to) : null;
    this.sent = present?.sent ?? [];
    this.#sentInAccount = present?.sentInAccount;
    this.wishes = present?.wishes ?? { suppressed: new Set() };
    this.variants = new Map(present?.variants);
    this.offered = [...(present?.offered ?? [])];
    this.profile = present?.profile ?? {
      ...{ id, kind, userId, traits, ownTraits: traits, account: undefined },
      appliedAt: Number.NEGATIVE_INFINITY,
      filledTo: 0,
      events: [],
      memberships: new Map(),
      dirty: new Set(),
      runs: new Map(),
      changes: [],
      runChanges: noRunChanges(),
    };
    for (const one of present?.runs ?? []) this.#follow(one.run, new VirtualRun(one.run, [], world, stock, one));
  }

  /** In the order of their entries. */
  get runs(): readonly SimulatedRun[] {
    return [...this.#runs.values()].map((run) => run.summary());
  }

  get isUnderWay(): boolean {
    return this.#underWay.length > 0;
  }

  /** As messages name it. */
  get name(): string {
    return this.profile.userId ?? `profile:${this.profile.id}`;
  }

  get ledger(): Ledger {
    const inAccount = this.#sentInAccount;
    return { ...this.wishes, sent: this.sent, ...(inAccount && { sentToAccount: inAccount }) };
  }

  /** As a run of the account sees this person: `account.…` is that one, whichever they joined last. */
  asMemberOf({ ownTraits: account }: Profile): Member {
    const { id, userId, ownTraits } = this.profile;
    const facts = { ...factsOf(this.profile), traits: { ...ownTraits, account } };
    return { id, userId, name: this.name, facts };
  }

  /** One more message. */
  got(one: Sent): void {
    this.sent.push(one);
    this.#sentInAccount?.push(one);
  }

  /** The message of this channel that was sent last was given up. */
  takeBack(channel: Channel): void {
    for (const sent of [this.sent, this.#sentInAccount ?? []]) {
      const last = sent.findLastIndex((one) => one.channel === channel);
      if (last >= 0) sent.splice(last, 1);
    }
  }

  /** When time alone next concerns a membership or a run. */
  get dueAt(): Instant | null {
    let due = earlier(nextInstant(this.profile), this.#turns?.dueAt(this.profile) ?? null);
    for (const run of this.#underWay) due = earlier(due, run.movesAt);
    return due;
  }

  /** What time alone changes up to `at`. */
  passTime(at: Instant): void {
    applyDue(this.profile, at, this.#world, 'upTo');
    this.#turns?.take(this.profile, at);
  }

  /**
   * Lets the runs that can move do so.
   * @param members of an account: its people
   * @returns what the engine reports of it
   */
  moveRuns(at: Instant, members: readonly VirtualProfile[]): IncomingEvent[] {
    const reports: IncomingEvent[] = [];
    for (const run of [...this.#underWay]) {
      const { movesAt } = run;
      if (movesAt !== null && movesAt <= at) reports.push(...run.advance(this, members, at));
    }
    this.#leaveEnded();
    return reports;
  }

  /** Takes over what became of memberships and runs. */
  take(): void {
    const { changes, runChanges } = this.profile;
    for (const { audience, entered, at, because } of changes.splice(0))
      this.audienceChanges.push({ audience, entered, at, because });
    for (const { run, log } of runChanges.entered.splice(0)) {
      this.#follow(run, new VirtualRun(run, [...log], this.#world, this.#stock));
    }
    for (const { run, log } of runChanges.ended.splice(0)) this.#runs.get(run)?.log.push(log);
    for (const { journey, at, reason } of runChanges.refused.splice(0)) this.refused.push({ journey, at, reason });
    runChanges.watched.clear();
    runChanges.woken.splice(0);
    this.#leaveEnded();
  }

  /** What is said of messages holds from its instant, before the event that says it is looked at. */
  hear(call: IncomingEvent): void {
    const said = saidBy(call);
    if (said === null) return;
    const answered = said.said === 'answer' ? [...this.#runs.values()].map((run) => run.answered(said)) : [];
    const about = answered.findLast((subjects) => subjects !== undefined);
    const wish = said.said === 'wish' ? said.wish : wishOf(said.answer, { ...about, ...said.of });
    if (wish !== null) this.wishes = withWish(this.wishes, wish);
  }

  #follow(run: Run, entered: VirtualRun): void {
    this.#runs.set(run, entered);
    this.#underWay.push(entered);
    this.#underWay.sort((a, b) => byPriority(a.journey, b.journey));
  }

  #leaveEnded(): void {
    for (let place = this.#underWay.length - 1; place >= 0; place -= 1)
      if (this.#underWay[place]?.run.status !== 'active') this.#underWay.splice(place, 1);
  }
}
