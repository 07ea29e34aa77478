/**
 * What people do not want to get any more, or not before an instant; see `core/wishes.ts` for what can be meant.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { Wish, Wishes } from '../core/wishes.ts';
import { jsonb } from '../store/columns.ts';
import type { Queryable } from '../store/database.ts';

/** By what is meant; null: for ever. */
export type StandingWishes = ReadonlyMap<string, Instant | null>;

/**
 * From the commit on, no message that this is about is reserved for this person. Of two wishes about one thing the longer
 * holds.
 * @param cause what made it so, for people to see
 * @returns false where it was so already
 */
export async function suppress(
  db: Queryable,
  profileId: number,
  { what, until }: Wish,
  at: Instant,
  cause: JsonObject,
): Promise<boolean> {
  const { rows } = await sql`
    insert into suppressions (profile_id, what, until, at, cause)
    values (${profileId}, ${what}, ${dateOrNull(until)}, ${new Date(at)}, ${jsonb(cause)}::jsonb)
    on conflict (profile_id, what) do update set until = excluded.until, at = excluded.at, cause = excluded.cause
    where ${isLonger(sql`excluded.until`, sql`suppressions.until`)}
    returning what
  `.execute(db);
  return rows.length > 0;
}

/** Takes a wish back, because the person says so. @returns false where there was none */
export async function lift(db: Queryable, profileId: number, what: string): Promise<boolean> {
  const lifted = await db
    .deleteFrom('suppressions')
    .where('profile_id', '=', profileId)
    .where('what', '=', what)
    .executeTakeFirst();
  return lifted.numDeletedRows > 0n;
}

/** What either did not want, `into` does not want from now on. */
export async function moveSuppressions(tx: Queryable, from: number, into: number): Promise<void> {
  await sql`
    insert into suppressions (profile_id, what, until, at, cause)
    select ${into}::bigint, what, until, at, cause from suppressions where profile_id = ${from}
    on conflict (profile_id, what) do update set until = excluded.until, at = excluded.at, cause = excluded.cause
    where ${isLonger(sql`excluded.until`, sql`suppressions.until`)}
  `.execute(tx);
  await tx.deleteFrom('suppressions').where('profile_id', '=', from).execute();
}

/** Leaves to `from` and gives to `to` what each does not want. */
export async function partSuppressions(
  tx: Queryable,
  from: number,
  to: number,
  { stays, goes }: { readonly stays: StandingWishes; readonly goes: StandingWishes },
): Promise<void> {
  await sql`
    insert into suppressions (profile_id, what, until, at, cause)
    select ${to}::bigint, what, wish.until, at, cause from suppressions join ${recordsOf(goes)} using (what)
    where profile_id = ${from} on conflict do nothing
  `.execute(tx);
  await sql`
    delete from suppressions where profile_id = ${from} and not (what = any(${[...stays.keys()]}))
  `.execute(tx);
  await sql`
    update suppressions set until = wish.until from ${recordsOf(stays)}
    where profile_id = ${from} and suppressions.what = wish.what and suppressions.until is distinct from wish.until
  `.execute(tx);
}

/** Every profile asked for has an entry. */
export async function standingWishes(
  db: Queryable,
  profileIds: readonly number[],
): Promise<Map<number, Map<string, Instant | null>>> {
  const wishes = new Map<number, Map<string, Instant | null>>(profileIds.map((id) => [id, new Map()]));
  if (profileIds.length === 0) return wishes;
  const rows = await db
    .selectFrom('suppressions')
    .select(['profile_id', 'what', 'until'])
    .where('profile_id', 'in', [...profileIds])
    .execute();
  for (const { profile_id: id, what, until } of rows) wishes.get(id)?.set(what, until?.getTime() ?? null);
  return wishes;
}

/** As SQL's `jsonb_object_agg(what, until)` has them. */
export type StoredWishes = Readonly<Record<string, string | null>> | null;

export function wishesFrom(stored: StoredWishes, dismissed: readonly string[] | null = null): Wishes {
  const all = Object.entries(stored ?? {});
  const standing = new Map(all.map(([what, until]) => [what, until === null ? null : Date.parse(until)]));
  return { ...wishesOf(standing), dismissed: new Set(dismissed) };
}

export function wishesOf(standing: StandingWishes): Wishes {
  const all = [...standing];
  return {
    suppressed: new Set(all.flatMap(([what, until]) => (until === null ? [what] : []))),
    snoozed: new Map(all.flatMap(([what, until]) => (until === null ? [] : [[what, until]]))),
  };
}

/** SQL: is this until, where null is for ever, later than that? */
function isLonger(until: RawBuilder<unknown>, than: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${than} is not null and (${until} is null or ${until} > ${than}))`;
}

function recordsOf(wishes: StandingWishes): RawBuilder<unknown> {
  const rows = [...wishes].map(([what, until]) => ({ what, until: dateOrNull(until) }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as wish (what text, until timestamptz)`;
}

function dateOrNull(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}
