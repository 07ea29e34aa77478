/**
 * Undoing a merge: which profiles part from which, and what the profile rooms own goes back to where it came from.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { jsonb } from '../store/columns.ts';
import type { Queryable } from '../store/database.ts';
import type { SideBefore } from '../store/tables-profiles.ts';
import { behind, type MergeRecord, readMerge } from './merge-log.ts';
import {
  accountsOf,
  type Link,
  reachedFrom,
  type Said,
  type Standing,
  survivorAmong,
  traitsLeft,
  traitsOf,
  unwantedBefore,
} from './split.ts';
import { survivorOf } from './survivor.ts';

/** The merge cannot be undone; the message says why. */
export class UnmergeError extends Error {
  override readonly name = 'UnmergeError';

  constructor(
    readonly code: 'not-found' | 'undone',
    message: string,
  ) {
    super(message);
  }
}

/** Who parts from whom. */
export interface Parting {
  readonly merge: MergeRecord;
  /** The profile that both are now. */
  readonly stays: number;
  readonly staying: ReadonlySet<number>;
  /** The profile that comes back. */
  readonly goes: number;
  readonly going: ReadonlySet<number>;
  /** Both sides', this merge included. */
  readonly links: readonly Link[];
  readonly standings: readonly Standing[];
  readonly said: readonly Said[];
}

/**
 * Locks the person and works out who parts from whom. Merges that came after it stay in force: whoever they named stays
 * with whom they named.
 * @throws {UnmergeError} there is no such merge, or it is undone already
 */
export async function planUnmerge(tx: Queryable, mergeId: number): Promise<Parting> {
  const merge = await readMerge(tx, mergeId);
  if (merge === null) throw new UnmergeError('not-found', `There is no merge ${mergeId}`);
  if (merge.undoneAt !== null)
    throw new UnmergeError('undone', `Merge ${mergeId} was undone already, at ${merge.undoneAt.toISOString()}`);
  const stays = await survivorOf(tx, merge.fromNamed);
  if (stays === null) throw new UnmergeError('not-found', `The people of merge ${mergeId} are gone`);
  await tx.selectFrom('profiles').select('id').where('id', '=', stays).forUpdate().execute();

  const links = await liveLinks(tx, stays);
  const others = links.filter(({ id }) => id !== mergeId);
  const sides = [reachedFrom(merge.fromNamed, others), reachedFrom(merge.intoNamed, others)] as const;
  const [staying, going] = sides[0].has(stays) ? sides : [sides[1], sides[0]];
  return {
    merge,
    stays,
    staying,
    going,
    goes: survivorAmong(going, others),
    links,
    standings: await standingsOf(tx, [...staying, ...going]),
    said: await saidOf(tx, [...staying, ...going]),
  };
}

/** Ids and accounts go back, traits are what they would be without the merge, and the merge is marked as undone. */
export async function partProfiles(
  tx: Queryable,
  { merge, stays, staying, goes, going, links, standings, said }: Parting,
  now: Instant,
): Promise<{ readonly identities: MergeRecord['moved']['identities']; readonly accounts: number[] }> {
  const others = links.filter(({ id }) => id !== merge.id);
  const identities = await tx
    .updateTable('identities')
    .set({ profile_id: goes, origin_id: sql<number | null>`nullif(origin_id, ${goes})` })
    .where('profile_id', '=', stays)
    .where('origin_id', 'in', [...going])
    .returning(['kind', 'value'])
    .execute();
  const userId = await tx
    .selectFrom('identities')
    .select('value')
    .where('profile_id', '=', goes)
    .where('origin_id', 'is', null)
    .where('kind', '=', 'user')
    .executeTakeFirst();
  await sql`
    update profiles set merged_into = case when id = any(${[...going]}) then ${goes}::bigint else ${stays}::bigint end
    where id = any(${[...staying, ...going]}) and id not in (${stays}, ${goes})
  `.execute(tx);
  await sql`
    update profiles back set merged_into = null, user_id = ${userId?.value ?? null},
      traits = ${jsonb(traitsOf(going, others, standings, said))}::jsonb, created_at = ${createdAt(going, standings)},
      applied_at = stayed.applied_at, filled_to = stayed.filled_to
    from profiles stayed where back.id = ${goes} and stayed.id = ${stays}
  `.execute(tx);
  const { traits } = await tx.selectFrom('profiles').select('traits').where('id', '=', stays).executeTakeFirstOrThrow();
  const everybody = new Set([...staying, ...going]);
  await tx
    .updateTable('profiles')
    .set({
      traits: jsonb(
        traitsLeft(traits, traitsOf(everybody, links, standings, said), traitsOf(staying, others, standings, said)),
      ),
      created_at: createdAt(staying, standings),
    })
    .where('id', '=', stays)
    .execute();
  const accounts = await partAccounts(
    tx,
    { id: stays, joined: accountsOf(staying, standings, said) },
    { id: goes, joined: accountsOf(going, standings, said) },
  );
  await tx
    .updateTable('merges')
    .set({ undone_at: new Date(now) })
    .where('id', '=', merge.id)
    .execute();
  return { identities, accounts };
}

/**
 * Whose refusals to get messages these are: what one side did not want before stays its own, what was refused while they
 * were one holds for both.
 */
export function refusalsOfEach(
  { staying, going, standings }: Pick<Parting, 'staying' | 'going' | 'standings'>,
  now: ReadonlyMap<string, Instant | null>,
): { readonly stays: Map<string, Instant | null>; readonly goes: Map<string, Instant | null> } {
  const [ofStaying, ofGoing] = [unwantedBefore(staying, standings), unwantedBefore(going, standings)];
  const ofBoth = [...now].filter(([what, until]) => {
    const before = [ofStaying, ofGoing].flatMap((one) => (one.has(what) ? [one.get(what) ?? null] : []));
    return before.every((end) => end !== null && (until === null || until > end));
  });
  return { stays: new Map([...ofStaying, ...ofBoth]), goes: new Map([...ofGoing, ...ofBoth]) };
}

interface Joiner {
  readonly id: number;
  readonly joined: ReadonlyMap<number, string>;
}

async function partAccounts(tx: Queryable, stays: Joiner, goes: Joiner): Promise<number[]> {
  const back = [...goes.joined].map(([account, at]) => ({ account_id: account, joined_at: at }));
  await sql`
    insert into account_members (account_id, person_id, joined_at)
    select account_id, ${goes.id}::bigint, joined_at
    from jsonb_to_recordset(${JSON.stringify(back)}::jsonb) as row (account_id bigint, joined_at timestamptz)
    on conflict (account_id, person_id) do update set joined_at = excluded.joined_at
  `.execute(tx);
  const left = [...goes.joined.keys()].filter((account) => !stays.joined.has(account));
  await sql`delete from account_members where person_id = ${stays.id} and account_id = any(${left})`.execute(tx);
  const shared = [...stays.joined].map(([account, at]) => ({ account_id: account, joined_at: at }));
  await sql`
    update account_members set joined_at = row.joined_at
    from jsonb_to_recordset(${JSON.stringify(shared)}::jsonb) as row (account_id bigint, joined_at timestamptz)
    where person_id = ${stays.id} and account_members.account_id = row.account_id
  `.execute(tx);
  return [...goes.joined.keys()];
}

async function liveLinks(tx: Queryable, root: number): Promise<Link[]> {
  return tx
    .selectFrom('merges')
    .select(['id', 'from_named as fromNamed', 'into_named as intoNamed'])
    .where('undone_at', 'is', null)
    .where('from_named', 'in', behind(root))
    .orderBy('id')
    .execute();
}

async function standingsOf(tx: Queryable, profiles: readonly number[]): Promise<Standing[]> {
  const { rows } = await sql<{ profile: number; until: number; before: SideBefore }>`
    select distinct on (profile) profile, id as until, before from (
      select id, from_id as profile, before -> 'from' as before from merges where from_id = any(${profiles})
      union all
      select id, into_id, before -> 'into' from merges where into_id = any(${profiles})
    ) as sides
    where (before ->> 'alone')::boolean order by profile, id desc
  `.execute(tx);
  return rows;
}

async function saidOf(tx: Queryable, profiles: readonly number[]): Promise<Said[]> {
  const { rows } = await sql<{
    profile: number;
    after: number;
    at: Date;
    traits: JsonObject | null;
    account: number | null;
  }>`
    select profile_id as profile, after_merge as after, at, traits, account_id as account
    from said_since_merge where profile_id = any(${profiles}) order by id
  `.execute(tx);
  return rows.map(({ after, at, ...row }) => ({ ...row, afterMerge: after, at: at.toISOString() }));
}

function createdAt(profiles: ReadonlySet<number>, standings: readonly Standing[]): Date {
  const times = standings
    .filter(({ profile }) => profiles.has(profile))
    .map(({ before }) => Date.parse(before.createdAt));
  return new Date(Math.min(...times));
}
