/**
 * Who an event is about. User ids, anonymous ids and account ids name profiles; identify and alias make two names one.
 * @module
 */
import { sql } from 'kysely';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';

export type Identity = { readonly kind: 'user' | 'anonymous' | 'account'; readonly value: string };

/** A profile that an event names; `id` is 0 until {@link saveNewProfiles} has stored it. */
export interface ProfileRef {
  id: number;
  kind: 'person' | 'account';
  userId: string | null;
}

/** What a batch of events resolves to. */
export interface Resolved {
  /** The person of each event, by the event's index; undefined where nothing names one. */
  readonly people: readonly (ProfileRef | undefined)[];
  /** The account of each `group` event. */
  readonly accounts: readonly (ProfileRef | undefined)[];
  /** How many events, from the first, could be resolved without a merge. */
  readonly upTo: number;
  /** The merge that the event at `upTo` asks for first: `from` becomes `into`. */
  readonly merge: { readonly from: ProfileRef; readonly into: ProfileRef } | null;
}

/** Finds the profiles that the events name and makes up those that do not exist yet, up to the first merge. */
export async function resolveIdentities(db: Queryable, events: readonly IncomingEvent[]): Promise<Resolved> {
  const known = await knownIdentities(db, events);
  const byProfileId = await knownProfiles(db, events);
  const links: { identity: Identity; ref: ProfileRef }[] = [];
  const people: (ProfileRef | undefined)[] = [];
  const accounts: (ProfileRef | undefined)[] = [];
  const link = (identity: Identity, ref: ProfileRef) => {
    known.set(keyOf(identity), ref);
    links.push({ identity, ref });
  };
  const create = (kind: ProfileRef['kind'], userId: string | null, ...identities: Identity[]): ProfileRef => {
    const ref: ProfileRef = { id: 0, kind, userId };
    for (const identity of identities) link(identity, ref);
    return ref;
  };

  let merge: Resolved['merge'] = null;
  let upTo = 0;
  for (const event of events) {
    const outcome = personOf(event);
    if (outcome !== undefined && 'from' in outcome) {
      merge = outcome;
      break;
    }
    people.push(outcome);
    accounts.push(accountOf(event));
    upTo += 1;
  }
  await saveNewProfiles(db, links, events);
  return { people, accounts, upTo, merge };

  function personOf(event: IncomingEvent): ProfileRef | { from: ProfileRef; into: ProfileRef } | undefined {
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
    if (other === undefined) link({ kind: 'anonymous', value: otherId }, into);
    // A device that two known people share does not make them one; only alias says so outright.
    const mayMerge = other !== undefined && other !== into && (other.userId === null || event.type === 'alias');
    return mayMerge ? { from: other, into } : into;
  }

  function knownByAnyName(id: string, alsoUsers: boolean): ProfileRef | undefined {
    const anonymous = known.get(keyOf({ kind: 'anonymous', value: id }));
    return anonymous ?? (alsoUsers ? known.get(keyOf({ kind: 'user', value: id })) : undefined);
  }

  function accountOf(event: IncomingEvent): ProfileRef | undefined {
    if (event.type !== 'group' || event.groupId === undefined) return undefined;
    const identity: Identity = { kind: 'account', value: event.groupId };
    return known.get(keyOf(identity)) ?? create('account', event.groupId, identity);
  }
}

async function knownIdentities(db: Queryable, events: readonly IncomingEvent[]): Promise<Map<string, ProfileRef>> {
  const wanted: Identity[] = events.flatMap((event) => [
    ...(event.userId === undefined ? [] : [{ kind: 'user' as const, value: event.userId }]),
    ...(event.anonymousId === undefined ? [] : [{ kind: 'anonymous' as const, value: event.anonymousId }]),
    ...(event.previousId === undefined
      ? []
      : [
          { kind: 'anonymous' as const, value: event.previousId },
          { kind: 'user' as const, value: event.previousId },
        ]),
    ...(event.groupId === undefined ? [] : [{ kind: 'account' as const, value: event.groupId }]),
  ]);
  const known = new Map<string, ProfileRef>();
  if (wanted.length === 0) return known;
  const { rows } = await sql<{
    kind: Identity['kind'];
    value: string;
    id: number;
    profile_kind: ProfileRef['kind'];
    user_id: string | null;
  }>`
    select i.kind, i.value, p.id, p.kind as profile_kind, p.user_id
    from identities i join profiles p on p.id = i.profile_id
    where (i.kind, i.value) in (select kind, value from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (kind text, value text))
  `.execute(db);
  const refs = new Map<number, ProfileRef>();
  for (const row of rows) {
    const ref = refs.get(row.id) ?? { id: row.id, kind: row.profile_kind, userId: row.user_id };
    refs.set(row.id, ref);
    known.set(keyOf(row), ref);
  }
  return known;
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

/** Stores new profiles and names. A name that another lane took meanwhile fails the transaction, which is then repeated. */
async function saveNewProfiles(
  db: Queryable,
  links: readonly { identity: Identity; ref: ProfileRef }[],
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
  await db
    .insertInto('identities')
    .values(links.map(({ identity, ref }) => ({ kind: identity.kind, value: identity.value, profile_id: ref.id })))
    .execute();
}

function keyOf({ kind, value }: Identity): string {
  return `${kind}:${value}`;
}
