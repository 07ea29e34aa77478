/**
 * Who a condition would hold for now, before it is saved: how many, and a few of them.
 * @module
 */
import { sql } from 'kysely';
import type { Condition } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { AudienceDefinition, SubjectKind } from '../definitions/workspace-types.ts';
import type { Database } from '../store/database.ts';
import { membersQuery, populationQuery } from './compile-sql.ts';

export interface Preview {
  readonly size: number;
  /** Of how many people, or accounts. */
  readonly of: number;
  /** Those known longest. */
  readonly sample: readonly { readonly id: number; readonly userId: string | null }[];
}

/** An audience that is not saved, as {@link compileDraft} gives it. */
export interface Previewed {
  readonly of: SubjectKind;
  readonly condition: Condition;
  /** Audiences that it refers to and that are not published either. */
  readonly hidden?: Readonly<Record<string, AudienceDefinition>>;
}

/** Sorting and joining everybody's ids in memory needs about so much. */
const MEMORY = '256MB';

/** One question to the database; changes nothing. */
export async function previewAudience(
  db: Database,
  { of, condition, hidden = {} }: Previewed,
  now: Instant,
  sampleSize = 10,
): Promise<Preview> {
  const asked = { of, now, unstored: new Map(Object.entries(hidden)) };
  const question = sql<{ size: number; of: number; sample: Preview['sample'] }>`
    with members as materialized (${sql.raw(membersQuery(condition, asked))})
    select
      (select count(*) from members) as size,
      (${sql.raw(populationQuery(asked))}) as of,
      (select coalesce(jsonb_agg(jsonb_build_object('id', one.id, 'userId', one.user_id) order by one.id), '[]')
       from (select id, user_id from profiles where id in (select id from members order by id limit ${sql.lit(sampleSize)})) as one
      ) as sample
  `;
  return db.transaction().execute(async (tx) => {
    await sql`set local work_mem = ${sql.lit(MEMORY)}`.execute(tx);
    const { rows } = await question.execute(tx);
    return rows[0] ?? { size: 0, of: 0, sample: [] };
  });
}
