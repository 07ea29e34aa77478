/**
 * Who an event is about. User ids, anonymous ids and account ids name profiles; identify and alias make two names one.
 * @module
 */
import { sql } from 'kysely';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import { areKeptApart } from './kept-apart.ts';
import type { MergeAsked } from './merge.ts';

export type Identity = { readonly kind: 'user' | 'anonymous' | 'account'; readonly value: string };

/** A profile that an event names; `id` is 0 until {@link saveNewProfiles} has stored it. */
export interface ProfileRef {
  id: number;
  kind: 'person' | 'account';
  userId: string | null;
  /** Made up for this batch. */
  readonly isNew?: true;
}

/** What a batch of events resolves to. */
export interface Resolved {
  /** The person of each event, by the event's index; undefined where nothing names one. */
  readonly people: readonly (ProfileRef | undefined)[];
  /** The account that each event names: `groupId` of a `group` call, `context.groupId` of what somebody did. */
  readonly accounts: readonly (ProfileRef | undefined)[];
  /** The profile that the ids of each event name, where that became another. */
  readonly origins: readonly (number | undefined)[];
  /** How many events, from the first, could be resolved without a merge. */
  readonly upTo: number;
  /** The merge that the event at `upTo` asks for first. */
  readonly merge: MergeAsked<ProfileRef> | null;
}

/** Finds the profiles that the events name and makes up those that do not exist yet, up to the first merge. */
export async function resolveIdentities(db: Queryable, events: readonly IncomingEvent[]): Promise<Resolved> {
  const { known, origins } = await knownIdentities(db, events);
  const byProfileId = await knownProfiles(db, events);
  const links: { identity: Identity; ref: ProfileRef; origin: number | undefined }[] = [];
  const people: (ProfileRef | undefined)[] = [];
  const accounts: (ProfileRef | undefined)[] = [];
  const named: (number | undefined)[] = [];
  const link = (identity: Identity, ref: ProfileRef, origin?: number) => {
    known.set(keyOf(identity), ref);
    if (origin !== undefined) origins.set(keyOf(identity), origin);
    links.push({ identity, ref, origin });
  };
  const create = (kind: ProfileRef['kind'], userId: string | null, ...identities: Identity[]): ProfileRef => {
    const ref: ProfileRef = { id: 0, kind, userId, isNew: true };
    for (const identity of identities) link(identity, ref);
    return ref;
  };

  let merge: Resolved['merge'] = null;
  let upTo = 0;
  for (const event of events) {
    const outcome = personOf(event);
    if (outcome !== undefined && 'from' in outcome && !(await isKeptApart(outcome, event))) {
      merge = outcome;
      break;
    }
    const person = outcome !== undefined && 'from' in outcome ? outcome.into : outcome;
    people.push(person);
    accounts.push(accountOf(event));
    named.push(originOf(event, person));
    upTo += 1;
  }
  if (links.length > 0) await lockInOrder(db, people);
  await saveNewProfiles(db, links, events);
  return { people, accounts, origins: named, upTo, merge };

  function personOf(event: IncomingEvent): ProfileRef | MergeAsked<ProfileRef> | undefined {
    if (event.profileId !== undefined) return byProfileId.get(event.profileId);
    const joins = event.type === 'identify' || event.type === 'alias';
    const otherId = event.type === 'alias' ? event.previousId : event.anonymousId;
    const other = otherId === undefined ? undefined : knownByAnyName(otherId, event.type === 'alias');
    const user = event.userId === undefined ? undefined : known.get(keyOf({ kind: 'user', value: event.userId }));

    if (event.userId === undefined) {
      if (otherId === undefined) return undefined;
      return other ?? create('person', null, { kind: 'anonymous', value: otherId });
    }
    const userIdentity: Identity = { kind: 'user', value: event.userId };
    if (!joins || otherId === undefined) return user ?? create('person', event.userId, userIdentity);
    if (user === undefined && other !== undefined && other.userId === null) {
      other.userId = event.userId;
      link(userIdentity, other);
      return other;
    }
    if (user === undefined && other === undefined) {
      return create('person', event.userId, userIdentity, { kind: 'anonymous', value: otherId });
    }
    const into = user ?? create('person', event.userId, userIdentity);
    if (other === undefined) link({ kind: 'anonymous', value: otherId }, into, origins.get(keyOf(userIdentity)));
    // A device that two known people share does not make them one; only alias says so outright.
    const mayMerge = other !== undefined && other !== into && (other.userId === null || event.type === 'alias');
    if (!mayMerge) return into;
    return { from: other, into, fromNamed: originNamed(otherId, event), intoNamed: origins.get(keyOf(userIdentity)) };
  }

  function isKeptApart({ from, into }: MergeAsked<ProfileRef>, { type, occurredAt }: IncomingEvent): Promise<boolean> {
    if (from.id === 0 || into.id === 0) return Promise.resolve(false);
    return areKeptApart(db, from.id, into.id, {
      type: type === 'alias' ? type : 'identify',
      at: Date.parse(occurredAt),
    });
  }

  function originOf(event: IncomingEvent, person: ProfileRef | undefined): number | undefined {
    if (event.profileId !== undefined) return event.profileId === person?.id ? undefined : event.profileId;
    if (event.userId !== undefined) return origins.get(keyOf({ kind: 'user', value: event.userId }));
    const otherId = event.type === 'alias' ? event.previousId : event.anonymousId;
    return otherId === undefined ? undefined : originNamed(otherId, event);
  }

  function originNamed(id: string, { type }: IncomingEvent): number | undefined {
    const anonymous = keyOf({ kind: 'anonymous', value: id });
    return origins.get(known.has(anonymous) || type !== 'alias' ? anonymous : keyOf({ kind: 'user', value: id }));
  }

  function knownByAnyName(id: string, alsoUsers: boolean): ProfileRef | undefined {
    const anonymous = known.get(keyOf({ kind: 'anonymous', value: id }));
    return anonymous ?? (alsoUsers ? known.get(keyOf({ kind: 'user', value: id })) : undefined);
  }

  function accountOf(event: IncomingEvent): ProfileRef | undefined {
    const value = accountNamed(event);
    if (value === undefined) return undefined;
    const identity: Identity = { kind: 'account', value };
    return known.get(keyOf(identity)) ?? create('account', value, identity);
  }
}

async function knownIdentities(
  db: Queryable,
  events: readonly IncomingEvent[],
): Promise<{ known: Map<string, ProfileRef>; origins: Map<string, number> }> {
  const wanted: Identity[] = events.flatMap((event) => [
    ...(event.userId === undefined ? [] : [{ kind: 'user' as const, value: event.userId }]),
    ...(event.anonymousId === undefined ? [] : [{ kind: 'anonymous' as const, value: event.anonymousId }]),
    ...(event.previousId === undefined
      ? []
      : [
          { kind: 'anonymous' as const, value: event.previousId },
          { kind: 'user' as const, value: event.previousId },
        ]),
    ...[accountNamed(event)].flatMap((value) => (value === undefined ? [] : [{ kind: 'account' as const, value }])),
  ]);
  const known = new Map<string, ProfileRef>();
  const origins = new Map<string, number>();
  if (wanted.length === 0) return { known, origins };
  const { rows } = await sql<{
    kind: Identity['kind'];
    value: string;
    id: number;
    profile_kind: ProfileRef['kind'];
    user_id: string | null;
    origin_id: number | null;
  }>`
    select i.kind, i.value, i.origin_id, p.id, p.kind as profile_kind, p.user_id
    from identities i join profiles p on p.id = i.profile_id
    where (i.kind, i.value) in (select kind, value from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (kind text, value text))
  `.execute(db);
  const refs = new Map<number, ProfileRef>();
  for (const row of rows) {
    const ref = refs.get(row.id) ?? { id: row.id, kind: row.profile_kind, userId: row.user_id };
    refs.set(row.id, ref);
    known.set(keyOf(row), ref);
    if (row.origin_id !== null) origins.set(keyOf(row), row.origin_id);
  }
  return { known, origins };
}

/** The id of the account that a call is about, or that it was made in. */
export function accountNamed({
  type,
  groupId,
  context,
}: Pick<IncomingEvent, 'type' | 'groupId' | 'context'>): string | undefined {
  if (type === 'group') return groupId;
  const named = type === 'identify' || type === 'alias' ? undefined : context.groupId;
  return (typeof named === 'string' && named !== '') || Number.isSafeInteger(named) ? String(named) : undefined;
}

async function knownProfiles(db: Queryable, events: readonly IncomingEvent[]): Promise<Map<number, ProfileRef>> {
  const ids = [...new Set(events.flatMap((event) => event.profileId ?? []))];
  const known = new Map<number, ProfileRef>();
  if (ids.length === 0) return known;
  const { rows } = await sql<{ asked: number; id: number; kind: ProfileRef['kind']; user_id: string | null }>`
    with recursive path (asked, id) as (
      select id, id from profiles where id = any(${ids})
      union all
      select path.asked, p.merged_into from path join profiles p on p.id = path.id where p.merged_into is not null
    )
    select path.asked, p.id, p.kind, p.user_id from path join profiles p on p.id = path.id where p.merged_into is null
  `.execute(db);
  const refs = new Map<number, ProfileRef>();
  for (const row of rows) {
    const ref = refs.get(row.id) ?? { id: row.id, kind: row.kind, userId: row.user_id };
    refs.set(row.id, ref);
    known.set(row.asked, ref);
  }
  return known;
}

/**
 * New names hold on to the profiles they name, so everybody in the batch is locked first and in order of id: otherwise two
 * lanes could each hold what the other waits for.
 */
async function lockInOrder(db: Queryable, people: readonly (ProfileRef | undefined)[]): Promise<void> {
  const known = people.flatMap((ref) => (ref?.kind === 'person' && ref.id !== 0 ? [ref.id] : []));
  const ids = [...new Set(known)];
  if (ids.length === 0) return;
  await db.selectFrom('profiles').select('id').where('id', 'in', ids).orderBy('id').forNoKeyUpdate().execute();
}

/** Stores new profiles and names. A name that another lane took meanwhile fails the transaction, which is then repeated. */
async function saveNewProfiles(
  db: Queryable,
  links: readonly { identity: Identity; ref: ProfileRef; origin: number | undefined }[],
  events: readonly IncomingEvent[],
): Promise<void> {
  if (links.length === 0) return;
  const fresh = [...new Set(links.map(({ ref }) => ref))].filter((ref) => ref.id === 0);
  const promoted = [...new Set(links.map(({ ref }) => ref))].filter((ref) => ref.id !== 0 && ref.userId !== null);
  if (fresh.length > 0) {
    const since = new Date(0);
    const createdAt = new Date(events[0]?.receivedAt ?? since);
    const inserted = await db
      .insertInto('profiles')
      .values(
        fresh.map((ref) => ({
          kind: ref.kind,
          user_id: ref.userId,
          traits: '{}',
          created_at: createdAt,
          applied_at: since,
          filled_to: 0,
        })),
      )
      .returning('id')
      .execute();
    for (const [index, ref] of fresh.entries()) ref.id = inserted[index]?.id ?? 0;
  }
  for (const ref of promoted) {
    await db
      .updateTable('profiles')
      .set({ user_id: ref.userId })
      .where('id', '=', ref.id)
      .where('user_id', 'is', null)
      .execute();
  }
  const inOrder = [...links].sort((a, b) => (keyOf(a.identity) < keyOf(b.identity) ? -1 : 1));
  await db
    .insertInto('identities')
    .values(
      inOrder.map(({ identity: { kind, value }, ref, origin }) => ({
        kind,
        value,
        profile_id: ref.id,
        origin_id: origin ?? null,
      })),
    )
    .execute();
}

function keyOf({ kind, value }: Identity): string {
  return `${kind}:${value}`;
}
