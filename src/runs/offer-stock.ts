/**
 * How many of each limited offer are left. The stock is parted into shards, so that people who get one at the same moment
 * do not wait for each other; no shard gives more than its room, and so all together never more than the limit.
 *
 * The limit is that of the newest publication. Whoever first takes one after it changed parts what is left anew.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';

const SHARDS = 16;

/** What there is of an offer by the publication in force. */
export interface Stocked {
  readonly offer: string;
  readonly limit: number;
  readonly publicationId: number;
}

/**
 * Takes one, which is given back where the transaction is. It waits for others only where all that may be left is in their
 * hands.
 * @returns false where none is left
 */
export async function takeOne(tx: Queryable, stocked: Stocked): Promise<boolean> {
  for (;;) {
    const { taken, asOf, room } = await tryToTake(tx, stocked.offer, stocked.publicationId);
    if (taken) return true;
    if (asOf === null || asOf < stocked.publicationId) await stockAnew(tx, stocked);
    else if (room) await waitForShard(tx, stocked.offer);
    else return false;
  }
}

/** Those of the offers of which none is left. */
export async function usedUpOffers(
  db: Queryable,
  offers: readonly string[],
  publicationId: number,
): Promise<Set<string>> {
  const { rows } = await sql<{ offer: string }>`
    select offer from offer_stock where offer = any(${[...offers]}) and publication_id >= ${publicationId}
    group by offer having sum(room - taken) <= 0
  `.execute(db);
  return new Set(rows.map(({ offer }) => offer));
}

async function tryToTake(tx: Queryable, offer: string, publicationId: number) {
  const { rows } = await sql<{ taken: boolean; as_of: number | null; room: boolean }>`
    with free as (
      select shard from offer_stock where offer = ${offer} and publication_id >= ${publicationId} and taken < room
      order by random() limit 1 for update skip locked
    ), took as (
      update offer_stock s set taken = taken + 1 from free where s.offer = ${offer} and s.shard = free.shard returning s.shard
    )
    select exists (select from took) as taken,
      (select min(publication_id) from offer_stock where offer = ${offer}) as as_of,
      exists (select from offer_stock where offer = ${offer} and taken < room) as room
  `.execute(tx);
  const [{ taken, as_of: asOf, room } = { taken: false, as_of: null, room: false }] = rows;
  return { taken, asOf, room };
}

/** Until whoever has the shard has committed, or given up. */
async function waitForShard(tx: Queryable, offer: string): Promise<void> {
  await sql`
    select from offer_stock where offer = ${offer} and taken < room order by shard limit 1 for update
  `.execute(tx);
}

/** Parts what the limit leaves among the shards; a newer publication's parting stays. */
async function stockAnew(tx: Queryable, { offer, limit, publicationId }: Stocked): Promise<void> {
  await sql`
    insert into offer_stock (offer, shard, taken, room, publication_id)
    select ${offer}, shard, 0, 0, 0 from generate_series(0, ${SHARDS - 1}::int) as shard on conflict do nothing
  `.execute(tx);
  await sql`
    with held as (
      select shard, taken, publication_id from offer_stock where offer = ${offer} order by shard for update
    ), whole as (
      select greatest(0, ${limit}::int - sum(taken)::int) as free from held having max(publication_id) < ${publicationId}
    )
    update offer_stock s set publication_id = ${publicationId},
      room = held.taken + free / ${SHARDS}::int + case when held.shard < free % ${SHARDS}::int then 1 else 0 end
    from held, whole where s.offer = ${offer} and s.shard = held.shard
  `.execute(tx);
}
