/**
 * People and accounts that live together in virtual time: what is said to or of one of them (`process/apply-event.ts`), and
 * what they have to tell each other of it (`process/account-talk.ts`).
 * @module
 */
import { addEvent } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { isDeed, type LoggedEvent } from '../ingest/event-log.ts';
import { type IncomingEvent, newsFor } from '../ingest/inbox.ts';
import { AccountTalk } from '../process/account-talk.ts';
import { applyEvent } from '../process/apply-event.ts';
import { changesToTell, type Told } from '../process/tell-relatives.ts';
import { accountNamed } from '../profiles/identity.ts';
import type { Present } from './present.ts';
import { VirtualAccounts } from './virtual-accounts.ts';
import { VirtualProfile } from './virtual-profile.ts';
import type { VirtualStock } from './virtual-stock.ts';
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

export interface HouseholdSettings {
  readonly people: readonly [LivedPerson, ...LivedPerson[]];
  /** What is known of accounts before anything happens. Absent: nothing. */
  readonly accounts?: readonly { readonly name: string; readonly traits: JsonObject }[] | undefined;
  /** Whose call it is; 0: nobody's, where it is said of an account alone. Absent: the first one's. */
  readonly personOf?: (call: IncomingEvent) => number;
  /** How those who live are when it begins. Absent: nothing has happened yet. */
  readonly present?: Present;
}

/** When something may start runs. */
interface Span {
  /** The clock on the wall does so from here on. */
  readonly from: Instant;
  readonly to: Instant;
  /** Nobody new does so until then. */
  readonly quietUntil: Instant;
}

const NOBODY = 0;

export class VirtualHousehold {
  readonly #settings: HouseholdSettings;
  readonly #span: Span;
  readonly #world: VirtualWorld;
  readonly #stock: VirtualStock;
  readonly #profiles = new Map<number, VirtualProfile>();
  readonly #accountIds = new Map<string, number>();
  readonly #accounts: VirtualAccounts;

  constructor(settings: HouseholdSettings, span: Span, world: VirtualWorld, stock: VirtualStock) {
    const { people, accounts = [], present } = settings;
    this.#settings = settings;
    this.#span = span;
    this.#world = world;
    this.#stock = stock;
    this.#accounts = new VirtualAccounts(world, (id) => present?.complete.has(id) ?? true);
    for (const person of people) this.#add({ ...person, kind: 'person' });
    for (const { person, account, joinedAt } of present?.ties ?? [])
      this.#accounts.tie(this.profile(person), this.profile(account), joinedAt);
    for (const { name, traits } of accounts) this.#accountCalled(name, traits);
  }

  get profiles(): Iterable<VirtualProfile> {
    return this.#profiles.values();
  }

  /** @param id absent: the first person's */
  profile(id: number = this.#settings.people[0].id): VirtualProfile {
    const one = this.#profiles.get(id);
    if (one === undefined) throw new Error(`Nobody in this life has the id ${id}`);
    return one;
  }

  /** By name. */
  get accounts(): ReadonlyMap<string, VirtualProfile> {
    return new Map([...this.#accountIds].map(([name, id]) => [name, this.profile(id)]));
  }

  /** What time alone changes for one of them up to `at`. @returns what is to be heard of it */
  passTime(one: VirtualProfile, at: Instant): IncomingEvent[] {
    this.#accounts.show(one);
    one.passTime(at);
    const news = this.#settle(one, []);
    return [...news, ...one.moveRuns(at, this.#accounts.membersOf(one))];
  }

  /** @returns what is to be heard of it */
  hear(call: IncomingEvent): IncomingEvent[] {
    const { personOf, present } = this.#settings;
    const named = accountNamed(call);
    const { profileId } = call;
    // Of what is outside of this life nothing is known.
    if (present !== undefined && profileId !== undefined && !this.#profiles.has(profileId)) return [];
    const id = profileId !== undefined && this.#profiles.has(profileId) ? profileId : personOf?.(call);
    if (id === NOBODY) return named === undefined ? [] : this.#tellAccount(named, call);
    const one = this.profile(id);
    this.#accounts.show(one);
    one.hear(call);
    if (call.enters !== undefined || (named === undefined && call.news === undefined && this.#accounts.isEmpty)) {
      applyEvent(one.profile, call, {}, this.#world);
      return this.#settle(one, []);
    }
    return this.#applyTogether(one, call, named);
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
      addEvent(this.profile(id).profile, event);
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
        .relativesOf(this.profile(teller.id))
        .filter(
          (relative) =>
            (to === undefined || relative.profile.id === to) && (onlyRunning !== true || relative.isUnderWay),
        )
        .map((relative) => newsFor(relative.profile.id, news, times));
    });
  }

  #accountCalled(name: string, traits: JsonObject = {}): [VirtualProfile, isNew: boolean] {
    const known = this.#accountIds.get(name);
    if (known !== undefined) return [this.profile(known), false];
    const id = 1 + Math.max(...this.#profiles.keys());
    this.#accountIds.set(name, id);
    return [this.#add({ id, kind: 'account', userId: name, traits }), true];
  }

  #add(about: LivedPerson & { readonly kind: 'person' | 'account' }): VirtualProfile {
    const { from, to, quietUntil } = this.#span;
    const known = this.#settings.present?.profiles.find(({ profile }) => profile.id === about.id);
    const { kind, userId } = known?.profile ?? about;
    const one = new VirtualProfile(this.#world, { ...about, kind }, { from, to }, this.#stock, known);
    if (known === undefined) one.profile.quietUntil = quietUntil;
    else if (kind === 'account' && userId !== null) this.#accountIds.set(userId, about.id);
    this.#profiles.set(about.id, one);
    return one;
  }
}

function timeOf(call: IncomingEvent): Instant {
  return Date.parse(call.occurredAt);
}
