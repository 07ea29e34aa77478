/**
 * People in virtual time, from instant to instant, with the runs of every journey: what the engine does to a profile
 * (`process/apply.ts`), between profiles (`process/account-talk.ts`) and to a run (`runs/move.ts`), with a queue in the
 * place of Postgres, Temporal and the channels. One person lives alone; those who share accounts live together.
 *
 * At each instant that matters, in this order: what happens then is applied; then what time alone changes; then the runs
 * move on, those of the highest priority first. What the engine reports of that, and what accounts and people have to tell
 * each other, happens at the same instant, after it.
 * @module
 */

import { addEvent } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import { earlier, type Instant, type Milliseconds } from '../core/time.ts';
import { isDeed, type LoggedEvent } from '../ingest/event-log.ts';
import { type IncomingEvent, newsFor } from '../ingest/inbox.ts';
import { AccountTalk } from '../process/account-talk.ts';
import { applyEvent } from '../process/apply-event.ts';
import { changesToTell, type Told } from '../process/tell-relatives.ts';
import { accountNamed } from '../profiles/identity.ts';
import type { Present } from './present.ts';
import type { RanOut, Taken } from './shared-supply.ts';
import type { MembershipChange, RefusedEntry, SimulatedRun } from './simulation.ts';
import { VirtualAccounts } from './virtual-accounts.ts';
import { VirtualPlaces } from './virtual-places.ts';
import { VirtualProfile } from './virtual-profile.ts';
import { type QueuedEntry, type Queues, VirtualQueues } from './virtual-queues.ts';
import { VirtualStock } from './virtual-stock.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface LivedPerson {
  /** The profile's: above 0, and nobody else's. */
  readonly id: number;
  readonly userId: string | null;
  /** What is known before anything happens. */
  readonly traits?: JsonObject | undefined;
  /** Among all people, in the order in which they became known. Absent: as their ids are. */
  readonly place?: number | undefined;
}

export interface LifeSettings {
  readonly world: VirtualWorld;
  readonly people: readonly [LivedPerson, ...LivedPerson[]];
  /** What is known of accounts before anything happens. Absent: nothing. */
  readonly accounts?: readonly { readonly name: string; readonly traits: JsonObject }[] | undefined;
  /** What happens to them, in order of time. */
  readonly calls: readonly IncomingEvent[];
  /** Whose call it is; 0: nobody's, where it is said of an account alone. Absent: the first one's. */
  readonly personOf?: (call: IncomingEvent) => number;
  /** How long after the last of them time alone may still start runs; those under way then go on to their end. */
  readonly afterlife?: Milliseconds;
  /** What comes earlier starts no run. */
  readonly from?: Instant;
  /** Nothing that comes later is lived through. Absent: everything is. */
  readonly until?: Instant;
  /** How those who live are when it begins. Absent: nothing has happened yet. */
  readonly present?: Present;
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
const NOBODY = 0;

export class VirtualLife {
  readonly #settings: LifeSettings;
  readonly #profiles = new Map<number, VirtualProfile>();
  readonly #accountIds = new Map<string, number>();
  readonly #accounts: VirtualAccounts;
  readonly #world: VirtualWorld;
  readonly #stock: VirtualStock;
  readonly #places: VirtualPlaces;
  readonly #queues: VirtualQueues;
  readonly #lastEntry: Instant;
  #heard = 0;

  constructor(settings: LifeSettings) {
    const { world, people, accounts = [], calls, afterlife = Number.POSITIVE_INFINITY, present } = settings;
    const { ranOut, queues } = settings;
    this.#settings = settings;
    this.#places = new VirtualPlaces(`life ${people[0].id}`, ranOut);
    this.#queues = new VirtualQueues(new Map(people.map(({ id, place = id }) => [id, place])), queues);
    this.#world = { places: this.#places, queues: this.#queues, ...world };
    this.#accounts = new VirtualAccounts(this.#world, (id) => present?.complete.has(id) ?? true);
    this.#stock = new VirtualStock(world, ranOut);
    this.#lastEntry = timeOf(calls.at(-1)) + afterlife;
    for (const person of people) this.#add({ ...person, kind: 'person' });
    for (const { person, account, joinedAt } of present?.ties ?? [])
      this.#accounts.tie(this.#profile(person), this.#profile(account), joinedAt);
    for (const { name, traits } of accounts) this.#accountCalled(name, traits);
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
  of(id: number = this.#settings.people[0].id): LivedLife {
    return this.#profile(id);
  }

  /** What became of each account, by its name. */
  get ofAccounts(): ReadonlyMap<string, LivedLife> {
    return new Map([...this.#accountIds].map(([name, id]) => [name, this.#profile(id)]));
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
    for (const one of this.#profiles.values()) {
      byTime = earlier(byTime, one.dueAt);
      isUnderWay ||= one.isUnderWay;
    }
    const tooLate = !isUnderWay && byTime !== null && byTime > this.#lastEntry;
    return tooLate ? called : earlier(called, byTime);
  }

  #liveThrough(at: Instant): void {
    let calls = this.#callsAt(at);
    for (let round = 0; ; round += 1) {
      if (round === MOST_ROUNDS) throw new Error(endless(this.#profiles.values(), at));
      const news: IncomingEvent[] = [];
      for (const call of calls) news.push(...this.#apply(call, at));
      for (const one of this.#profiles.values()) {
        if (at > this.#lastEntry) one.profile.quietUntil = Number.POSITIVE_INFINITY;
        this.#accounts.show(one);
        one.passTime(at);
        news.push(...this.#settle(one, []));
        news.push(...one.moveRuns(at, this.#accounts.membersOf(one)));
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

  /** @returns what is to be heard of it */
  #apply(call: IncomingEvent, at: Instant): IncomingEvent[] {
    const { from = 0, personOf, present } = this.#settings;
    const starts = at >= from && at <= this.#lastEntry;
    const event: IncomingEvent = starts ? call : { ...call, silent: true };
    const named = accountNamed(event);
    const { profileId } = call;
    // Of what is outside of this life nothing is known.
    if (present !== undefined && profileId !== undefined && !this.#profiles.has(profileId)) return [];
    const id = profileId !== undefined && this.#profiles.has(profileId) ? profileId : personOf?.(call);
    if (id === NOBODY) return named === undefined ? [] : this.#tellAccount(named, event);
    const one = this.#profile(id);
    this.#accounts.show(one);
    one.hear(event);
    if (event.enters !== undefined || (named === undefined && event.news === undefined && this.#accounts.isEmpty)) {
      applyEvent(one.profile, event, {}, this.#world);
      return this.#settle(one, []);
    }
    return this.#applyTogether(one, event, named);
  }

  /** What is said of an account by nobody in it. */
  #tellAccount(named: string, event: IncomingEvent): IncomingEvent[] {
    const [account] = this.#accountCalled(named);
    this.#accounts.say(account, event.traits);
    const talk = new AccountTalk(this.#world);
    talk.tell({ id: account.profile.id, kind: 'account', userId: named }, event);
    return talk.toAccounts;
  }

  /** Likewise where there are accounts. */
  #applyTogether(one: VirtualProfile, event: IncomingEvent, named: string | undefined): IncomingEvent[] {
    const talk = new AccountTalk(this.#world);
    const { profile } = one;
    if (event.news !== undefined) {
      if (profile.kind === 'account') this.#accounts.say(one, event.traits);
      talk.hear(profile, event, event.news, true);
      return [...talk.toAccounts, ...this.#settle(one, talk.toPeople)];
    }
    const [account, isNew] = named === undefined ? [undefined, false] : this.#accountCalled(named);
    const ref = account && {
      id: account.profile.id,
      kind: 'account' as const,
      userId: named ?? null,
      ...(isNew && { isNew: true as const }),
    };
    const tie =
      event.type === 'group' && account !== undefined ? this.#accounts.join(one, account, timeOf(event)) : null;
    if (account !== undefined && tie !== null) this.#accounts.say(account, event.traits);
    if (tie?.isFirst) this.#accounts.show(one);
    const { accountId, changed, happened } = talk.applyCall(profile, event, ref, tie);
    this.#log(accountId, one, event, happened);
    if (changed.length > 0 && talk.asksOfMembers) {
      const accounts = this.#accounts.relativesOf(one).map((relative) => relative.profile.id);
      this.#log(undefined, one, event, talk.memberChanged(profile, changed, event, accounts));
    }
    if (ref?.isNew) talk.introduce(ref, event);
    return [...talk.toAccounts, ...this.#settle(one, talk.toPeople)];
  }

  /** What was done in an account is among the account's events. */
  #log(
    accountId: number | undefined,
    { profile }: VirtualProfile,
    call: IncomingEvent,
    more: readonly LoggedEvent[],
  ): void {
    const own =
      accountId === undefined || !isDeed(call.type)
        ? []
        : [{ ...call, accountId, at: timeOf(call), byEngine: call.profileId !== undefined }];
    for (const { accountId: id, name, at, properties, byEngine } of [...own, ...more]) {
      if (id === undefined || !this.#profiles.has(id)) continue;
      const event = { name, at, properties, person: profile.id, ...(byEngine ? { byEngine: true } : {}) };
      addEvent(this.#profile(id).profile, event);
    }
  }

  /** Takes over what became of the profile. @returns what its relatives are to hear */
  #settle(one: VirtualProfile, told: readonly Told[]): IncomingEvent[] {
    const { catalog } = this.#world;
    const all = this.#accounts.isEmpty ? [] : [...told, ...changesToTell([one.profile], catalog)];
    one.take();
    return all.flatMap(({ teller, at, news, to, onlyRunning }) => {
      const occurredAt = new Date(at).toISOString();
      const times = {
        occurredAt,
        receivedAt: occurredAt,
        ...(news.entering === 'nobody' ? { silent: true as const } : {}),
      };
      return this.#accounts
        .relativesOf(this.#profile(teller.id))
        .filter(
          (relative) =>
            (to === undefined || relative.profile.id === to) && (onlyRunning !== true || relative.isUnderWay),
        )
        .map((relative) => newsFor(relative.profile.id, news, times));
    });
  }

  #accountCalled(name: string, traits: JsonObject = {}): [VirtualProfile, isNew: boolean] {
    const known = this.#accountIds.get(name);
    if (known !== undefined) return [this.#profile(known), false];
    const id = 1 + Math.max(...this.#profiles.keys());
    this.#accountIds.set(name, id);
    return [this.#add({ id, kind: 'account', userId: name, traits }), true];
  }

  #add(about: LivedPerson & { readonly kind: 'person' | 'account' }): VirtualProfile {
    const { calls, from = timeOf(calls[0]), until = timeOf(calls.at(-1)), present } = this.#settings;
    const to = Number.isFinite(this.#lastEntry) ? this.#lastEntry : until;
    const known = present?.profiles.find(({ profile }) => profile.id === about.id);
    const { kind, userId } = known?.profile ?? about;
    const one = new VirtualProfile(this.#world, { ...about, kind }, { from, to }, this.#stock, known);
    if (known === undefined) one.profile.quietUntil = (this.#settings.from ?? 0) - 1;
    else if (kind === 'account' && userId !== null) this.#accountIds.set(userId, about.id);
    this.#profiles.set(about.id, one);
    return one;
  }

  #profile(id: number = this.#settings.people[0].id): VirtualProfile {
    const one = this.#profiles.get(id);
    if (one === undefined) throw new Error(`Nobody in this life has the id ${id}`);
    return one;
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
