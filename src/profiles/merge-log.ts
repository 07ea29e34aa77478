/**
 * The log of merges: what each side was before, what moved, and what was said of the people since.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { jsonb } from '../store/columns.ts';
import type { Queryable } from '../store/database.ts';
import type { MergeBefore, MergeMoved, SideBefore } from '../store/tables-profiles.ts';

/** SQL for the ids of the profiles behind `root`, itself included. */
export const behind = (root: number) => sql<number>`(
  with recursive those (id) as (
    select ${root}::bigint
    union select p.id from those join profiles p on p.merged_into = those.id
  ) select id from those)`;

export interface MergeRecord {
  readonly id: number;
  readonly fromId: number;
  readonly intoId: number;
  readonly fromNamed: number;
  readonly intoNamed: number;
  readonly messageId: string;
  readonly at: Date;
  readonly before: MergeBefore;
  readonly moved: MergeMoved;
  readonly undoneAt: Date | null;
}

/** What a profile is, to be kept before it is merged. */
export async function sideBefore(
  tx: Queryable,
  id: number,
  unwanted: ReadonlyMap<string, Instant | null>,
): Promise<SideBefore> {
  const { rows } = await sql<{
    user_id: string | null;
    traits: JsonObject;
    created_at: Date;
    alone: boolean;
    accounts: { id: number; joinedAt: string }[];
  }>`
    select user_id, traits, created_at,
      not exists (select 1 from profiles other where other.merged_into = p.id) as alone,
      (select coalesce(jsonb_agg(jsonb_build_object('id', account_id, 'joinedAt', joined_at)), '[]')
        from account_members where person_id = p.id) as accounts
    from profiles p where id = ${id}
  `.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error(`There is no profile ${id}`);
  return {
    alone: row.alone,
    userId: row.user_id,
    traits: row.traits,
    createdAt: row.created_at.toISOString(),
    accounts: row.accounts,
    suppressed: [...unwanted].flatMap(([what, until]) => (until === null ? [what] : [])).sort(),
    snoozed: Object.fromEntries(
      [...unwanted].flatMap(([what, until]) => (until === null ? [] : [[what, new Date(until).toISOString()]])),
    ),
  };
}

/** @returns the merge's id */
export async function logMerge(
  tx: Queryable,
  merge: Omit<MergeRecord, 'id' | 'at' | 'undoneAt'> & { readonly at: Instant; readonly now: Instant },
): Promise<number> {
  const { id } = await tx
    .insertInto('merges')
    .values({
      from_id: merge.fromId,
      into_id: merge.intoId,
      from_named: merge.fromNamed,
      into_named: merge.intoNamed,
      message_id: merge.messageId,
      at: new Date(merge.at),
      recorded_at: new Date(merge.now),
      before: jsonb(merge.before),
      moved: jsonb(merge.moved),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Every merge that made this person what it is, undone ones included, newest first. */
export async function readMergesOf(db: Queryable, personId: number): Promise<MergeRecord[]> {
  const rows = await mergeRows(db)
    .where(({ or, eb }) => or([eb('from_named', 'in', behind(personId)), eb('into_named', 'in', behind(personId))]))
    .orderBy('id', 'desc')
    .execute();
  return rows.map(({ undoneAt, ...row }) => ({ ...row, undoneAt }));
}

export async function readMerge(db: Queryable, id: number): Promise<MergeRecord | null> {
  return (await mergeRows(db).where('id', '=', id).executeTakeFirst()) ?? null;
}

function mergeRows(db: Queryable) {
  return db
    .selectFrom('merges')
    .select([
      'id',
      'from_id as fromId',
      'into_id as intoId',
      'from_named as fromNamed',
      'into_named as intoNamed',
      'message_id as messageId',
      'at',
      'before',
      'moved',
      'undone_at as undoneAt',
    ]);
}

/** What a call said of a person. */
export interface Saying {
  readonly personId: number;
  /** The profile that the call's ids name. */
  readonly originId: number;
  readonly at: Instant;
  readonly traits?: JsonObject | undefined;
  readonly accountId?: number | undefined;
}

/** Keeps what was said of people who were merged; of all others nothing needs to be kept. */
export async function keepSayings(tx: Queryable, sayings: readonly Saying[]): Promise<void> {
  if (sayings.length === 0) return;
  const rows = sayings.map(({ personId, originId, at, traits, accountId }) => ({
    person_id: personId,
    profile_id: originId,
    at: new Date(at),
    traits,
    account_id: accountId,
  }));
  await sql`
    insert into said_since_merge (profile_id, after_merge, at, traits, account_id)
    select profile_id, (select max(id) from merges), at, traits, account_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (person_id bigint, profile_id bigint, at timestamptz, traits jsonb, account_id bigint)
    where exists (select 1 from profiles other where other.merged_into = person_id)
  `.execute(tx);
}
