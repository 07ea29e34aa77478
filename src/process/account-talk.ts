/**
 * What people and their accounts have to tell each other while a batch of events is applied. People's transactions never
 * lock an account: what they did in it reaches it through the inbox, in the account's own lane.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { concerns } from '../core/interest.ts';
import type { Instant } from '../core/time.ts';
import type { LoggedEvent } from '../ingest/event-log.ts';
import { type IncomingEvent, type News, newsFor } from '../ingest/inbox.ts';
import { joinAccount, loadAccountsOf, loadAccountTraits } from '../profiles/accounts.ts';
import type { ProfileRef } from '../profiles/identity.ts';
import { applyTraits } from '../profiles/traits.ts';
import type { Queryable } from '../store/database.ts';
import { type Applying, applyHappening, type EntryEvent, type Happening, isCrowded } from './apply.ts';
import { type Profile, reloadRelated } from './profile.ts';
import type { Told } from './tell-relatives.ts';

/** The engine's own events of a person in an account. */
export const MEMBER_JOINED = 'Member Joined';
export const MEMBER_CHANGED = 'Member Changed';

export interface Joined {
  readonly accountId: number;
  /** The person had never joined it before. */
  readonly isFirst: boolean;
  /** What that is to the person. */
  readonly happening: Pick<Happening, 'account' | 'heard'>;
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

  constructor(
    readonly tx: Queryable,
    readonly applying: Applying,
  ) {}

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

  /** A `group` call: the person joins the account, and sees at once what the call says of it. */
  async join(person: Profile, account: ProfileRef, event: IncomingEvent): Promise<Joined> {
    const { id: accountId } = account;
    const at = Date.parse(event.occurredAt);
    const isFirst = await joinAccount(this.tx, { accountId, personId: person.id, at });
    if (isFirst) await reloadRelated(this.tx, person, this.applying);
    const said = { ...this.#said.get(accountId), ...event.traits };
    this.#said.set(accountId, said);
    const saysAnything = Object.keys(event.traits ?? {}).length > 0;
    if (isFirst) this.tell(account, event, { joined: person.id });
    else if (saysAnything) this.tell(account, event);
    return {
      accountId,
      isFirst,
      happening: {
        account: await this.#current(person, account, said, at),
        ...(isFirst ? { heard: { related: this.#anyAccountAudience() } } : {}),
      },
    };
  }

  /** The event of a person who joined an account for the first time. */
  memberJoined(person: Profile, accountId: number, event: IncomingEvent): LoggedEvent {
    return this.#happen(person, accountId, MEMBER_JOINED, person.ownTraits, event);
  }

  /** The events of a person whose traits changed, one in each account; none where no audience asks for them. */
  async memberChanged(person: Profile, changed: readonly string[], event: IncomingEvent): Promise<LoggedEvent[]> {
    if (!this.applying.catalog.accounts.interest.events.has(MEMBER_CHANGED)) return [];
    const traits = Object.fromEntries(changed.map((key) => [key, person.ownTraits[key] ?? null]));
    const accounts = (await loadAccountsOf(this.tx, [person.id])).get(person.id) ?? [];
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
  async #current(person: Profile, account: ProfileRef, said: JsonObject, at: Instant): Promise<Happening['account']> {
    const before = person.account;
    const isSame = before?.id === account.id;
    const isLater = before === undefined || at > before.joinedAt || (at === before.joinedAt && account.id > before.id);
    if (!isSame && !isLater) return undefined;
    const known = isSame ? before.traits : account.isNew ? {} : await loadAccountTraits(this.tx, account.id);
    const { traits, changed } = applyTraits(known, said);
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
