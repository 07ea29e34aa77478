/**
 * What people and their accounts have to tell each other while a batch of events is applied. People's transactions never
 * lock an account: what they did in it reaches it through the inbox, in the account's own lane. Pure but for the profiles,
 * which are changed in place, and the rows that it gathers.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { concerns } from '../core/interest.ts';
import type { Instant } from '../core/time.ts';
import { isDeed, type LoggedEvent } from '../ingest/event-log.ts';
import { type IncomingEvent, type News, newsFor } from '../ingest/inbox.ts';
import type { ProfileRef } from '../profiles/identity.ts';
import { applyTraits } from '../profiles/traits.ts';
import { type Applying, applyHappening, type EntryEvent, type Happening, isCrowded } from './apply.ts';
import { applyEvent } from './apply-event.ts';
import type { Profile } from './profile.ts';
import type { Told } from './tell-relatives.ts';

/** The engine's own events of a person in an account. */
export const MEMBER_JOINED = 'Member Joined';
export const MEMBER_CHANGED = 'Member Changed';

/** How a person and an account stand, once the person has joined it. */
export interface Tie {
  /** The person had never joined it before. */
  readonly isFirst: boolean;
  /** What is known of an account that is not the person's current one. */
  readonly traits: JsonObject;
}

export interface AppliedCall {
  /** In which the call was made. */
  readonly accountId: number | undefined;
  /** The person's own traits that it changed. */
  readonly changed: readonly string[];
  /** Events of the engine's own that go with it. */
  readonly happened: readonly LoggedEvent[];
}

export class AccountTalk {
  /** Rows for the inbox. */
  readonly toAccounts: IncomingEvent[] = [];
  readonly toPeople: Told[] = [];
  /** What events of this batch say of accounts, which these will only hear of later. */
  readonly #said = new Map<number, JsonObject>();
  readonly #introduced = new Set<number>();
  /** By account: what was done in it and waits to be looked at together. */
  readonly #done = new Map<number, NonNullable<News['event']>[]>();

  constructor(readonly applying: Applying) {}

  /** Tells an account of itself. */
  tell(account: ProfileRef, event: IncomingEvent, news: News = {}): void {
    const traits = Object.keys(event.traits ?? {}).length === 0 ? undefined : event.traits;
    this.#introduced.add(account.id);
    this.toAccounts.push(newsFor(account.id, news, event, traits));
  }

  /** Sees to it that a new account is looked at once. */
  introduce(account: ProfileRef, event: IncomingEvent): void {
    if (!this.#introduced.has(account.id)) this.tell(account, { ...event, traits: {} });
  }

  /** Tells an account what was done in it, if that can concern an audience, a journey or a run. */
  report(accountId: number | undefined, event: IncomingEvent, done: Done = doneBy(event)): void {
    if (accountId === undefined) return;
    const { name, byEngine, messageId, properties } = done;
    const { interest, journeys } = this.applying.catalog.accounts;
    if (!concerns(interest, { event: done }, [])) return;
    const enters = journeys.enteredByEvent(name, byEngine).length > 0;
    const news = { name, byEngine, ...(enters ? { entering: { messageId, properties } } : {}) };
    this.#introduced.add(accountId);
    this.toAccounts.push(newsFor(accountId, { event: news }, event));
  }

  /**
   * Applies what somebody did or said, and tells the account of it in which that was.
   * @param tie of a `group` call: how the person stands with the account that it names
   */
  applyCall(person: Profile, event: IncomingEvent, account: ProfileRef | undefined, tie: Tie | null): AppliedCall {
    const joined = tie === null || account === undefined ? null : this.#join(person, account, event, tie);
    // What the engine reports of an account itself is its own event, and it need not be told.
    const isOwn = person.kind === 'account';
    const accountId = isOwn ? person.id : (account?.id ?? person.account?.id);
    const changed = applyEvent(person, event, joined ?? {}, this.applying);
    if (isDeed(event.type) && !isOwn) this.report(accountId, event);
    const happened =
      tie?.isFirst && account !== undefined
        ? [this.#happen(person, account.id, MEMBER_JOINED, person.ownTraits, event)]
        : [];
    return { accountId, changed, happened };
  }

  /** The person has joined the account, and sees at once what the call says of it. */
  #join(person: Profile, account: ProfileRef, event: IncomingEvent, { isFirst, traits }: Tie): Partial<Happening> {
    const at = Date.parse(event.occurredAt);
    const said = { ...this.#said.get(account.id), ...event.traits };
    this.#said.set(account.id, said);
    const saysAnything = Object.keys(event.traits ?? {}).length > 0;
    if (isFirst) this.tell(account, event, { joined: person.id });
    else if (saysAnything) this.tell(account, event);
    const current = this.#current(person, account, { ...traits, ...said }, at);
    return {
      ...(current === undefined ? {} : { account: current }),
      ...(isFirst ? { heard: { related: this.#anyAccountAudience() } } : {}),
    };
  }

  /** Does any audience of accounts ask what becomes of their people? */
  get asksOfMembers(): boolean {
    return this.applying.catalog.accounts.interest.events.has(MEMBER_CHANGED);
  }

  /** The events of a person whose traits changed, one in each account. */
  memberChanged(
    person: Profile,
    changed: readonly string[],
    event: IncomingEvent,
    accounts: readonly number[],
  ): LoggedEvent[] {
    const traits = Object.fromEntries(changed.map((key) => [key, person.ownTraits[key] ?? null]));
    return accounts.map((accountId) => this.#happen(person, accountId, MEMBER_CHANGED, traits, event));
  }

  /**
   * A profile hears what happened to those it is related to, or an account what is said of it.
   * @param isLast of the news for this profile in this batch
   */
  hear(profile: Profile, event: IncomingEvent, news: News, isLast: boolean): void {
    const done = this.#done.get(profile.id) ?? [];
    const passes = news.event !== undefined && news.event.entering === undefined && news.joined === undefined;
    if (!isLast && isCrowded(profile) && passes) {
      this.#done.set(profile.id, [...done.filter(({ name }) => name !== news.event?.name), news.event]);
      return;
    }
    const at = Date.parse(event.occurredAt);
    const { traits, changed } = applyTraits(profile.ownTraits, event.traits);
    const { catalog } = this.applying;
    const related = news.joined === undefined ? news.related : [...catalog.accounts.interest.related];
    applyHappening(
      profile,
      {
        at,
        heard: { event: news.event, traits: news.traits, related, entered: entryEvent(news, at) },
        ...(isLast ? { alsoDone: done } : {}),
        ...(changed.length === 0 ? {} : { traits: { after: traits, changed } }),
        ...(news.people === undefined ? {} : { everything: true }),
        ...(news.entering === undefined ? {} : { entering: news.entering }),
        ...(event.silent === true ? { silentUntil: Date.parse(event.receivedAt) } : {}),
      },
      this.applying,
    );
    if (profile.kind === 'person') return;
    const entering = event.silent === true ? ({ entering: 'nobody' } as const) : {};
    const looksAtTraits = catalog.interest.traits.has('account');
    if (changed.length > 0) {
      const only = looksAtTraits ? {} : ({ onlyRunning: true } as const);
      this.toPeople.push({ teller: profile, at, news: { traits: ['account'], ...entering }, ...only });
    }
    // What changed in the account while the person joined, neither of the two transactions could see.
    if (news.joined !== undefined) {
      const only = looksAtTraits || catalog.askedOfAccounts.size > 0 ? {} : ({ onlyRunning: true } as const);
      const again: News = { traits: ['account'], related: this.#anyAccountAudience(), ...entering };
      this.toPeople.push({ teller: profile, at, news: again, to: news.joined, ...only });
    }
  }

  /** The person's account after the call, where that is another one than before, or looks different. */
  #current(person: Profile, account: ProfileRef, said: JsonObject, at: Instant): Happening['account'] {
    const before = person.account;
    const isSame = before?.id === account.id;
    const isLater = before === undefined || at > before.joinedAt || (at === before.joinedAt && account.id > before.id);
    if (!isSame && !isLater) return undefined;
    const { traits, changed } = applyTraits(isSame ? before.traits : {}, said);
    const after = { id: account.id, traits, joinedAt: isSame ? Math.max(at, before.joinedAt) : at };
    if (!isSame || changed.length > 0) return after;
    person.account = after;
    return undefined;
  }

  #anyAccountAudience(): string[] {
    return ['*', ...this.applying.catalog.accounts.audiences.all.map(({ key }) => key)];
  }

  #happen(person: Profile, accountId: number, name: string, traits: JsonObject, event: IncomingEvent): LoggedEvent {
    const at = Date.parse(event.occurredAt);
    const messageId = `${event.messageId}:${name}:${accountId}`;
    const properties = { ...traits, ...(person.userId === null ? {} : { userId: person.userId }) };
    applyHappening(
      person,
      {
        at,
        event: { name, at, properties, messageId, byEngine: true },
        ...(event.silent === true ? { silentUntil: Date.parse(event.receivedAt) } : {}),
      },
      this.applying,
    );
    this.report(accountId, event, { name, byEngine: true, messageId, properties });
    return {
      ...{ profileId: person.id, accountId, name, type: 'track', byEngine: true, at, receivedAt: event.receivedAt },
      ...{ messageId, properties, context: {} },
    };
  }
}

/** What was done in an account. */
interface Done extends Pick<IncomingEvent, 'name' | 'messageId' | 'properties'> {
  readonly byEngine: boolean;
}

function doneBy({ name, messageId, properties, profileId }: IncomingEvent): Done {
  return { name, messageId, properties, byEngine: profileId !== undefined };
}

function entryEvent({ event }: News, at: Instant): EntryEvent | undefined {
  if (event?.entering === undefined) return undefined;
  return { name: event.name, at, ...event.entering, ...(event.byEngine ? { byEngine: true } : {}) };
}
