/**
 * What a batch of events does to the people and accounts they name: all of it in memory, then stored in a few statements.
 * @module
 */
import { instanceKeyOf } from '../core/entry.ts';
import type { Instant } from '../core/time.ts';
import { saidBy } from '../core/wishes.ts';
import { appendEvents, isDeed, type LoggedEvent } from '../ingest/event-log.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import { joinAccount, loadAccountsOf, loadAccountTraits } from '../profiles/accounts.ts';
import type { ProfileRef, Resolved } from '../profiles/identity.ts';
import { keepSayings, type Saying } from '../profiles/merge-log.ts';
import { type Heard, hearWishes } from '../runs/heard-wishes.ts';
import type { Instances } from '../runs/run-rows.ts';
import type { Queryable } from '../store/database.ts';
import { holdEvents } from '../tracking-plan/held-events.ts';
import { AccountTalk, MEMBER_CHANGED, MEMBER_JOINED, type Tie } from './account-talk.ts';
import type { Applying } from './apply.ts';
import { applyEvent } from './apply-event.ts';
import type { Catalog } from './catalog.ts';
import { loadProfiles, type Profile, reloadRelated, saveProfiles } from './profile.ts';
import { tellRelatives } from './tell-relatives.ts';

/** Somebody whom an event names became another, or two again, before they could be locked. */
export class PeopleMovedError extends Error {
  override readonly name = 'PeopleMovedError';
}

const NOBODY = 'it names nobody: neither userId nor anonymousId';

/** @throws {PeopleMovedError} whoever the events name has to be found anew */
export async function applyBatch(
  tx: Queryable,
  batch: readonly { readonly event: IncomingEvent }[],
  { people, accounts, origins }: Resolved,
  applying: Applying,
  now: Instant,
): Promise<void> {
  const ids = [...new Set(people.flatMap((ref) => ref?.id ?? []))];
  const earliest = Math.min(now, ...batch.map(({ event }) => Date.parse(event.occurredAt)));
  const instances = instancesIn(batch, applying.catalog);
  const loaded = await loadProfiles(tx, applying.catalog, applying.versions, ids, earliest, { instances });
  // Another lane made one of them another between finding and locking them.
  if (loaded.size < ids.length) throw new PeopleMovedError();
  const talk = new AccountTalk(applying);
  const logged: LoggedEvent[] = [];
  const said: Saying[] = [];
  const heard: Heard[] = [];
  const lastNews = new Map(
    batch.flatMap(({ event }, index) => (event.news === undefined ? [] : [[people[index]?.id, index]])),
  );

  for (const [index, { event }] of batch.entries()) {
    const ref = people[index];
    const person = ref === undefined ? undefined : loaded.get(ref.id);
    const account = accounts[index];
    if (person === undefined) {
      if (account !== undefined) talk.tell(account, event);
      else await holdEvents(tx, [{ event, reason: NOBODY, counted: true }], now);
      continue;
    }
    person.userId = ref?.userId ?? person.userId;
    if (event.news !== undefined) {
      talk.hear(person, event, event.news, lastNews.get(person.id) === index);
      continue;
    }
    if (event.enters !== undefined) {
      applyEvent(person, event, {}, applying);
      continue;
    }
    const originId = origins[index];
    const wish = event.profileId === undefined ? saidBy(event) : null;
    if (wish !== null) {
      const { messageId, occurredAt } = event;
      heard.push({ profileId: person.id, messageId, at: Date.parse(occurredAt), said: wish });
    }
    const tie =
      event.type === 'group' && account !== undefined ? await joined(tx, person, account, event, applying) : null;
    const { accountId, changed, happened } = talk.applyCall(person, event, account, tie);
    const isOfAccount = isDeed(event.type) || event.type === 'group';
    logged.push(logEntry(person, event, originId, isOfAccount ? accountId : undefined), ...happened);
    if (event.type === 'identify' || tie !== null) {
      const traits = event.type === 'identify' ? event.traits : undefined;
      const at = Date.parse(event.occurredAt);
      said.push({
        ...{ personId: person.id, originId: originId ?? person.id, at, traits },
        accountId: tie === null ? undefined : account?.id,
      });
    }
    if (changed.length > 0 && talk.asksOfMembers) {
      const accountsOf = (await loadAccountsOf(tx, [person.id])).get(person.id) ?? [];
      logged.push(...talk.memberChanged(person, changed, event, accountsOf));
    }
    if (account?.isNew) talk.introduce(account, event);
  }
  await appendEvents(tx, logged);
  await keepSayings(tx, said);
  await hearWishes(tx, heard);
  await saveProfiles(tx, applying.catalog, loaded.values(), now);
  await putInInbox(tx, talk.toAccounts);
  await tellRelatives(tx, talk.toPeople, now);
}

/** Which of the runs side by side the events may enter. */
function instancesIn(batch: readonly { readonly event: IncomingEvent }[], { journeys, accounts }: Catalog): Instances {
  // What people bring about in accounts is not known before they do.
  const bySelf = [MEMBER_JOINED, MEMBER_CHANGED].flatMap((name) => journeys.enteredByEvent(name, true));
  if (bySelf.some(({ journey: { enter } }) => enter.by === 'event' && enter.each !== undefined)) return 'all';
  return batch.flatMap(({ event: { name, properties, profileId, enters, news } }) => {
    const asked = enters === undefined ? undefined : journeys.get(enters);
    if (asked !== undefined) return instanceKeyOf(asked.journey, { properties }) ?? [];
    const done = news?.event;
    const [entered, entry] =
      done === undefined
        ? [journeys.enteredByEvent(name, profileId !== undefined), { properties }]
        : [accounts.journeys.enteredByEvent(done.name, done.byEngine), { properties: done.entering?.properties ?? {} }];
    return entered.flatMap(({ journey }) => instanceKeyOf(journey, entry) ?? []);
  });
}

/** Makes the person one of the account's. */
async function joined(
  tx: Queryable,
  person: Profile,
  account: ProfileRef,
  { occurredAt }: IncomingEvent,
  applying: Applying,
): Promise<Tie> {
  const isFirst = await joinAccount(tx, { accountId: account.id, personId: person.id, at: Date.parse(occurredAt) });
  if (isFirst) await reloadRelated(tx, person, applying);
  const isKnown = account.isNew === true || person.account?.id === account.id;
  return { isFirst, traits: isKnown ? {} : await loadAccountTraits(tx, account.id) };
}

function logEntry(
  person: Profile,
  event: IncomingEvent,
  originId: number | undefined,
  accountId: number | undefined,
): LoggedEvent {
  return {
    profileId: person.id,
    originId,
    accountId,
    name: event.name,
    type: event.type,
    byEngine: event.profileId !== undefined,
    at: Date.parse(event.occurredAt),
    receivedAt: event.receivedAt,
    messageId: event.messageId,
    // What a call said of somebody is kept, so that one can ask later what was known when.
    properties: isDeed(event.type) ? event.properties : (event.traits ?? {}),
    context: event.context,
  };
}
