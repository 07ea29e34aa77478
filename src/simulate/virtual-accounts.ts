/**
 * Who belongs to which account in a life, and what the two kinds see of each other.
 * @module
 */
import { audiencesOf } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Related } from '../core/facts.ts';
import type { Instant } from '../core/time.ts';
import type { Tie } from '../process/account-talk.ts';
import { type Profile, setTraits } from '../process/profile.ts';
import { applyTraits } from '../profiles/traits.ts';
import type { VirtualProfile } from './virtual-profile.ts';
import type { VirtualWorld } from './virtual-world.ts';

interface Membership {
  readonly account: VirtualProfile;
  readonly person: VirtualProfile;
  joinedAt: Instant;
}

export class VirtualAccounts {
  readonly #memberships: Membership[] = [];
  /** By account: its traits with what was said of them and has not reached it yet. */
  readonly #seen = new Map<Profile, JsonObject>();
  readonly #world: VirtualWorld;
  readonly #isComplete: (profileId: number) => boolean;

  /** @param isComplete false: of people, they are in other accounts, too, of which nothing is known here */
  constructor(world: VirtualWorld, isComplete: (profileId: number) => boolean = () => true) {
    this.#world = world;
    this.#isComplete = isComplete;
  }

  get isEmpty(): boolean {
    return this.#memberships.length === 0;
  }

  /** What a call says of an account is seen by its people before the account hears of it. */
  say(account: VirtualProfile, traits: JsonObject | undefined): void {
    this.#seen.set(account.profile, applyTraits(this.#traitsOf(account), traits).traits);
  }

  join(person: VirtualProfile, account: VirtualProfile, at: Instant): Tie {
    const known = this.#memberships.find((one) => one.person === person && one.account === account);
    const traits = person.profile.account?.id === account.profile.id ? {} : this.#traitsOf(account);
    if (known === undefined) this.#memberships.push({ person, account, joinedAt: at });
    else known.joinedAt = Math.max(known.joinedAt, at);
    return { isFirst: known === undefined, traits };
  }

  /** As it has been since then. */
  tie(person: VirtualProfile, account: VirtualProfile, joinedAt: Instant): void {
    this.#memberships.push({ person, account, joinedAt });
  }

  /** Of a person, its accounts; of an account, its people. */
  relativesOf(of: VirtualProfile): VirtualProfile[] {
    return this.#memberships.flatMap(({ person, account }) =>
      person === of ? [account] : account === of ? [person] : [],
    );
  }

  /** In the order in which they joined. */
  membersOf(account: VirtualProfile): readonly VirtualProfile[] {
    if (account.profile.kind === 'person') return [];
    const own = this.#memberships.filter((one) => one.account === account);
    return own
      .sort((a, b) => a.joinedAt - b.joinedAt || a.person.profile.id - b.person.profile.id)
      .map(({ person }) => person);
  }

  /** Brings what the profile sees of its relatives up to date. */
  show({ profile }: VirtualProfile): void {
    if (this.isEmpty) return;
    if (profile.kind === 'person') this.#showAccount(profile);
    const { catalog } = this.#world;
    const asked = (profile.kind === 'person' ? catalog.interest : catalog.accounts.interest).related;
    if (asked.size > 0 && this.#isComplete(profile.id)) profile.related = this.#related(profile);
  }

  #showAccount(profile: Profile): void {
    const own = this.#memberships.filter(({ person }) => person.profile === profile);
    const [last] = own.sort((a, b) => b.joinedAt - a.joinedAt || b.account.profile.id - a.account.profile.id);
    if (last === undefined) return;
    const { account, joinedAt } = last;
    if (!this.#isComplete(profile.id) && (profile.account?.joinedAt ?? 0) > joinedAt) return;
    setTraits(profile, profile.ownTraits, { id: account.profile.id, traits: this.#traitsOf(account), joinedAt });
  }

  #related(profile: Profile): Related {
    const relatives = this.#memberships.flatMap(({ person, account }) =>
      person.profile === profile ? [account] : account.profile === profile ? [person] : [],
    );
    const inAudience = new Map<string, number>();
    for (const relative of relatives)
      for (const key of audiencesOf(relative.profile)) inAudience.set(key, (inAudience.get(key) ?? 0) + 1);
    return { total: relatives.length, inAudience };
  }

  #traitsOf({ profile }: VirtualProfile): JsonObject {
    return this.#seen.get(profile) ?? profile.ownTraits;
  }
}
